//! One entry of the catalog: what restore runs.

use serde::{Deserialize, Serialize};

use crate::sql::Sql;

/// The sections of a dump (pg_dump's documentation, `--section`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// Before rows are loaded.
    PreData,
    /// Rows, sequence values, large objects.
    Data,
    /// After rows are loaded.
    PostData,
}

/// When an entry runs, beyond its section: ACLs late, so that no REVOKE hinders the restore.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pass {
    /// With its section.
    #[default]
    Main,
    /// After every object and all data: ACLs, default privileges.
    Acl,
    /// After the ACLs: refresh of materialized views, event triggers.
    PostAcl,
}

/// One thing to restore: identity, SQL, dependencies.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// 1, 2, 3 … in restore order. DATA records name their table by this number.
    pub id: u32,
    /// Stem of the kind: `table`, `foreign_key`.
    pub kind: String,
    /// Schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Name, unquoted.
    pub name: String,
    /// The relation it hangs on (index, trigger, constraint …), unquoted and unqualified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// How a message names it: `table public.orders`.
    pub label: String,
    /// Section.
    pub section: Section,
    /// Pass.
    #[serde(default, skip_serializing_if = "is_main")]
    pub pass: Pass,
    /// Ids of the entries that must be there before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deps: Vec<u32>,
    /// Creates the object.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ddl: Vec<Sql>,
    /// Removes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<Sql>,
    /// The owner's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Gives it to its owner: `ALTER TABLE s.t OWNER TO …`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_sql: Option<Sql>,
    /// Tablespace for `default_tablespace`; absent = the database's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// Table access method for `default_table_access_method`; absent where the kind has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_method: Option<String>,
    /// Comments, on it and on its columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<Sql>,
    /// Security labels, on it and on its columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<SecurityLabel>,
    /// GRANT and REVOKE, in order; run in the ACL pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acl: Vec<Acl>,
    /// Columns, for relations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
    /// Version of an extension; restore makes the target's default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How its rows are stored; absent if it has none to store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Data>,
    /// A restore leaves it out: only number, name and dependencies are left.
    #[serde(skip)]
    pub left_out: bool,
}

fn is_main(pass: &Pass) -> bool {
    *pass == Pass::Main
}

/// A GRANT or REVOKE, with the role that has to issue it where that is not the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acl {
    /// The statement.
    pub sql: Sql,
    /// The grantor, if another than the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grantor: Option<String>,
}

/// A SECURITY LABEL, with the provider that the target must have loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityLabel {
    /// The provider: a module of the server.
    pub provider: String,
    /// The statement.
    pub sql: Sql,
}

/// A column as offline readers need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Type with modifiers, as `format_type` prints it.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Whether its values are in the rows (generated columns are not).
    pub dumped: bool,
    /// NOT NULL.
    pub notnull: bool,
}

/// How the rows of a relation (or the large objects) are stored and loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// Format of the rows.
    pub format: RowFormat,
    /// `COPY … FROM STDIN` up to its options.
    pub copy: String,
    /// 14 when binary rows hold OIDs of user types that servers before 14 refuse (objects.md §41).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs_target: Option<u16>,
    /// The rows go through the partition root, since they may belong elsewhere on the target.
    #[serde(default)]
    pub via_root: bool,
    /// The rows are loaded after the indexes, since they may name some (`regclass`).
    #[serde(default)]
    pub after_indexes: bool,
    /// Only the rows were dumped for which this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

/// Format of rows: the header's `data_format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowFormat {
    /// COPY BINARY tuples.
    Binary,
    /// COPY text lines.
    Text,
    /// Pages of large objects.
    LargeObject,
}
