//! Enumerated types (pg_enum; documentation: CREATE TYPE; objects.md §4.3).

use serde::Deserialize;

use super::acl::AclRow;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, literal};

/// One enumerated type; `schema/catalog/enum.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Enum {
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
    /// enumlabel, in enumsortorder; may be empty
    pub labels: Vec<String>,
}

impl Object for Enum {
    fn kind(&self) -> Kind {
        Kind::Enum
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

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let labels: Vec<String> =
            self.labels.iter().map(|label| format!("\n    {}", literal(label))).collect();
        vec![Sql::new(format!("CREATE TYPE {} AS ENUM ({}\n)", self.reference(), labels.join(",")))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP TYPE IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::Enum;
    use crate::object::Repairs;
    use crate::object::{Database, Object, Scope};
    use crate::version::Version;

    #[test]
    fn labels_keep_their_order_and_their_quotes() {
        let scope = Scope {
            source: Version::from_num(120_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let sql = |labels: &[&str]| {
            let labels = labels.iter().map(|label| (*label).to_owned()).collect();
            let row = Enum { schema: "s".to_owned(), name: "Mood".to_owned(), labels, ..Enum::default() };
            row.create(&scope)[0].render()
        };
        assert_eq!(
            sql(&["z", "it's", ""]),
            "CREATE TYPE s.\"Mood\" AS ENUM (\n    'z',\n    'it''s',\n    ''\n)"
        );
        assert_eq!(sql(&[]), "CREATE TYPE s.\"Mood\" AS ENUM (\n)");
    }
}
