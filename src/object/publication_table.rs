//! Tables of publications (pg_publication_rel; documentation: ALTER PUBLICATION; objects.md §33).

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, qualified};

/// One table of one publication; `schema/catalog/publication_table.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PublicationTable {
    /// oid
    pub oid: u32,
    /// prpubid
    pub publication_oid: u32,
    /// name of the publication
    pub publication: String,
    /// prrelid
    pub table_oid: u32,
    /// schema of the table
    pub schema: String,
    /// name of the table
    pub name: String,
    /// prattrs, by name and in attnum order; none for all columns (from 15)
    pub columns: Vec<String>,
    /// `pg_get_expr(prqual, prrelid)` (from 15)
    pub filter: Option<String>,
}

impl PublicationTable {
    fn alter(&self, clauses: &str) -> Vec<Sql> {
        vec![Sql::new(format!("ALTER PUBLICATION {} {clauses}", ident(&self.publication)))]
    }

    fn table_reference(&self) -> String {
        qualified(Some(&self.schema), &self.name)
    }
}

impl Object for PublicationTable {
    fn kind(&self) -> Kind {
        Kind::PublicationTable
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::PUBLICATION_TABLE, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn parent(&self) -> Option<CatalogId> {
        Some(CatalogId::new(Class::RELATION, self.table_oid))
    }

    fn reference(&self) -> String {
        format!("{} IN {}", self.table_reference(), ident(&self.publication))
    }

    fn ties(&self) -> Vec<String> {
        vec![self.publication.clone()]
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        let publication = CatalogId::new(Class::PUBLICATION, self.publication_oid);
        self.parent().into_iter().chain([publication]).collect()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        // ONLY: a child that is published has a row of its own.
        let mut clauses = format!("ADD TABLE ONLY {}", self.table_reference());
        if !self.columns.is_empty() {
            let columns: Vec<String> = self.columns.iter().map(|column| ident(column)).collect();
            clauses.push_str(&format!(" ({})", columns.join(", ")));
        }
        if let Some(filter) = &self.filter {
            clauses.push_str(&format!(" WHERE ({filter})"));
        }
        self.alter(&clauses)
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        self.alter(&format!("DROP TABLE ONLY {}", self.table_reference()))
    }
}

#[cfg(test)]
mod tests {
    use super::PublicationTable;
    use crate::object::Repairs;
    use crate::object::{Database, Object, Scope};
    use crate::version::Version;

    #[test]
    fn columns_and_filter_follow_the_table() {
        let scope = Scope {
            source: Version::from_num(150_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let mut row: PublicationTable =
            serde_json::from_str(r#"{"publication": "P", "schema": "s", "name": "t"}"#).unwrap();
        assert_eq!(row.create(&scope)[0].render(), "ALTER PUBLICATION \"P\" ADD TABLE ONLY s.t");
        row.columns = vec!["a".to_owned(), "B c".to_owned()];
        row.filter = Some("(a > 1)".to_owned());
        assert_eq!(
            row.create(&scope)[0].render(),
            "ALTER PUBLICATION \"P\" ADD TABLE ONLY s.t (a, \"B c\") WHERE ((a > 1))"
        );
    }
}
