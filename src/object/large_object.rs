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
pub struct LargeObject {
    /// oid
    pub oid: u32,
}

impl Object for LargeObject {
    fn kind(&self) -> Kind {
        Kind::LargeObject
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
pub struct LargeObjectData {
    /// oid
    pub oid: u32,
}

impl LargeObjectData {
    /// stub
    pub fn derive(_: &Database) -> Vec<Self> {
        Vec::new()
    }
}

impl Object for LargeObjectData {
    fn kind(&self) -> Kind {
        Kind::LargeObjectData
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
