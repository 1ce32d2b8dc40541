//! Domains (pg_type, typtype `d`; documentation: CREATE DOMAIN; objects.md §4.6).

use serde::Deserialize;

use super::acl::AclRow;
use super::domain_check::DomainCheck;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, qualified};

/// One domain; `schema/catalog/domain.sql`. Its constraints are [`DomainCheck`]s.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Domain {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: String,
    /// typname
    pub name: String,
    /// owner
    pub owner: String,
    /// typacl
    pub acl: Option<Vec<String>>,
    /// `acldefault('T', typowner)`
    pub acl_default: Vec<String>,
    /// `format_type(typbasetype, typtypmod)`: pasted as it is
    pub base: String,
    /// typcollation where it differs from the base type's: schema and name
    pub collation_schema: Option<String>,
    /// see `collation_schema`
    pub collation: Option<String>,
    /// typnotnull
    pub not_null: bool,
    /// The default, as an expression or a literal
    pub default: Option<String>,
}

impl Object for Domain {
    fn kind(&self) -> Kind {
        Kind::Domain
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::TYPE, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.owner)
    }

    fn acl(&self) -> Option<AclRow<'_>> {
        Some(AclRow { acl: self.acl.as_deref(), default: &self.acl_default })
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        let mut sql = format!("CREATE DOMAIN {} AS {}", self.reference(), self.base);
        if let Some(collation) = &self.collation {
            let collation = qualified(self.collation_schema.as_deref(), collation);
            sql.push_str(&format!(" COLLATE {collation}"));
        }
        let constraints = DomainCheck::of_domain(scope.database, self.oid);
        // From 17 on NOT NULL is one of the constraints.
        if self.not_null && !constraints.iter().any(DomainCheck::is_not_null) {
            sql.push_str(" NOT NULL");
        }
        if let Some(default) = &self.default {
            sql.push_str(&format!(" DEFAULT {default}"));
        }
        for constraint in constraints.iter().filter(|constraint| constraint.is_inline(scope)) {
            sql.push_str(&format!("\n    {}", constraint.clause()));
        }
        vec![Sql::new(sql)]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP DOMAIN IF EXISTS {}", self.reference()))]
    }
}
