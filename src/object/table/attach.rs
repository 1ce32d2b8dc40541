//! ATTACH PARTITION: a partition is made as a table of its own and then attached, so that it keeps its column
//! order, names, options and tablespace (objects.md §18.6).

use crate::object::Text;
use crate::object::database::Database;
use crate::object::id::{CatalogId, Class};
use crate::object::kind::Kind;
use crate::object::object::{Object, Scope};
use crate::sql::{Sql, qualified};

/// The link of a partition to its parent.
#[derive(Clone, Debug)]
pub struct TableAttach {
    /// OID of the partition
    pub partition: u32,
    /// OID of the partitioned table
    pub parent: u32,
    /// schema and name of the partition
    pub schema: Text,
    /// name of the partition
    pub name: Text,
    /// the parent, qualified and quoted
    pub parent_reference: String,
    /// `FOR VALUES …` or `DEFAULT`
    pub bound: Text,
}

impl TableAttach {
    /// One per partition.
    pub fn derive(database: &Database) -> Vec<Self> {
        let partitions = database.all_tables().filter(|table| table.is_partition);
        partitions
            .filter_map(|table| {
                let link = database.parents_of(table.oid).next()?;
                Some(Self {
                    partition: table.oid,
                    parent: link.parent,
                    schema: table.schema.clone(),
                    name: table.name.clone(),
                    parent_reference: qualified(Some(&link.parent_schema), &link.parent_name),
                    bound: table.partition_bound.clone()?,
                })
            })
            .collect()
    }
}

impl Object for TableAttach {
    fn kind(&self) -> Kind {
        Kind::TableAttach
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::SYNTHETIC_TABLE_ATTACH, self.partition)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn parent(&self) -> Option<CatalogId> {
        Some(CatalogId::new(Class::RELATION, self.partition))
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        [self.partition, self.parent].map(|oid| CatalogId::new(Class::RELATION, oid)).into()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let partition = qualified(Some(&self.schema), &self.name);
        vec![Sql::new(format!(
            "ALTER TABLE ONLY {} ATTACH PARTITION {partition} {}",
            self.parent_reference, self.bound
        ))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        Vec::new()
    }
}
