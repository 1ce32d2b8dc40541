//! Composite types made by CREATE TYPE (pg_type, typtype `c`, with a pg_class row of relkind `c`; objects.md §4.5).
//!
//! Comments hang on two rows: those on the type on its pg_type row, those on its columns on its pg_class row.

use serde::Deserialize;

use super::acl::AclRow;
use super::column::Column;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident};

/// One composite type; `schema/catalog/composite.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Composite {
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
    /// typrelid
    pub relation: u32,
    /// Filled from `column.sql`.
    #[serde(skip)]
    pub columns: Vec<Column>,
}

impl Object for Composite {
    fn kind(&self) -> Kind {
        Kind::Composite
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

    /// Those on attributes hang on its row in pg_class.
    fn comments_of(&self) -> Vec<(CatalogId, String)> {
        let target = format!("TYPE {}", self.reference());
        [self.id(), CatalogId::new(Class::RELATION, self.relation)].map(|id| (id, target.clone())).into()
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.owner)
    }

    fn acl(&self) -> Option<AclRow<'_>> {
        Some(AclRow { acl: self.acl.as_deref(), default: &self.acl_default })
    }

    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|column| format!("\n    {} {}{}", ident(&column.name), column.type_name, column.collate()))
            .collect();
        vec![Sql::new(format!("CREATE TYPE {} AS ({}\n)", self.reference(), columns.join(",")))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP TYPE IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::Composite;
    use crate::object::Repairs;
    use crate::object::{CatalogId, Class, Column, Database, Object, Scope};
    use crate::version::Version;

    #[test]
    fn columns_are_printed_with_their_collation() {
        let scope = Scope {
            source: Version::from_num(120_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let mut row = Composite {
            oid: 20_001,
            relation: 20_002,
            schema: "s".to_owned(),
            name: "point 3".to_owned(),
            ..Composite::default()
        };
        assert_eq!(row.create(&scope)[0].render(), "CREATE TYPE s.\"point 3\" AS (\n)");
        let column = |name: &str, type_name: &str| Column {
            name: name.into(),
            type_name: type_name.into(),
            ..Column::default()
        };
        let collation = Some("C".to_owned());
        let schema = Some("pg_catalog".to_owned());
        let text = Column {
            collation: collation.map(Into::into),
            collation_schema: schema.map(Into::into),
            ..column("Label", "text")
        };
        row.columns = vec![column("x", "numeric(10,2)"), text];
        assert_eq!(
            row.create(&scope)[0].render(),
            "CREATE TYPE s.\"point 3\" AS (\n    x numeric(10,2),\n    \"Label\" text COLLATE pg_catalog.\"C\"\n)"
        );
        assert_eq!(row.comments_of()[1].0, CatalogId::new(Class::RELATION, 20_002));
    }
}
