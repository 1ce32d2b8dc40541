//! Children that INHERITS would not make: their columns are in another order than it makes (objects.md §0.1, F3), since
//! they got their parent by ALTER TABLE, or the parent got columns later; or the parents do not agree by now.
//!
//! A parent takes a child only if that has all its columns and constraints, and then they count as the child's own.
//! So the child is made with a scratch parent, from which it inherits just what it shall, and changes parents.

use xxhash_rust::xxh3::xxh3_64;

use super::Table;
use super::columns::{compression_clause, inherited_columns};
use crate::object::check::Check;
use crate::object::column::Column;
use crate::object::database::Database;
use crate::object::object::{Object, Scope};
use crate::sql::{Sql, ident, qualified};

/// How a table comes to its parents.
pub enum Parents {
    /// It has none, or is attached as a partition.
    None,
    /// By `INHERITS`: qualified and quoted names.
    Inherits(Vec<String>),
    /// By `ALTER TABLE … INHERIT`, which neither orders columns nor compares parents.
    Late,
}

impl Parents {
    /// Compares the columns with those that INHERITS would make.
    pub fn of(table: &Table, database: &Database) -> Self {
        let parents: Vec<String> = references(table, database).collect();
        if parents.is_empty() || table.is_partition {
            return Self::None;
        }
        let there = table.columns.iter().map(|column| column.name.as_str());
        let in_order = there.eq(merged_order(table, database));
        let conflict = || table.columns.iter().any(|column| parents_conflict(table, column, database));
        if in_order && !conflict() { Self::Inherits(parents) } else { Self::Late }
    }
}

/// Whether CREATE TABLE refuses the parents' columns of this name (`MergeAttributes` in the server's tablecmds.c): they
/// differ in storage, in compression, or in defaults. A foreign table's compression cannot be changed afterwards, so it
/// must not differ from its parents' either.
fn parents_conflict(table: &Table, column: &Column, database: &Database) -> bool {
    let default = |column: &Column| {
        database.default_of(column.relation, column.number).map(|default| default.expression.as_str())
    };
    let mut seen: Option<&Column> = None;
    let mut seen_default = None;
    for parent in inherited_columns(table, column, database) {
        let first = *seen.get_or_insert(parent);
        let own = default(parent);
        let differs = first.storage != parent.storage
            || first.compression != parent.compression
            || (table.is_foreign() && column.compression != parent.compression)
            || matches!((seen_default, own), (Some(one), Some(other)) if one != other);
        if differs {
            return true;
        }
        seen_default = seen_default.or(own);
    }
    false
}

fn references(table: &Table, database: &Database) -> impl Iterator<Item = String> {
    database.parents_of(table.oid).map(|link| qualified(Some(&link.parent_schema), &link.parent_name))
}

/// The parents' columns, parent by parent, then the table's own (documentation: CREATE TABLE, INHERITS).
fn merged_order<'a>(table: &'a Table, database: &'a Database) -> Vec<&'a str> {
    let parents = database.parents_of(table.oid).filter_map(|link| database.table(link.parent));
    let inherited = parents.flat_map(|parent| &parent.columns);
    let mut names: Vec<&str> = Vec::new();
    for column in inherited.chain(&table.columns) {
        if !names.contains(&column.name.as_str()) {
            names.push(&column.name);
        }
    }
    names
}

/// The table's own statement is made to inherit from this one, which has all its columns in their order, and those
/// constraints that it only inherits. The name comes from the table's, so that equal databases have equal catalogs; its
/// hash, since the table's may be as long as names can be.
pub fn scratch(table: &Table) -> String {
    qualified(Some(&table.schema), &format!("pgark_scratch_{:016x}", xxh3_64(table.name.as_bytes())))
}

/// The statement before CREATE TABLE. What the child declares itself merges into the scratch parent's columns, and
/// counts as its own; the rest counts as inherited.
pub fn make_scratch(table: &Table, scope: &Scope<'_>) -> Sql {
    let mut lines: Vec<String> =
        table.columns.iter().map(|column| scratch_column(table, column, scope)).collect();
    let checks = scope.database.checks_of(table.oid).filter(|check| !check.local && check.validated);
    lines.extend(checks.map(Check::clause));
    Sql::new(format!("CREATE TABLE {} (\n    {}\n)", scratch(table), lines.join(",\n    ")))
}

