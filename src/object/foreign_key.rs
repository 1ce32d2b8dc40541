//! Foreign keys (pg_constraint, contype `f`; documentation: ALTER TABLE; objects.md §22).

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::index::IndexAttach;
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, qualified};

/// One foreign key; `schema/catalog/foreign_key.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ForeignKey {
    /// oid
    pub oid: u32,
    /// conname
    pub name: String,
    /// conrelid
    pub table_oid: u32,
    /// schema of the table
    pub schema: String,
    /// name of the table
    pub table: String,
    /// the table is partitioned
    pub partitioned: bool,
    /// confrelid
    pub referenced: u32,
    /// `pg_get_constraintdef`
    pub definition: String,
    /// If the referenced table is partitioned: the indexes, on all levels, that are part of the referenced one.
    pub partition_indexes: Option<Vec<u32>>,
}

impl Object for ForeignKey {
    fn kind(&self) -> Kind {
        Kind::ForeignKey
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

    fn dependencies(&self) -> Vec<CatalogId> {
        // The referenced index is valid, and good enough, only after the last of its partitions has been attached.
        let attaches = self.partition_indexes.iter().flatten().map(|&index| IndexAttach::id_of(index));
        let tables = [self.table_oid, self.referenced].map(|oid| CatalogId::new(Class::RELATION, oid));
        tables.into_iter().chain(attaches).collect()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        // On a partitioned table it has to recurse.
        let only = if self.partitioned { "" } else { "ONLY " };
        let table = qualified(Some(&self.schema), &self.table);
        let name = ident(&self.name);
        vec![Sql::new(format!("ALTER TABLE {only}{table} ADD CONSTRAINT {name} {}", self.definition))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        let table = qualified(Some(&self.schema), &self.table);
        vec![Sql::new(format!(
            "ALTER TABLE IF EXISTS {table} DROP CONSTRAINT IF EXISTS {}",
            ident(&self.name)
        ))]
    }
}
