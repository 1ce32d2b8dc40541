//! Large objects (pg_largeobject_metadata; documentation: "Large Objects"; objects.md §32). All of it counts as
//! data: a dump of the schema alone has none.

use serde::Deserialize;

use super::acl::AclRow;
use super::database::Database;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::Sql;

/// One large object; `schema/catalog/large_object.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LargeObject {
    /// oid: applications keep it, so it is part of the data
    pub oid: u32,
    /// the OID in digits
    pub name: String,
    /// owner
    pub owner: String,
    /// lomacl
    pub acl: Option<Vec<String>>,
    /// `acldefault('L', lomowner)`
    pub acl_default: Vec<String>,
}

impl Object for LargeObject {
    fn kind(&self) -> Kind {
        Kind::LargeObject
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::LARGE_OBJECT, self.oid)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn reference(&self) -> String {
        // A number, not an identifier.
        self.name.clone()
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.owner)
    }

    fn acl(&self) -> Option<AclRow<'_>> {
        Some(AclRow { acl: self.acl.as_deref(), default: &self.acl_default })
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("SELECT pg_catalog.lo_create({})", self.oid))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!(
            "SELECT pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata WHERE oid = {}",
            self.oid
        ))]
    }
}

/// The contents of all large objects, in one entry.
#[derive(Clone, Debug)]
pub struct LargeObjectData {
    /// OIDs of the objects
    pub objects: Vec<u32>,
}

impl LargeObjectData {
    /// One, if there is any large object.
    pub fn derive(database: &Database) -> Vec<Self> {
        let objects: Vec<u32> = database.large_objects.iter().map(|row| row.oid).collect();
        if objects.is_empty() { Vec::new() } else { vec![Self { objects }] }
    }
}

impl Object for LargeObjectData {
    fn kind(&self) -> Kind {
        Kind::LargeObjectData
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::SYNTHETIC_LARGE_OBJECTS, 0)
    }

    fn name(&self) -> &str {
        "large objects"
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        self.objects.iter().map(|&oid| CatalogId::new(Class::LARGE_OBJECT, oid)).collect()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        Vec::new()
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        Vec::new()
    }
}