fn scratch_column(table: &Table, column: &Column, scope: &Scope<'_>) -> String {
    let default = scope.database.default_of(table.oid, column.number);
    // Generation expressions are inherited; a child may not always repeat them.
    let generated = match (default, column.generated.as_str()) {
        (Some(found), "s") => format!(" GENERATED ALWAYS AS ({}) STORED", found.expression),
        (Some(found), "v") => format!(" GENERATED ALWAYS AS ({})", found.expression),
        _ => String::new(),
    };
    let not_null = match scope.database.not_null_of(table.oid, column.number) {
        Some(found) if !found.local && found.validated => {
            format!(" CONSTRAINT {} NOT NULL", ident(&found.name))
        }
        // Before 18 there is but a flag, the same for own and inherited.
        None if column.not_null => " NOT NULL".to_owned(),
        _ => String::new(),
    };
    let (name, collate) = (ident(&column.name), column.collate());
    let compression = compression_clause(table, column);
    format!("{name} {}{compression}{generated}{not_null}{collate}", column.type_name)
}

/// The statements after CREATE TABLE: the real parents find all they ask for, and the scratch parent goes.
pub fn change_parents(table: &Table, database: &Database) -> Vec<Sql> {
    let (child, scratch) = (format!("{} {}", table.alter(), table.reference()), scratch(table));
    let inherit = references(table, database).map(|parent| format!("{child} INHERIT {parent}"));
    let leave = [format!("{child} NO INHERIT {scratch}"), format!("DROP TABLE {scratch}")];
    inherit.chain(leave).map(Sql::new).collect()
}

#[cfg(test)]
mod tests {
    use super::Parents;
    use crate::object::Repairs;
    use crate::object::table::Table;
    use crate::object::{Column, Database, Object, Parent, Scope};
    use crate::sql::Sql;
    use crate::version::Version;

    fn table(oid: u32, columns: &[(&str, bool)]) -> Table {
        let column = |(number, (name, local)): (usize, &(&str, bool))| Column {
            relation: oid,
            number: number as i16 + 1,
            name: (*name).into(),
            type_name: "integer".into(),
            local: *local,
            ..Column::default()
        };
        let columns = columns.iter().enumerate().map(column).collect();
        Table { oid, schema: "s".into(), name: format!("t{oid}").into(), columns, ..Table::default() }
    }

    /// t1 (a, b) is the parent of t2.
    fn database(child: &[(&str, bool)]) -> Database {
        let tables = vec![table(1, &[("a", true), ("b", true)]), table(2, child)];
        let mut database = Database { tables, ..Database::default() };
        let (parent_schema, parent_name) = ("s".to_owned(), "t1".to_owned());
        database.parents.push(Parent {
            child: 2,
            parent: 1,
            parent_schema,
            parent_name,
            ..Parent::default()
        });
        database.lookup.parents.insert(2, vec![0]);
        database.lookup.table.extend([(1, 0), (2, 1)]);
        database
    }

    #[test]
    fn only_another_order_asks_for_it() {
        let late = |child: &[(&str, bool)]| {
            let database = database(child);
            matches!(Parents::of(&database.tables[1], &database), Parents::Late)
        };
        assert!(!late(&[("a", false), ("b", true), ("x", true)]));
        assert!(late(&[("b", true), ("a", true)]));
        assert!(late(&[("a", true), ("x", true), ("b", false)]), "a column that came to the parent later");
    }

    #[test]
    fn a_scratch_parent_gives_the_order() {
        let database = database(&[("x", true), ("b", true), ("a", false)]);
        let repairs = Repairs::default();
        let scope = Scope { source: Version::from_num(170_000), repairs: &repairs, database: &database };
        let scratch = super::scratch(&database.tables[1]);
        let render = |sql: &Sql| sql.render().replace("\n   ", "").replace(&scratch, "s.scratch");
        let sql: Vec<String> = database.tables[1].create(&scope).iter().map(render).collect();
        assert_eq!(
            sql,
            [
                "CREATE TABLE s.scratch ( x integer, b integer, a integer\n)",
                "CREATE TABLE s.t2 ( x integer, b integer\n)\nINHERITS (s.scratch)",
                "ALTER TABLE s.t2 INHERIT s.t1",
                "ALTER TABLE s.t2 NO INHERIT s.scratch",
                "DROP TABLE s.scratch",
            ]
        );
    }
}
