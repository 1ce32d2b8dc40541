//! (stub)

use serde::Deserialize;

use super::column::Column;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::Sql;

/// stub
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Composite {
    /// oid
    pub oid: u32,
    /// typrelid
    pub relation: u32,
    /// Filled from `column.sql`.
    #[serde(skip)]
    pub columns: Vec<Column>,
}

impl Object for Composite {
    fn kind(&self) -> Kind {
        Kind::Composite
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
