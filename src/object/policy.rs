//! (stub)

use serde::Deserialize;

use super::database::Database;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::Sql;

/// stub
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// oid
    pub oid: u32,
}

impl Object for Policy {
    fn kind(&self) -> Kind {
        Kind::Policy
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class(0), self.oid)
    }

    fn name(&self) -> &str {
        ""
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        Vec::new()
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        Vec::new()
    }
}

/// stub
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RowSecurity {
    /// oid
    pub oid: u32,
}

impl RowSecurity {
    /// stub
    pub fn derive(_: &Database) -> Vec<Self> {
        Vec::new()
    }
}

impl Object for RowSecurity {
    fn kind(&self) -> Kind {
        Kind::RowSecurity
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class(0), self.oid)
    }

    fn name(&self) -> &str {
        ""
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        Vec::new()
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        Vec::new()
    }
}
