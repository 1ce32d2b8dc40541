//! Indexes that no constraint owns (pg_index; documentation: CREATE INDEX; objects.md §23), and their attachment
//! to the indexes of partitioned tables.

use crate::object::Text;
use std::collections::HashMap;

use serde::Deserialize;

use super::database::Database;
use super::extension::depends_on_extension;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, qualified};

/// One index; `schema/catalog/index.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Index {
    /// oid
    pub oid: u32,
    /// schema: that of the table
    pub schema: Text,
    /// relname
    pub name: Text,
    /// indrelid
    pub table_oid: u32,
    /// name of the table
    pub table: Text,
    /// `pg_get_indexdef`: complete but for the tablespace
    pub definition: Text,
    /// indisclustered
    pub clustered: bool,
    /// indisreplident
    pub replica_identity: bool,
    /// tablespace, where not the database's
    pub tablespace: Option<Text>,
    /// attnum of the columns with a statistics target
    pub statistics_columns: Option<Vec<i16>>,
    /// the targets, in step with `statistics_columns`
    pub statistics_targets: Option<Vec<i32>>,
}

impl Object for Index {
    fn kind(&self) -> Kind {
        Kind::Index
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::RELATION, self.oid)
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

    fn dependencies(&self) -> Vec<CatalogId> {
        vec![CatalogId::new(Class::RELATION, self.table_oid)]
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        let mut statements = vec![Sql::new(self.definition.clone())];
        statements.extend(self.settings().statements());
        statements.extend(depends_on_extension(scope.database, self));
        statements
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP INDEX IF EXISTS {}", self.reference()))]
    }

    fn tablespace(&self) -> Option<&str> {
        self.tablespace.as_deref()
    }
}

impl Index {
    fn settings(&self) -> IndexSettings<'_> {
        IndexSettings {
            schema: &self.schema,
            name: &self.name,
            table: &self.table,
            clustered: self.clustered,
            replica_identity: self.replica_identity,
            statistics_columns: self.statistics_columns.as_deref().unwrap_or_default(),
            statistics_targets: self.statistics_targets.as_deref().unwrap_or_default(),
        }
    }
}

/// What neither CREATE INDEX nor ADD CONSTRAINT says of an index.
pub struct IndexSettings<'a> {
    /// schema of table and index
    pub schema: &'a str,
    /// name of the index
    pub name: &'a str,
    /// name of the table
    pub table: &'a str,
    /// the table is clustered on it
    pub clustered: bool,
    /// it is the table's replica identity
    pub replica_identity: bool,
    /// columns with a statistics target, by number
    pub statistics_columns: &'a [i16],
    /// the targets
    pub statistics_targets: &'a [i32],
}

impl IndexSettings<'_> {
    /// The statements that follow the index.
    pub fn statements(&self) -> Vec<Sql> {
        let table = qualified(Some(self.schema), self.table);
        let mut sql = Vec::new();
        if self.clustered {
            // The index is named without its schema here and below: it is the table's.
            sql.push(Sql::new(format!("ALTER TABLE {table} CLUSTER ON {}", ident(self.name))));
        }
        for (column, target) in self.statistics_columns.iter().zip(self.statistics_targets) {
            // By number: columns that are expressions have no name of their own.
            let index = qualified(Some(self.schema), self.name);
            sql.push(Sql::new(format!("ALTER INDEX {index} ALTER COLUMN {column} SET STATISTICS {target}")));
        }
        if self.replica_identity {
            let name = ident(self.name);
            sql.push(Sql::new(format!("ALTER TABLE ONLY {table} REPLICA IDENTITY USING INDEX {name}")));
        }
        sql
    }
}

/// `ATTACH PARTITION` of an index: the index of a partition becomes part of that of the partitioned table, which is
/// invalid until its last partition has come.
#[derive(Clone, Debug)]
pub struct IndexAttach {
    /// OID of the partition's index
    pub index: u32,
    /// schema of the partition's index
    pub schema: String,
    /// name of the partition's index
    pub name: String,
    /// the partition
    pub table_oid: u32,
    /// the index of the partitioned table, qualified and quoted
    pub parent_reference: String,
    /// both indexes (or their constraints) and both tables
    needs: Vec<CatalogId>,
}

