//! What belongs to the cluster and not to one database: roles, their settings and memberships, privileges on
//! parameters, tablespaces (objects.md §40). Facts, not statements: a restore compares them with what the target has.

use serde::{Deserialize, Serialize};

use super::database::Setting;
use super::entry::SecurityLabel;

/// The globals of a cluster; in CATALOG only if they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Globals {
    /// The role that `initdb` made (OID 10). Every cluster has one, under a name of its own.
    pub bootstrap: String,
    /// Whether the roles' password hashes are recorded.
    pub passwords: bool,
    /// Roles but the predefined ones (`pg_*`), by name.
    pub roles: Vec<Role>,
    /// `ALTER ROLE role SET …` in every database; without a role, `ALTER ROLE ALL SET …`.
    pub settings: Vec<Setting>,
    /// Memberships, each after the one that gives its grantor the right to grant it.
    pub memberships: Vec<Membership>,
    /// Privileges on parameters, by name; from PostgreSQL 15 on.
    pub parameters: Vec<Parameter>,
    /// Tablespaces but `pg_default` and `pg_global`, by name.
    pub tablespaces: Vec<Tablespace>,
}

/// A role with its attributes (documentation: "CREATE ROLE").
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are those of the attributes")]
pub struct Role {
    pub name: String,
    pub superuser: bool,
    pub inherit: bool,
    pub create_role: bool,
    pub create_db: bool,
    pub login: bool,
    pub replication: bool,
    pub bypass_rls: bool,
    /// −1 = none.
    pub connection_limit: i32,
    /// A time in ISO form and UTC, or `infinity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// The stored hash: a SCRAM verifier or `md5…`. `CREATE ROLE … PASSWORD` takes it as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Security labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<SecurityLabel>,
}

/// `GRANT role TO member`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Membership {
    /// The role that is granted.
    pub role: String,
    /// Whom it is granted to.
    pub member: String,
    /// WITH ADMIN OPTION.
    pub admin: bool,
    /// WITH INHERIT; absent before PostgreSQL 16, where the member's own attribute decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inherit: Option<bool>,
    /// WITH SET; absent before PostgreSQL 16, where every member may SET ROLE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<bool>,
    /// GRANTED BY; absent for the bootstrap superuser, and before PostgreSQL 16, where it means nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grantor: Option<String>,
}

/// Privileges on a parameter. Its owner is the bootstrap superuser.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameter {
    /// The parameter, as the server writes it.
    pub name: String,
    /// `paracl` as text items.
    pub acl: Vec<String>,
}

/// A tablespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tablespace {
    /// Name.
    pub name: String,
    /// Owner.
    pub owner: String,
    /// Its folder; absent where it is inside the data directory (`allow_in_place_tablespaces`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// `name=value` items.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// `spcacl` as text items; absent for NULL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl: Option<Vec<String>>,
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Security labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<SecurityLabel>,
}
