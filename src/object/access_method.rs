//! (stub)

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::Sql;

/// stub
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AccessMethod {
    /// oid
    pub oid: u32,
}

impl Object for AccessMethod {
    fn kind(&self) -> Kind {
        Kind::AccessMethod
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::ACCESS_METHOD, self.oid)
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
