//! (stub)

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::Sql;

/// stub
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TsParser {
    /// oid
    pub oid: u32,
}

impl Object for TsParser {
    fn kind(&self) -> Kind {
        Kind::TsParser
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::TS_PARSER, self.oid)
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
