//! Privileges on what pgark does not make: members of extensions, and what is in pg_catalog (objects.md §35).
//!
//! The base is not `acldefault` but what initdb or the extension's script left (pg_init_privs; documentation:
//! "pg_init_privs"), which the target has too.

use serde::Deserialize;

use super::acl::{AclError, AclItem, Grants, Securable, Target};
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::manifest::Acl;
use crate::sql::{Sql, ident};

/// One object, or one column of it, with other privileges than it is born with; `schema/catalog/changed_acl.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChangedAcl {
    /// catalog of the object
    pub class: u32,
    /// oid
    pub oid: u32,
    /// attnum, of a column; else 0
    pub number: i32,
    /// what `acldefault` calls its kind; `c` for a column
    pub letter: String,
    /// what GRANT calls its kind
    pub noun: String,
    /// schema
    pub schema: Option<String>,
    /// the object, qualified and quoted; a function with its argument types
    pub reference: String,
    /// attname
    pub column: Option<String>,
    /// owner
    pub owner: String,
    /// the ACL that it is born with
    pub base: Vec<AclItem>,
    /// the ACL that it has
    pub current: Vec<AclItem>,
    /// the ACL of a column's table
    pub known: Vec<AclItem>,
}

impl ChangedAcl {
    fn securable(&self) -> Securable {
        match self.letter.as_str() {
            "n" => Securable::Schema,
            "r" => Securable::Table,
            "s" => Securable::Sequence,
            "c" => Securable::Column,
            "f" => Securable::Function,
            // Languages, foreign-data wrappers and servers have what types have: USAGE.
            _ => Securable::Type,
        }
    }
}

impl Object for ChangedAcl {
    fn kind(&self) -> Kind {
        Kind::ChangedAcl
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::SYNTHETIC_ACL, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    fn name(&self) -> &str {
        &self.reference
    }

    fn reference(&self) -> String {
        let on = format!("ON {} {}", self.noun, self.reference);
        self.column.as_ref().map_or(on.clone(), |column| format!("{on} ({})", ident(column)))
    }

    fn ties(&self) -> Vec<String> {
        // The table before its columns: revoking from the table revokes from its columns.
        vec![self.noun.clone(), self.column.clone().unwrap_or_default()]
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        vec![CatalogId::new(Class(self.class), self.oid)]
    }

    fn own_acl(&self, scope: &Scope<'_>) -> Result<Option<Vec<Acl>>, AclError> {
        let target = match &self.column {
            Some(column) => Target::Column { table: &self.reference, column },
            None => Target::Object { noun: &self.noun, reference: &self.reference },
        };
        let (of, owner) = (self.securable(), &self.owner);
        let grants = Grants { target, of, owner, source: scope.source, known: &self.known };
        Ok(Some(grants.statements(&self.base, &self.current)))
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        Vec::new()
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::ChangedAcl;
    use crate::object::Repairs;
    use crate::object::{Database, Object, Scope};
    use crate::version::Version;

    #[test]
    fn what_differs_from_birth_is_said() {
        let scope = Scope {
            source: Version::from_num(170_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let statements = |json: &str| -> Vec<String> {
            let row: ChangedAcl = serde_json::from_str(json).unwrap();
            let acl = row.own_acl(&scope).unwrap().unwrap();
            acl.iter().map(|acl| acl.sql.to_string()).collect()
        };
        assert_eq!(
            statements(
                r#"{"letter": "f", "noun": "FUNCTION", "reference": "pg_catalog.pg_sleep(double precision)",
                    "owner": "o", "base": ["=X/o", "o=X/o"], "current": ["o=X/o"]}"#
            ),
            ["REVOKE ALL ON FUNCTION pg_catalog.pg_sleep(double precision) FROM PUBLIC"]
        );
        assert_eq!(
            statements(
                r#"{"letter": "c", "noun": "TABLE", "reference": "s.t", "column": "A", "owner": "o",
                    "base": ["=r/o"], "current": ["a=r/o"], "known": ["o=r/o"]}"#
            ),
            ["REVOKE SELECT (\"A\") ON TABLE s.t FROM PUBLIC", "GRANT SELECT (\"A\") ON TABLE s.t TO a"]
        );
        assert_eq!(
            statements(
                r#"{"letter": "F", "noun": "FOREIGN DATA WRAPPER", "reference": "w", "owner": "o",
                    "base": ["o=U/o"], "current": ["o=U/o", "\"R r\"=U*/o"]}"#
            ),
            ["GRANT ALL ON FOREIGN DATA WRAPPER w TO \"R r\" WITH GRANT OPTION"]
        );
    }
}