/// An index, or the one behind a constraint.
struct Side<'a> {
    id: CatalogId,
    schema: &'a str,
    name: &'a str,
    table_oid: u32,
}

impl IndexAttach {
    /// One per index that has a parent.
    pub fn derive(database: &Database) -> Vec<Self> {
        let own = database.indexes.iter().map(|row| {
            (row.oid, Side { id: row.id(), schema: &row.schema, name: &row.name, table_oid: row.table_oid })
        });
        let attached = database.keys.iter().filter(|row| !row.cannot_be_attached());
        let behind_keys = attached.map(|row| {
            let side = Side { id: row.id(), schema: &row.schema, name: &row.name, table_oid: row.table_oid };
            (row.index_oid, side)
        });
        let sides: HashMap<u32, Side<'_>> = own.chain(behind_keys).collect();
        let links = database.parents.iter().filter(|link| link.is_index);
        // A side is missing if the index is invalid, or comes with its parent: then there is nothing to attach.
        links
            .filter_map(|link| {
                let (child, parent) = (sides.get(&link.child)?, sides.get(&link.parent)?);
                let tables = [child, parent].map(|side| CatalogId::new(Class::RELATION, side.table_oid));
                Some(Self {
                    index: link.child,
                    schema: child.schema.to_owned(),
                    name: child.name.to_owned(),
                    table_oid: child.table_oid,
                    parent_reference: qualified(Some(parent.schema), parent.name),
                    needs: [child.id, parent.id].into_iter().chain(tables).collect(),
                })
            })
            .collect()
    }

    /// The identity of the attachment of an index.
    pub const fn id_of(index: u32) -> CatalogId {
        CatalogId::new(Class::SYNTHETIC_INDEX_ATTACH, index)
    }
}

impl Object for IndexAttach {
    fn kind(&self) -> Kind {
        Kind::IndexAttach
    }

    fn id(&self) -> CatalogId {
        Self::id_of(self.index)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn parent(&self) -> Option<CatalogId> {
        Some(CatalogId::new(Class::RELATION, self.table_oid))
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        self.needs.clone()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let index = qualified(Some(&self.schema), &self.name);
        vec![Sql::new(format!("ALTER INDEX {} ATTACH PARTITION {index}", self.parent_reference))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        // It goes with either table.
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{Index, IndexAttach};
    use crate::object::id::{CatalogId, Class};
    use crate::object::{Database, Object, Parent, key::Key};

    #[test]
    fn settings_follow_the_index() {
        let index = Index {
            schema: "s".into(),
            name: "I x".into(),
            table: "t".into(),
            clustered: true,
            replica_identity: true,
            statistics_columns: Some(vec![2]),
            statistics_targets: Some(vec![0]),
            ..Index::default()
        };
        let sql: Vec<String> = index.settings().statements().iter().map(ToString::to_string).collect();
        assert_eq!(
            sql,
            [
                "ALTER TABLE s.t CLUSTER ON \"I x\"",
                "ALTER INDEX s.\"I x\" ALTER COLUMN 2 SET STATISTICS 0",
                "ALTER TABLE ONLY s.t REPLICA IDENTITY USING INDEX \"I x\"",
            ]
        );
    }

    #[test]
    fn the_index_of_a_constraint_may_be_attached_to_a_plain_one() {
        let mut database = Database::default();
        database.indexes.push(Index {
            oid: 1,
            schema: "s".into(),
            name: "parent".into(),
            table_oid: 10,
            ..Index::default()
        });
        database.keys.push(Key {
            oid: 5,
            index_oid: 2,
            schema: "q".into(),
            name: "child".into(),
            table_oid: 20,
            ..Key::default()
        });
        let link = |child| Parent { child, parent: 1, is_index: true, ..Parent::default() };
        database.parents.extend([link(2), link(99)]);
        let attaches = IndexAttach::derive(&database);
        assert_eq!(attaches.len(), 1, "an invalid index has no row, and is not attached");
        assert_eq!(attaches[0].needs[0], CatalogId::new(Class::CONSTRAINT, 5));
        assert_eq!(attaches[0].id(), IndexAttach::id_of(2));
    }
}
