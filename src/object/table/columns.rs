//! The elements of CREATE TABLE, and the per-column settings that follow it (objects.md §18.3, §18.4, §18.8).

use super::Table;
use crate::object::column::Column;
use crate::object::database::Database;
use crate::object::object::{Object, Scope};
use crate::object::options::option_list;
use crate::sql::{Sql, ident};

/// How a column's NOT NULL is written.
enum NotNullClause {
    None,
    /// At the column: ` NOT NULL` or ` CONSTRAINT n NOT NULL`.
    Clause(String),
    /// As an element of its own, since the column is inherited and not printed (PostgreSQL 18).
    Element(String),
    /// By ALTER TABLE afterwards, for the same reason, on servers without catalogued NOT NULL.
    Alter,
}

/// Columns and constraints, in order. With `late_parents` the generation expressions are inherited, for the time being.
pub fn element_lines(table: &Table, late_parents: bool, scope: &Scope<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut elements = Vec::new();
    for column in &table.columns {
        let not_null = not_null(table, column, scope);
        if let NotNullClause::Element(element) = &not_null {
            elements.push(element.clone());
        }
        if table.prints(column) {
            let inherits_generation = late_parents && !column.generated.is_empty();
            lines.extend(column_line(table, column, not_null, inherits_generation, scope));
        }
    }
    lines.extend(elements);
    let checks = scope.database.checks_of(table.oid);
    lines.extend(checks.filter(|check| check.is_inline(scope)).map(super::super::check::Check::clause));
    lines
}

fn column_line(
    table: &Table,
    column: &Column,
    not_null: NotNullClause,
    inherits_generation: bool,
    scope: &Scope<'_>,
) -> Option<String> {
    let default = scope
        .database
        .default_of(table.oid, column.number)
        .filter(|_| !inherits_generation)
        .and_then(|default| default.inline_clause(scope))
        .unwrap_or_default();
    let not_null = match not_null {
        NotNullClause::Clause(clause) => clause,
        _ => String::new(),
    };
    let name = ident(&column.name);
    if table.of_type.is_some() {
        // The type brings its columns; only what the table adds is said.
        let adds = !default.is_empty() || !not_null.is_empty();
        return adds.then(|| format!("{name} WITH OPTIONS{default}{not_null}"));
    }
    let compression = compression_clause(table, column);
    Some(format!("{name} {}{compression}{default}{not_null}{}", column.type_name, column.collate()))
}

fn not_null(table: &Table, column: &Column, scope: &Scope<'_>) -> NotNullClause {
    if !column.not_null {
        return NotNullClause::None;
    }
    if scope.source.at_least(18) { catalogued(table, column, scope) } else { flagged(table, column, scope) }
}

/// Before 18 there is only a flag. What a parent gives is not repeated; partitions always say it, since ATTACH
/// wants it.
fn flagged(table: &Table, column: &Column, scope: &Scope<'_>) -> NotNullClause {
    let from_parent = inherited_columns(table, column, scope.database).any(|parent| parent.not_null);
    match (table.prints(column), table.is_partition || !from_parent) {
        (true, true) => NotNullClause::Clause(" NOT NULL".to_owned()),
        (false, true) => NotNullClause::Alter,
        _ => NotNullClause::None,
    }
}

/// From 18 on each NOT NULL is a constraint with a name (the table of objects.md §18.4).
fn catalogued(table: &Table, column: &Column, scope: &Scope<'_>) -> NotNullClause {
    let Some(constraint) = scope.database.not_null_of(table.oid, column.number) else {
        return NotNullClause::None;
    };
    if !constraint.validated {
        return NotNullClause::None;
    }
    let parent_is_valid = || {
        inherited_columns(table, column, scope.database).any(|parent| {
            scope.database.not_null_of(parent.relation, parent.number).is_some_and(|found| found.validated)
        })
    };
    if !table.is_partition && !constraint.local && parent_is_valid() {
        return NotNullClause::None;
    }
    // The name is always said: what the server would choose need not be what it is.
    let name = ident(&constraint.name);
    let no_inherit = constraint.no_inherit_clause();
    if table.prints(column) {
        NotNullClause::Clause(format!(" CONSTRAINT {name} NOT NULL{no_inherit}"))
    } else {
        NotNullClause::Element(format!("CONSTRAINT {name} NOT NULL {}{no_inherit}", ident(&column.name)))
    }
}

