//! User mappings (pg_user_mapping; documentation: CREATE USER MAPPING; objects.md §17).
//!
//! Their options are where passwords are. Who may not see them gets a mapping without options, and is told.

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use super::options::foreign_options;
use crate::sql::{Sql, ident};

/// One mapping; `schema/catalog/user_mapping.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct UserMapping {
    /// oid
    pub oid: u32,
    /// the role; `None` for PUBLIC
    pub role: Option<String>,
    /// srvname
    pub server: String,
    /// umserver
    pub server_oid: u32,
    /// whether there are options may not be known to us
    pub is_hidden: bool,
    /// umoptions, as SQL writes them between the parentheses of OPTIONS
    pub options: Option<String>,
}

impl UserMapping {
    /// `verb USER MAPPING FOR role SERVER s`.
    fn statement(&self, verb: &str) -> Sql {
        let sql = Sql::new(format!("{verb} USER MAPPING FOR "));
        let sql = match &self.role {
            Some(role) => sql.role(role),
            None => sql.text("PUBLIC"),
        };
        sql.text(format!(" SERVER {}", ident(&self.server)))
    }
}

impl Object for UserMapping {
    fn kind(&self) -> Kind {
        Kind::UserMapping
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::USER_MAPPING, self.oid)
    }

    fn name(&self) -> &str {
        // No role can have this name.
        self.role.as_deref().unwrap_or("public")
    }

    fn table(&self) -> Option<&str> {
        Some(&self.server)
    }

    fn parent(&self) -> Option<CatalogId> {
        Some(CatalogId::new(Class::FOREIGN_SERVER, self.server_oid))
    }

    fn reference(&self) -> String {
        format!("for {} on server {}", ident(self.name()), ident(&self.server))
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        self.parent().into_iter().collect()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![self.statement("CREATE").text(foreign_options(self.options.as_deref()))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![self.statement("DROP")]
    }
}
