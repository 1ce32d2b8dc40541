//! Catalogued NOT NULL constraints (pg_constraint, contype `n`, from PostgreSQL 18; documentation: "Constraints").
//!
//! Valid ones are printed with their column (objects.md §18.4); only those that are NOT VALID stand alone, after
//! the data.

use crate::object::Text;
use serde::Deserialize;

use super::foreign_table::alter;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, qualified};

/// One constraint; `schema/catalog/not_null.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NotNull {
    /// oid
    pub oid: u32,
    /// conname
    pub name: Text,
    /// conrelid
    pub table_oid: u32,
    /// schema of the table
    pub schema: Text,
    /// name of the table
    pub table: Text,
    /// attnum
    pub number: i16,
    /// Of its column: attname.
    #[serde(skip)]
    pub column: Text,
    /// the table is a foreign one
    pub in_foreign: bool,
    /// conislocal
    pub local: bool,
    /// connoinherit
    pub no_inherit: bool,
    /// convalidated
    pub validated: bool,
}

impl NotNull {
    /// ` NO INHERIT` or nothing.
    pub fn no_inherit_clause(&self) -> &'static str {
        if self.no_inherit { " NO INHERIT" } else { "" }
    }
}

impl Object for NotNull {
    fn kind(&self) -> Kind {
        Kind::NotNull
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::CONSTRAINT, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn table(&self) -> Option<&str> {
        Some(&self.table)
    }

    fn parent(&self) -> Option<CatalogId> {
        Some(CatalogId::new(Class::RELATION, self.table_oid))
    }

    fn reference(&self) -> String {
        format!("{} ON {}", ident(&self.name), qualified(Some(&self.schema), &self.table))
    }

    fn printed_in(&self) -> Option<CatalogId> {
        self.validated.then(|| CatalogId::new(Class::RELATION, self.table_oid))
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        if self.validated || !self.local {
            return Vec::new();
        }
        // Without ONLY: the server passes it on to children.
        vec![Sql::new(format!(
            "{} {} ADD CONSTRAINT {} NOT NULL {}{} NOT VALID",
            alter(self.in_foreign),
            qualified(Some(&self.schema), &self.table),
            ident(&self.name),
            ident(&self.column),
            self.no_inherit_clause()
        ))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        let table = qualified(Some(&self.schema), &self.table);
        let alter = alter(self.in_foreign);
        vec![Sql::new(format!("{alter} IF EXISTS {table} DROP CONSTRAINT IF EXISTS {}", ident(&self.name)))]
    }
}
