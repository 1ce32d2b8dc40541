//! Foreign servers (pg_foreign_server; documentation: CREATE SERVER; objects.md §17).

use serde::Deserialize;

use super::acl::AclRow;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use super::options::foreign_options;
use crate::sql::{Sql, ident, literal};

/// One server; `schema/catalog/foreign_server.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ForeignServer {
    /// oid
    pub oid: u32,
    /// srvname
    pub name: String,
    /// fdwname
    pub wrapper: String,
    /// owner
    pub owner: String,
    /// srvacl
    pub acl: Option<Vec<String>>,
    /// `acldefault('S', srvowner)`
    pub acl_default: Vec<String>,
    /// srvtype
    #[serde(rename = "type")]
    pub server_type: Option<String>,
    /// srvversion
    pub version: Option<String>,
    /// srvoptions, as SQL writes them between the parentheses of OPTIONS
    pub options: Option<String>,
}

impl Object for ForeignServer {
    fn kind(&self) -> Kind {
        Kind::ForeignServer
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::FOREIGN_SERVER, self.oid)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.owner)
    }

    fn acl(&self) -> Option<AclRow<'_>> {
        Some(AclRow { acl: self.acl.as_deref(), default: &self.acl_default })
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let text = |clause: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!(" {clause} {}", literal(value))).unwrap_or_default()
        };
        vec![Sql::new(format!(
            "CREATE SERVER {}{}{} FOREIGN DATA WRAPPER {}{}",
            self.reference(),
            text("TYPE", &self.server_type),
            text("VERSION", &self.version),
            ident(&self.wrapper),
            foreign_options(self.options.as_deref())
        ))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP SERVER IF EXISTS {}", self.reference()))]
    }
}
