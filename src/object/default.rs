//! Column defaults and generation expressions (pg_attrdef; objects.md §19).
//!
//! Printed with their column, unless the column is not printed, belongs to a view, or the default is part of a
//! dependency loop (serial columns are: table, default, sequence). A generation expression can never stand alone.

use crate::object::Text;
use std::collections::HashSet;

use serde::Deserialize;

use super::database::Database;
use super::foreign_table::alter;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::object::Repair;
use crate::sql::{Sql, ident, qualified};

/// One default; `schema/catalog/default.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ColumnDefault {
    /// pg_attrdef.oid; for a DEFAULT NULL that hides a parent's default a running number
    pub oid: u32,
    /// adrelid
    pub relation: u32,
    /// schema of the relation
    pub schema: Text,
    /// name of the relation
    pub table: Text,
    /// relkind
    pub relation_kind: Text,
    /// adnum
    pub number: i16,
    /// `pg_get_expr(adbin, adrelid)`
    pub expression: Text,
    /// relispartition of the relation
    pub in_partition: bool,
    /// Of its column: attname.
    #[serde(skip)]
    pub column: Text,
    /// Of its column: attgenerated.
    #[serde(skip)]
    pub generated: Text,
    /// The column is printed by CREATE TABLE: local, or the table is a partition.
    #[serde(skip)]
    pub column_printed: bool,
    /// Not in the catalog: a DEFAULT NULL that hides a parent's default.
    #[serde(skip)]
    pub synthetic: bool,
    /// An inherited generation expression, which CREATE TABLE must not repeat.
    #[serde(skip)]
    pub suppressed: bool,
}

impl ColumnDefault {
    fn is_always_separate(&self) -> bool {
        self.generated.is_empty() && (self.relation_kind == "v" || !self.column_printed)
    }

    /// The clause of the column, if the column's table prints it.
    pub fn inline_clause(&self, scope: &Scope<'_>) -> Option<String> {
        if self.suppressed {
            return None;
        }
        match self.generated.as_str() {
            "s" => Some(format!(" GENERATED ALWAYS AS ({}) STORED", self.expression)),
            "v" => Some(format!(" GENERATED ALWAYS AS ({})", self.expression)),
            _ if self.is_always_separate() || scope.repairs.has(self.id(), Repair::Separate) => None,
            _ => Some(format!(" DEFAULT {}", self.expression)),
        }
    }
}

impl Object for ColumnDefault {
    fn kind(&self) -> Kind {
        Kind::Default
    }

    fn id(&self) -> CatalogId {
        let class = if self.synthetic { Class::SYNTHETIC_DEFAULT } else { Class::ATTRDEF };
        CatalogId::new(class, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.column
    }

    fn table(&self) -> Option<&str> {
        Some(&self.table)
    }

    fn parent(&self) -> Option<CatalogId> {
        Some(CatalogId::new(Class::RELATION, self.relation))
    }

    fn ties(&self) -> Vec<String> {
        vec![format!("{:05}", self.number)]
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        vec![CatalogId::new(Class::RELATION, self.relation)]
    }

    fn printed_in(&self) -> Option<CatalogId> {
        let inline = self.generated.is_empty() && !self.is_always_separate();
        inline.then(|| CatalogId::new(Class::RELATION, self.relation))
    }

    fn folded_into(&self) -> Option<CatalogId> {
        (!self.generated.is_empty()).then(|| CatalogId::new(Class::RELATION, self.relation))
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        if self.suppressed || self.inline_clause(scope).is_some() {
            return Vec::new();
        }
        vec![Sql::new(format!(
            "{} ONLY {} ALTER COLUMN {} SET DEFAULT {}",
            alter(self.relation_kind == "f"),
            qualified(Some(&self.schema), &self.table),
            ident(&self.column),
            self.expression
        ))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!(
            "{} IF EXISTS {} ALTER COLUMN {} DROP DEFAULT",
            alter(self.relation_kind == "f"),
            qualified(Some(&self.schema), &self.table),
            ident(&self.column)
        ))]
    }
}

/// What inheritance does to defaults (objects.md §18.5): a child without the default that its parent has, or had when
/// the child is made, gets DEFAULT NULL; a generation expression equal to all parents' is inherited, so it is not printed.
pub fn inherit(database: &mut Database) {
    let mut hidden = Vec::new();
    let mut suppressed = Vec::new();
    for table in database.all_tables() {
        for column in &table.columns {
            let mut parents = Vec::new();
            for link in database.parents_of(table.oid) {
                let parent = database.table(link.parent);
                let same = parent.and_then(|p| p.columns.iter().find(|c| c.name == column.name));
                parents.extend(same.map(|c| (c, database.default_of(link.parent, c.number))));
            }
            let own = database.default_of(table.oid, column.number);
            if own.is_none()
                && column.generated.is_empty()
                && inherits_default(database, table.oid, &column.name)
            {
                hidden.push(ColumnDefault {
                    oid: hidden.len() as u32,
                    synthetic: true,
                    relation: table.oid,
                    schema: table.schema.clone(),
                    table: table.name.clone(),
                    relation_kind: if table.is_foreign() { "f" } else { "r" }.into(),
                    number: column.number,
                    column: column.name.clone(),
                    expression: "NULL".into(),
                    column_printed: table.prints(column),
                    ..ColumnDefault::default()
                });
            }
            let mut expressions = parents.iter().filter(|(c, _)| !c.generated.is_empty()).peekable();
            if let Some(own) = own
                && !own.generated.is_empty()
                && !table.is_partition
                && expressions.peek().is_some()
                && expressions.all(|(_, d)| d.is_some_and(|d| d.expression == own.expression))
            {
                suppressed.push((table.oid, column.number));
            }
        }
    }
    for key in suppressed {
        let at = database.lookup.default[&key];
        database.defaults[at].suppressed = true;
    }
    for default in hidden {
        database.lookup.default.insert((default.relation, default.number), database.defaults.len());
        database.defaults.push(default);
    }
}

/// Whether an ancestor's column of this name has a default. A parent's DEFAULT NULL is no end: its own child may be made
/// before that is said.
fn inherits_default(database: &Database, table: u32, name: &str) -> bool {
    let mut seen = HashSet::new();
    let mut waiting = vec![table];
    while let Some(child) = waiting.pop() {
        for link in database.parents_of(child).filter(|link| seen.insert(link.parent)) {
            let parent = database.table(link.parent);
            let Some(same) = parent.and_then(|p| p.columns.iter().find(|c| c.name == name)) else { continue };
            if same.generated.is_empty() && database.default_of(link.parent, same.number).is_some() {
                return true;
            }
            waiting.push(link.parent);
        }
    }
    false
}
