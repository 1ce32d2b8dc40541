//! Default privileges (pg_default_acl; documentation: ALTER DEFAULT PRIVILEGES; objects.md §36).

use serde::Deserialize;

use super::acl::{AclItem, Grants, Securable, Target};
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::Sql;

/// Default privileges of one role, for one kind of objects, everywhere or in one schema;
/// `schema/catalog/default_acl.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DefaultAcl {
    /// oid
    pub oid: u32,
    /// defaclrole
    pub role: String,
    /// defaclnamespace's name; NULL = everywhere
    pub schema: Option<String>,
    /// defaclobjtype: `r S f T n L`
    pub object_type: String,
    /// defaclacl
    pub acl: Vec<AclItem>,
    /// `acldefault(defaclobjtype, defaclrole)`; nothing for one schema, whose privileges are added to the global ones
    pub acl_default: Vec<AclItem>,
}

impl DefaultAcl {
    fn objects(&self) -> (Securable, &'static str) {
        match self.object_type.as_str() {
            "r" => (Securable::Table, "TABLES"),
            "S" => (Securable::Sequence, "SEQUENCES"),
            "f" => (Securable::Function, "FUNCTIONS"),
            "T" => (Securable::Type, "TYPES"),
            "n" => (Securable::Schema, "SCHEMAS"),
            _ => (Securable::LargeObject, "LARGE OBJECTS"),
        }
    }

    fn statements(&self, from: &[AclItem], to: &[AclItem], scope: &Scope<'_>) -> Vec<Sql> {
        let (of, objects) = self.objects();
        let target = Target::Default { role: &self.role, schema: self.schema.as_deref(), objects };
        let grants = Grants { target, of, owner: &self.role, source: scope.source, known: &[] };
        grants.statements(from, to).into_iter().map(|acl| acl.sql).collect()
    }
}

impl Object for DefaultAcl {
    fn kind(&self) -> Kind {
        Kind::DefaultAcl
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::DEFAULT_ACL, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    fn name(&self) -> &str {
        self.objects().1
    }

    fn ties(&self) -> Vec<String> {
        vec![self.role.clone()]
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        self.statements(&self.acl_default, &self.acl, scope)
    }

    fn drop(&self, scope: &Scope<'_>) -> Vec<Sql> {
        self.statements(&self.acl, &self.acl_default, scope)
    }
}

#[cfg(test)]
mod tests {
    use super::DefaultAcl;
    use crate::object::Repairs;
    use crate::object::{Database, Object, Scope};
    use crate::version::Version;

    #[test]
    fn rows_become_statements() {
        let scope = Scope {
            source: Version::from_num(160_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let row = |json: &str| -> DefaultAcl { serde_json::from_str(json).unwrap() };
        let lines = |statements: Vec<crate::sql::Sql>| -> Vec<String> {
            statements.iter().map(ToString::to_string).collect()
        };
        let schema = row(r#"{"role": "o", "schema": "S", "object_type": "r", "acl": ["a=ar*/o"]}"#);
        assert_eq!(
            lines(schema.create(&scope)),
            [
                "ALTER DEFAULT PRIVILEGES FOR ROLE o IN SCHEMA \"S\" GRANT INSERT ON TABLES TO a",
                "ALTER DEFAULT PRIVILEGES FOR ROLE o IN SCHEMA \"S\" GRANT SELECT ON TABLES TO a WITH GRANT OPTION"
            ]
        );
        assert_eq!(
            lines(schema.drop(&scope)),
            ["ALTER DEFAULT PRIVILEGES FOR ROLE o IN SCHEMA \"S\" REVOKE INSERT, SELECT ON TABLES FROM a"]
        );
        let revoke = row(r#"{"role": "O p", "object_type": "f", "acl": ["\"O p\"=X/\"O p\""],
                "acl_default": ["=X/\"O p\"", "\"O p\"=X/\"O p\""]}"#);
        assert_eq!(
            lines(revoke.create(&scope)),
            ["ALTER DEFAULT PRIVILEGES FOR ROLE \"O p\" REVOKE ALL ON FUNCTIONS FROM PUBLIC"]
        );
    }

    #[test]
    fn a_row_that_cannot_be_read_is_refused() {
        assert!(serde_json::from_str::<DefaultAcl>(r#"{"acl": ["a=?/o"]}"#).is_err());
    }
}
