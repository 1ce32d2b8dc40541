//! Foreign-data wrappers (pg_foreign_data_wrapper; documentation: CREATE FOREIGN DATA WRAPPER; objects.md §17).

use serde::Deserialize;

use super::acl::AclRow;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use super::options::foreign_options;
use crate::sql::Sql;

/// One foreign-data wrapper; `schema/catalog/foreign_data_wrapper.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ForeignDataWrapper {
    /// oid
    pub oid: u32,
    /// fdwname
    pub name: String,
    /// owner: always a superuser
    pub owner: String,
    /// fdwacl
    pub acl: Option<Vec<String>>,
    /// `acldefault('F', fdwowner)`
    pub acl_default: Vec<String>,
    /// `fdwhandler::regproc`
    pub handler: Option<String>,
    /// `fdwvalidator::regproc`
    pub validator: Option<String>,
    /// fdwoptions, as SQL writes them between the parentheses of OPTIONS
    pub options: Option<String>,
}

impl Object for ForeignDataWrapper {
    fn kind(&self) -> Kind {
        Kind::ForeignDataWrapper
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::FOREIGN_DATA_WRAPPER, self.oid)
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

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let function = |clause: &str, name: &Option<String>| {
            name.as_ref().map(|name| format!(" {clause} {name}")).unwrap_or_default()
        };
        vec![Sql::new(format!(
            "CREATE FOREIGN DATA WRAPPER {}{}{}{}",
            self.reference(),
            function("HANDLER", &self.handler),
            function("VALIDATOR", &self.validator),
            foreign_options(self.options.as_deref())
        ))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP FOREIGN DATA WRAPPER IF EXISTS {}", self.reference()))]
    }
}
