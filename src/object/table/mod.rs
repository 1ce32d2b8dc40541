//! Tables and partitioned tables (pg_class, relkinds `r` and `p`; documentation: CREATE TABLE; objects.md §18), and what
//! foreign tables have in common with them.

mod attach;
pub mod columns;
pub mod data;
mod ddl;
mod late_parents;

use crate::object::Text;
use serde::Deserialize;

pub use attach::TableAttach;
pub use data::TableData;

use super::column::Column;

/// One table; `schema/catalog/table.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Table {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: Text,
    /// relname
    pub name: Text,
    /// owner
    pub owner: Text,
    /// relacl
    pub acl: Option<Vec<String>>,
    /// `acldefault('r', relowner)`
    pub acl_default: Vec<String>,
    /// relkind is `p`
    pub partitioned: bool,
    /// relpersistence: `p` or `u`
    pub persistence: Text,
    /// relispartition
    pub is_partition: bool,
    /// `pg_get_partkeydef`, of a partitioned table
    pub partition_key: Option<Text>,
    /// `pg_get_expr(relpartbound, oid)`, of a partition
    pub partition_bound: Option<Text>,
    /// `reloftype::regtype`, of a typed table
    pub of_type: Option<Text>,
    /// reloptions, `name=value`
    pub options: Option<Vec<String>>,
    /// reloptions of the TOAST table
    pub toast_options: Option<Vec<String>>,
    /// the TOAST table has options, but none of the columns would bring one
    pub toast_is_left_over: bool,
    /// tablespace, where not the database's
    pub tablespace: Option<Text>,
    /// relam's name
    pub access_method: Option<Text>,
    /// relreplident: `d n f i`
    pub replica_identity: Text,
    /// relrowsecurity
    pub row_security: bool,
    /// relforcerowsecurity
    pub force_row_security: bool,
    /// blocks of the heap, as the file has them
    pub pages: i64,
    /// bytes of heap and TOAST
    pub bytes: i64,
    /// reltuples
    pub rows_estimate: f32,
    /// An ancestor hashes on an enum: the rows may belong to another partition on the target
    /// (the hash of an enum is that of its OID). The topmost ancestor.
    pub via_root: Option<u32>,
    /// srvname, of a foreign table
    pub server: Option<Text>,
    /// ftoptions, as SQL writes them between the parentheses of OPTIONS
    pub foreign_options: Option<Text>,
    /// Filled from `column.sql`.
    #[serde(skip)]
    pub columns: Vec<Column>,
}

impl Table {
    /// Whether CREATE TABLE prints the column: inherited ones come from the parent.
    pub fn prints(&self, column: &Column) -> bool {
        column.local || self.is_partition
    }

    /// Whether it is the table of a [`ForeignTable`](super::foreign_table::ForeignTable).
    pub fn is_foreign(&self) -> bool {
        self.server.is_some()
    }

    /// `ALTER TABLE` or `ALTER FOREIGN TABLE`.
    pub fn alter(&self) -> &'static str {
        super::foreign_table::alter(self.is_foreign())
    }

    /// The columns that COPY moves, in attnum order.
    pub fn copied_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.is_copied())
    }
}
