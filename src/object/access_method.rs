//! Access methods (pg_am; documentation: CREATE ACCESS METHOD; objects.md §13).

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident};

/// One access method; `schema/catalog/access_method.sql`. It has no owner.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AccessMethod {
    /// oid
    pub oid: u32,
    /// amname
    pub name: String,
    /// amtype: `i` for indexes, `t` for tables
    pub kind: String,
    /// `amhandler::regproc`: pasted as it is
    pub handler: String,
}

impl Object for AccessMethod {
    fn kind(&self) -> Kind {
        Kind::AccessMethod
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::ACCESS_METHOD, self.oid)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let kind = if self.kind == "t" { "TABLE" } else { "INDEX" };
        let name = ident(&self.name);
        vec![Sql::new(format!("CREATE ACCESS METHOD {name} TYPE {kind} HANDLER {}", self.handler))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP ACCESS METHOD IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::AccessMethod;
    use crate::object::{Database, Object, Repairs, Scope};
    use crate::version::Version;

    #[test]
    fn both_types_are_made() {
        let scope = Scope {
            source: Version::from_num(180_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        for (kind, word) in [("i", "INDEX"), ("t", "TABLE")] {
            let method = AccessMethod {
                name: "My Am".to_owned(),
                kind: kind.to_owned(),
                handler: "s.h".to_owned(),
                ..AccessMethod::default()
            };
            assert_eq!(
                method.create(&scope)[0].to_string(),
                format!("CREATE ACCESS METHOD \"My Am\" TYPE {word} HANDLER s.h")
            );
        }
    }
}
