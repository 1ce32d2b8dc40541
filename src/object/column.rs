//! Columns of relations and composite types (pg_attribute).

use crate::object::Text;
use serde::Deserialize;

/// One column; `schema/catalog/column.sql`. Dropped columns are not read.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Column {
    /// attrelid
    pub relation: u32,
    /// attnum
    pub number: i16,
    /// attname
    pub name: Text,
    /// `format_type(atttypid, atttypmod)`: pasted as it is
    pub type_name: Text,
    /// atttypid
    pub type_oid: u32,
    /// atttypmod
    pub type_mod: i32,
    /// attnotnull
    pub not_null: bool,
    /// attislocal
    pub local: bool,
    /// attinhcount
    pub inherited: i32,
    /// attidentity: `a`, `d` or empty
    pub identity: Text,
    /// attgenerated: `s`, `v` or empty
    pub generated: Text,
    /// attcollation where it differs from the type's: schema and name
    pub collation_schema: Option<Text>,
    /// see `collation_schema`
    pub collation: Option<Text>,
    /// attstattarget where it was set (≥ 0)
    pub statistics: Option<i32>,
    /// attstorage where it differs from the type's: `p e x m`
    pub storage: Option<Text>,
    /// typstorage
    pub type_storage: Text,
    /// attcompression: `p`, `l` or empty
    pub compression: Text,
    /// attoptions, `name=value` items in array order
    pub options: Option<Vec<String>>,
    /// attfdwoptions, as SQL writes them between the parentheses of OPTIONS
    pub foreign_options: Option<Text>,
    /// attacl
    pub acl: Option<Vec<String>>,
}

impl Column {
    /// ` COLLATE s.c` where the column's collation is not its type's, else nothing.
    pub fn collate(&self) -> String {
        match &self.collation {
            Some(name) => {
                format!(" COLLATE {}", crate::sql::qualified(self.collation_schema.as_deref(), name))
            }
            None => String::new(),
        }
    }

    /// Whether COPY carries it: generated columns are computed again.
    pub fn is_copied(&self) -> bool {
        self.generated.is_empty()
    }
}
