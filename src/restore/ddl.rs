//! Runs the SQL of entries: many per round trip while all goes well, one by one to find what failed.

use super::error::Error;
use super::plan::Omit;
use crate::manifest::{Acl, Entry};
use crate::server::Session;
use crate::sql::{Sql, ident, literal};

/// Statements of one round trip: an implicit transaction. More would save nothing.
const BATCH_STATEMENTS_MAX: usize = 100;
/// Locks that a statement takes, at most, but for those that reach many children: table, TOAST table and its index.
const LOCKS_OF_STATEMENT: usize = 3;
/// Text of one round trip, bytes; a single entry may be longer.
const BATCH_BYTES_MAX: usize = 256 << 10;
/// How much of a statement an error shows, characters.
const SHOWN_MAX: usize = 500;

/// The statements of an entry, its ACL apart, as one text: the server runs it as one transaction, so an entry is
/// there wholly or not at all.
pub fn entry_sql(entry: &Entry, omit: Omit) -> Vec<String> {
    let mut sql: Vec<String> = entry.ddl.iter().map(Sql::render).collect();
    if sql.is_empty() {
        return sql;
    }
    if let Some(tablespace) = &entry.tablespace {
        sql.insert(0, format!("SET default_tablespace = {}", literal(tablespace)));
        sql.push("SET default_tablespace = ''".to_owned());
    }
    if let Some(method) = entry.access_method.as_ref().filter(|method| *method != "heap") {
        sql.insert(0, format!("SET default_table_access_method = {}", literal(method)));
        sql.push("SET default_table_access_method = heap".to_owned());
    }
    if !omit.owner {
        sql.extend(entry.owner_sql.iter().map(Sql::render));
    }
    sql.extend(entry.comments.iter().map(Sql::render));
    if !omit.labels {
        sql.extend(entry.labels.iter().map(|label| label.sql.render()));
    }
    sql
}

/// GRANTs and REVOKEs; those by another grantor than the owner run as that grantor, of which the session must be a
/// member. `own_role` makes the session its own again.
pub fn acl_sql(statements: &[Acl], own_role: &str) -> Vec<String> {
    let mut sql = Vec::new();
    for acl in statements {
        match &acl.grantor {
            Some(grantor) => {
                sql.extend([format!("SET ROLE {}", ident(grantor)), acl.sql.render(), own_role.to_owned()])
            }
            None => sql.push(acl.sql.render()),
        }
    }
    sql
}

/// A piece of work: what a message calls it, and its statements.
#[derive(Clone, Debug)]
pub struct Work {
    /// Id of the entry.
    pub id: u32,
    /// How messages name it.
    pub label: String,
    /// Statements, without semicolons.
    pub sql: Vec<String>,
}

impl Work {
    fn text(&self) -> String {
        self.sql.join(";\n")
    }

    /// Runs it alone.
    ///
    /// # Errors
    /// The first statement that the server rejects; nothing of this work is there then.
    pub async fn run(&self, session: &Session) -> Result<(), Error> {
        if self.sql.is_empty() {
            return Ok(());
        }
        session.batch(&self.text()).await.map_err(|source| Error::Statement {
            label: self.label.clone(),
            sql: shown(&self.sql, &source),
            source,
        })
    }
}

/// The statement that failed, if the server says where, else the first; cut to a readable length.
fn shown(sql: &[String], error: &crate::server::Error) -> String {
    let at = error.server().and_then(|server| server.position).unwrap_or(1) as usize;
    let mut start = 1;
    let found = sql.iter().find(|statement| {
        let end = start + statement.chars().count() + 2;
        let inside = at < end;
        start = end;
        inside
    });
    let statement = found.or(sql.first()).map(String::as_str).unwrap_or_default();
    match statement.char_indices().nth(SHOWN_MAX) {
        Some((cut, _)) => format!("{}…", &statement[..cut]),
        None => statement.to_owned(),
    }
}

/// The locks of that many statements.
pub fn locks_of(statements: usize) -> usize {
    statements.saturating_mul(LOCKS_OF_STATEMENT)
}

/// Runs works in order, in transactions that hold at most about `locks` locks. `starts` is asked before each, more than once if need be: `false` leaves it out. `failed`
/// decides about each failure: `Ok` goes on with the next work.
///
/// # Errors
/// What `failed` returns.
pub async fn run_all(
    session: &Session,
    works: &[Work],
    locks: usize,
    mut starts: impl FnMut(&Work) -> bool,
    mut done: impl FnMut(&Work),
    mut failed: impl FnMut(&Work, Error) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut rest = works;
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(batch_len(rest, locks));
        rest = after;
        let batch: Vec<&Work> = batch.iter().filter(|work| starts(work)).collect();
        let text = batch
            .iter()
            .filter(|work| !work.sql.is_empty())
            .map(|work| work.text())
            .collect::<Vec<_>>()
            .join(";\n");
        if text.is_empty() || session.batch(&text).await.is_ok() {
            batch.into_iter().for_each(&mut done);
            continue;
        }
        // The batch was undone; now one by one. A lost connection shows itself here again.
        for work in batch {
            // What it needs may have failed just now.
            if !starts(work) {
                continue;
            }
            match work.run(session).await {
                Ok(()) => done(work),
                Err(error) => failed(work, error)?,
            }
        }
    }
    Ok(())
}

fn batch_len(works: &[Work], locks: usize) -> usize {
    let statements_max = BATCH_STATEMENTS_MAX.min(locks / LOCKS_OF_STATEMENT);
    let (mut statements, mut bytes) = (0, 0);
    let fits = works.iter().take_while(|work| {
        statements += work.sql.len();
        bytes += work.sql.iter().map(String::len).sum::<usize>();
        statements <= statements_max && bytes <= BATCH_BYTES_MAX
    });
    fits.count().max(1)
}
