//! `--where`: of which tables only some rows are dumped.

use std::collections::HashMap;

use super::choice::Choice;
use super::error::Error;
use super::{Condition, Options};
use crate::object::Database;
use crate::object::extension::config_relations;
use crate::selection::SelectionError;
use crate::server::Session;
use crate::sql::qualified;

/// Conditions by the OID of the table. That of a partitioned table holds for its partitions.
///
/// # Errors
/// [`Error::Condition`] for what is no condition; a pattern without a table.
pub async fn conditions(
    session: &Session,
    database: &Database,
    choice: &Choice,
    options: &Options,
) -> Result<HashMap<u32, String>, Error> {
    let config = config_relations(database);
    let mut found: HashMap<u32, String> = HashMap::new();
    for Condition { tables, sql } in &options.conditions {
        let mut matched = false;
        for table in &database.tables {
            let named = |oid: u32| {
                let known = database.table(oid);
                known.is_some_and(|table| tables.matches(&table.schema, &table.name))
            };
            let root = ancestors(database, table.oid).into_iter().any(named);
            // Rows that an extension selects have a condition already.
            if table.partitioned || !root || config.contains_key(&table.oid) || !choice.reads(table.oid) {
                continue;
            }
            matched = true;
            let name = qualified(Some(&table.schema), &table.name);
            check(session, &name, sql).await?;
            // The line ends a comment at its end.
            let sql = format!("({sql}\n)");
            found.entry(table.oid).and_modify(|known| *known = format!("{known} AND {sql}")).or_insert(sql);
        }
        if !matched {
            let pattern = Some(tables.to_string());
            return Err(SelectionError::NoMatch { what: "tables for --where", pattern }.into());
        }
    }
    Ok(found)
}

/// The table itself, and those that it is a partition of.
fn ancestors(database: &Database, oid: u32) -> Vec<u32> {
    let (mut all, mut next) = (vec![oid], 0);
    while let Some(oid) = all.get(next).copied() {
        let partitioned = |oid: u32| database.table(oid).is_some_and(|table| table.partitioned);
        let parents = database.parents_of(oid).map(|parent| parent.parent).filter(|oid| partitioned(*oid));
        all.extend(parents);
        next += 1;
    }
    all
}

/// Whether a text is an expression, and only that: what closes the parenthesis early cannot do so in both places.
async fn check(session: &Session, table: &str, sql: &str) -> Result<(), Error> {
    for statement in [
        format!("SELECT (({sql}\n)::boolean) IS TRUE FROM ONLY {table} LIMIT 0"),
        format!("SELECT 1 FROM ONLY {table} WHERE ({sql}\n) LIMIT 0"),
    ] {
        session
            .query(&statement)
            .await
            .map_err(|source| Error::Condition { table: table.to_owned(), source })?;
    }
    Ok(())
}
