//! Schemas of publications (pg_publication_namespace, from PostgreSQL 15; documentation: ALTER PUBLICATION;
//! objects.md §33).

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident};

/// One schema of one publication; `schema/catalog/publication_schema.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PublicationSchema {
    /// oid
    pub oid: u32,
    /// pnpubid
    pub publication_oid: u32,
    /// name of the publication
    pub publication: String,
    /// pnnspid
    pub schema_oid: u32,
    /// name of the schema
    pub name: String,
}

impl PublicationSchema {
    fn alter(&self, verb: &str) -> Vec<Sql> {
        let (publication, schema) = (ident(&self.publication), ident(&self.name));
        vec![Sql::new(format!("ALTER PUBLICATION {publication} {verb} TABLES IN SCHEMA {schema}"))]
    }
}

impl Object for PublicationSchema {
    fn kind(&self) -> Kind {
        Kind::PublicationSchema
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::PUBLICATION_SCHEMA, self.oid)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn parent(&self) -> Option<CatalogId> {
        Some(CatalogId::new(Class::NAMESPACE, self.schema_oid))
    }

    fn reference(&self) -> String {
        format!("{} IN {}", ident(&self.name), ident(&self.publication))
    }

    fn ties(&self) -> Vec<String> {
        vec![self.publication.clone()]
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        let publication = CatalogId::new(Class::PUBLICATION, self.publication_oid);
        self.parent().into_iter().chain([publication]).collect()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        self.alter("ADD")
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        self.alter("DROP")
    }
}

#[cfg(test)]
mod tests {
    use super::PublicationSchema;
    use crate::object::Repairs;
    use crate::object::{Database, Object, Scope};
    use crate::version::Version;

    #[test]
    fn a_schema_is_added_by_name() {
        let scope = Scope {
            source: Version::from_num(150_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let row: PublicationSchema = serde_json::from_str(r#"{"publication": "p", "name": "S"}"#).unwrap();
        assert_eq!(row.create(&scope)[0].render(), "ALTER PUBLICATION p ADD TABLES IN SCHEMA \"S\"");
        assert_eq!(row.drop(&scope)[0].render(), "ALTER PUBLICATION p DROP TABLES IN SCHEMA \"S\"");
    }
}