/// The columns of the parents that a column continues.
pub fn inherited_columns<'a>(
    table: &'a Table,
    column: &'a Column,
    database: &'a Database,
) -> impl Iterator<Item = &'a Column> {
    database
        .parents_of(table.oid)
        .filter_map(|link| database.table(link.parent))
        .filter_map(|parent| parent.columns.iter().find(|found| found.name == column.name))
}

/// `ALTER [FOREIGN] TABLE ONLY … ALTER COLUMN …` for what CREATE TABLE cannot say; inherited columns too.
pub fn settings(table: &Table, scope: &Scope<'_>) -> Vec<Sql> {
    let only = format!("{} ONLY {}", table.alter(), table.reference());
    let mut sql = Vec::new();
    for column in &table.columns {
        if matches!(not_null(table, column, scope), NotNullClause::Alter) {
            sql.push(alter_column(&only, column, "SET NOT NULL"));
        }
        sql.extend(column_settings(&only, column));
        // A foreign table's column has it from the start, or from a parent.
        sql.extend(compression_setting(&only, column).filter(|_| !table.is_foreign()));
        if !table.is_partition {
            sql.extend(not_as_the_parents(table, column, &only, scope));
        }
        if let Some(options) = &column.foreign_options {
            sql.push(alter_column(&only, column, &format!("OPTIONS ({options})")));
        }
    }
    sql
}

/// A child is made with the storage and the compression of its parents' columns: that it has those of the type has to
/// be said. (pg_dump does not.)
fn not_as_the_parents(table: &Table, column: &Column, only: &str, scope: &Scope<'_>) -> Vec<Sql> {
    let any = |differs: fn(&Column) -> bool| inherited_columns(table, column, scope.database).any(differs);
    let mut sql = Vec::new();
    if column.storage.is_none() && any(|parent| parent.storage.is_some()) {
        let storage = storage_word(&column.type_storage);
        sql.push(alter_column(only, column, &format!("SET STORAGE {storage}")));
    }
    if compression(column).is_none() && !table.is_foreign() && any(|parent| compression(parent).is_some()) {
        sql.push(alter_column(only, column, "SET COMPRESSION default"));
    }
    sql
}

fn storage_word(letter: &str) -> &'static str {
    match letter {
        "p" => "PLAIN",
        "e" => "EXTERNAL",
        "m" => "MAIN",
        _ => "EXTENDED",
    }
}

/// Statistics target, storage, options: for tables, foreign tables and materialized views.
///
/// `alter` stands before `ALTER COLUMN`: `ALTER TABLE ONLY s.t`.
pub fn column_settings(alter: &str, column: &Column) -> Vec<Sql> {
    let mut actions = Vec::new();
    if let Some(target) = column.statistics.filter(|target| *target >= 0) {
        actions.push(format!("SET STATISTICS {target}"));
    }
    if let Some(storage) = &column.storage {
        actions.push(format!("SET STORAGE {}", storage_word(storage)));
    }
    let options = option_list(column.options.as_deref().unwrap_or_default(), "");
    if !options.is_empty() {
        actions.push(format!("SET ({})", options.join(", ")));
    }
    actions.iter().map(|action| alter_column(alter, column, action)).collect()
}

/// The compression method: for tables and materialized views. `alter` as in [`column_settings`].
pub fn compression_setting(alter: &str, column: &Column) -> Option<Sql> {
    compression(column).map(|method| alter_column(alter, column, &format!("SET COMPRESSION {method}")))
}

/// ` COMPRESSION m` where the column has to be made with it: a foreign table's cannot be given one later.
pub fn compression_clause(table: &Table, column: &Column) -> String {
    let method = compression(column).filter(|_| table.is_foreign());
    method.map(|method| format!(" COMPRESSION {method}")).unwrap_or_default()
}

fn compression(column: &Column) -> Option<&'static str> {
    match column.compression.as_str() {
        "p" => Some("pglz"),
        "l" => Some("lz4"),
        _ => None,
    }
}

fn alter_column(alter: &str, column: &Column, action: &str) -> Sql {
    Sql::new(format!("{alter} ALTER COLUMN {} {action}", ident(&column.name)))
}

/// `REPLICA IDENTITY NOTHING` or `FULL`; an index that is the identity says so itself.
pub fn replica_identity(relation: &str, identity: &str) -> Option<Sql> {
    let which = match identity {
        "n" => "NOTHING",
        "f" => "FULL",
        _ => return None,
    };
    Some(Sql::new(format!("ALTER TABLE ONLY {relation} REPLICA IDENTITY {which}")))
}
