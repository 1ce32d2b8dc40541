//! (stub)

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::Sql;

/// stub
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct UserMapping {
    /// oid
    pub oid: u32,
}

impl Object for UserMapping {
    fn kind(&self) -> Kind {
        Kind::UserMapping
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::USER_MAPPING, self.oid)
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
