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
pub struct Sequence {
    /// oid
    pub oid: u32,
    /// Filled from `column.sql`.
    #[serde(skip)]
    pub columns: Vec<Column>,
}

impl Object for Sequence {
    fn kind(&self) -> Kind {
        Kind::Sequence
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
pub struct SequenceOwnedBy {
    /// oid
    pub oid: u32,
}

impl SequenceOwnedBy {
    /// stub
    pub fn derive(_: &Database) -> Vec<Self> {
        Vec::new()
    }
}

impl Object for SequenceOwnedBy {
    fn kind(&self) -> Kind {
        Kind::SequenceOwnedBy
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
pub struct SequenceValue {
    /// oid
    pub oid: u32,
}

impl SequenceValue {
    /// stub
    pub fn derive(_: &Database) -> Vec<Self> {
        Vec::new()
    }
}

impl Object for SequenceValue {
    fn kind(&self) -> Kind {
        Kind::SequenceValue
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
