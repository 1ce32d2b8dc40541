//! Schemas (pg_namespace; documentation: CREATE SCHEMA; objects.md §2).
//!
//! `public` is in every new database: it is neither made nor removed here, and its owner, privileges and comment are
//! not entries but facts of the database (`manifest::PublicSchema`).

use serde::Deserialize;

use super::acl::AclRow;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::Sql;

/// One schema; `schema/catalog/schema.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Schema {
    /// oid
    pub oid: u32,
    /// nspname
    pub name: String,
    /// owner
    pub owner: String,
    /// nspacl
    pub acl: Option<Vec<String>>,
    /// `acldefault('n', nspowner)`
    pub acl_default: Vec<String>,
}

impl Schema {
    /// Whether it is the schema that every database is born with.
    pub fn is_public(&self) -> bool {
        self.name == "public"
    }
}

impl Object for Schema {
    fn kind(&self) -> Kind {
        Kind::Schema
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::NAMESPACE, self.oid)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn owner(&self) -> Option<&str> {
        (!self.is_public()).then_some(&self.owner)
    }

    fn acl(&self) -> Option<AclRow<'_>> {
        (!self.is_public()).then(|| AclRow { acl: self.acl.as_deref(), default: &self.acl_default })
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        if self.is_public() {
            return Vec::new();
        }
        vec![Sql::new(format!("CREATE SCHEMA {}", self.reference()))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        if self.is_public() {
            return Vec::new();
        }
        vec![Sql::new(format!("DROP SCHEMA IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::Schema;
    use crate::object::Repairs;
    use crate::object::{Database, Object, Scope};
    use crate::version::Version;

    #[test]
    fn public_is_never_made() {
        let scope = Scope {
            source: Version::from_num(150_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let schema = |name: &str| Schema { name: name.to_owned(), ..Schema::default() };
        let public = schema("public");
        assert!(public.create(&scope).is_empty() && public.drop(&scope).is_empty());
        assert!(public.owner().is_none() && public.acl().is_none());
        let other = schema("Public");
        assert_eq!(other.create(&scope)[0].render(), "CREATE SCHEMA \"Public\"");
        assert_eq!(other.drop(&scope)[0].render(), "DROP SCHEMA IF EXISTS \"Public\"");
        assert!(other.owner().is_some() && other.acl().is_some());
    }
}
