//! CHECK constraints of tables (pg_constraint, contype `c`; documentation: "Constraints").
//!
//! Printed inside CREATE TABLE, unless inherited only, not yet valid, or part of a dependency loop.

use crate::object::Text;
use serde::Deserialize;

use super::foreign_table::alter;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::object::Repair;
use crate::sql::{Sql, ident, qualified};

/// One constraint; `schema/catalog/check.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Check {
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
    /// the table is a partition
    pub in_partition: bool,
    /// the table is a foreign one
    pub in_foreign: bool,
    /// `pg_get_constraintdef`
    pub definition: Text,
    /// conislocal
    pub local: bool,
    /// convalidated (false as well when NOT ENFORCED)
    pub validated: bool,
}

impl Check {
    /// Whether it is a statement of its own, whatever the loops say.
    fn is_always_separate(&self) -> bool {
        !self.validated
    }

    /// Whether CREATE TABLE prints it.
    pub fn is_inline(&self, scope: &Scope<'_>) -> bool {
        !self.is_always_separate()
            && (self.local || self.in_partition)
            && !scope.repairs.has(self.id(), Repair::Separate)
    }

    /// `CONSTRAINT n CHECK (…)`.
    pub fn clause(&self) -> String {
        format!("CONSTRAINT {} {}", ident(&self.name), self.definition)
    }
}

impl Object for Check {
    fn kind(&self) -> Kind {
        Kind::Check
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
        let inline = !self.is_always_separate() && (self.local || self.in_partition);
        inline.then(|| CatalogId::new(Class::RELATION, self.table_oid))
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        if self.is_inline(scope) || !self.local {
            return Vec::new();
        }
        // Without ONLY: children get it by recursion, as they had it.
        let table = qualified(Some(&self.schema), &self.table);
        vec![Sql::new(format!("{} {table} ADD {}", alter(self.in_foreign), self.clause()))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        let table = qualified(Some(&self.schema), &self.table);
        let alter = alter(self.in_foreign);
        vec![Sql::new(format!("{alter} IF EXISTS {table} DROP CONSTRAINT IF EXISTS {}", ident(&self.name)))]
    }
}
