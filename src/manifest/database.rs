//! The record CATALOG, and the facts of the database in it.

use serde::{Deserialize, Serialize};

use super::entry::{Acl, Entry, SecurityLabel};

/// The record CATALOG (and CATALOG2). Equal databases of one major have equal catalogs, byte for byte: whatever comes
/// from a time, a size or an OID is in BEGIN, LATE or the headers of the rows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Catalog {
    /// Version of this record: 1.
    pub catalog: u32,
    /// Facts of the database itself.
    pub database: Database,
    /// What is restored, in restore order; `entries[i].id == i + 1`.
    pub entries: Vec<Entry>,
}

/// Facts of the database, applied by whoever creates it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Database {
    /// Owner.
    pub owner: String,
    /// Encoding.
    pub encoding: String,
    /// `CREATE DATABASE`, ready to run but for the name.
    pub create_options: String,
    /// LC_COLLATE.
    pub collate: String,
    /// LC_CTYPE.
    pub ctype: String,
    /// `libc`, `icu`, `builtin`.
    pub locale_provider: String,
    /// ICU or builtin locale.
    pub locale: Option<String>,
    /// ICU rules.
    pub icu_rules: Option<String>,
    /// Tablespace.
    pub tablespace: String,
    /// −1 = none.
    pub connection_limit: i32,
    /// Template database.
    pub is_template: bool,
    /// Comment.
    pub comment: Option<String>,
    /// `ALTER DATABASE … SET`: (setting, value as stored), in order.
    pub settings: Vec<Setting>,
    /// `ALTER ROLE … SET search_path`, which holds in every database: recorded, since unqualified names depend on
    /// it, but not applied, since it belongs to the cluster.
    pub role_paths: Vec<Setting>,
    /// GRANT and REVOKE on the database.
    pub acl: Vec<Acl>,
    /// Whether the schema `public` exists, and what it grants in the source (documentation of `public`: objects §2).
    pub public: Option<PublicSchema>,
}

/// `ALTER DATABASE d SET name TO value`, or `ALTER ROLE role IN DATABASE d SET name TO value`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The role, if the setting is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The setting, quoted as an identifier.
    pub name: String,
    /// The value, ready for `SET name TO …`.
    pub value: String,
}

/// The schema `public` as the source has it: restore computes the difference to the target's (objects.md F7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicSchema {
    /// Owner.
    pub owner: String,
    /// `nspacl` as text items; `None` for NULL.
    pub acl: Option<Vec<String>>,
    /// Its comment.
    pub comment: Option<String>,
    /// Its security labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<SecurityLabel>,
}
