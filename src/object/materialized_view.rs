//! (stub)

use serde::Deserialize;

use super::column::Column;
use super::database::Database;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::Sql;

/// stub
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct MaterializedView {
    /// oid
    pub oid: u32,
    /// Filled from `column.sql`.
    #[serde(skip)]
    pub columns: Vec<Column>,
}

impl Object for MaterializedView {
    fn kind(&self) -> Kind {
        Kind::MaterializedView
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
pub struct Refresh {
    /// oid
    pub oid: u32,
}

impl Refresh {
    /// stub
    pub fn derive(_: &Database) -> Vec<Self> {
        Vec::new()
    }
}

impl Object for Refresh {
    fn kind(&self) -> Kind {
        Kind::Refresh
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
