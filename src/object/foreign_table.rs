//! Foreign tables (pg_foreign_table; documentation: CREATE FOREIGN TABLE; objects.md §18.7).
//!
//! A table whose rows are elsewhere: columns, constraints, defaults, parents and partitions are those of tables.
//! Its rows are not dumped.

use serde::Deserialize;

use super::acl::AclRow;
use super::column::Column;
use super::id::CatalogId;
use super::kind::Kind;
use super::object::{Object, Scope};
use super::options::foreign_options;
use super::table::Table;
use crate::sql::{Sql, ident};

/// One foreign table; `schema/catalog/foreign_table.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct ForeignTable(pub Table);

/// `ALTER TABLE`, or `ALTER FOREIGN TABLE`.
pub const fn alter(foreign: bool) -> &'static str {
    if foreign { "ALTER FOREIGN TABLE" } else { "ALTER TABLE" }
}

impl Object for ForeignTable {
    fn kind(&self) -> Kind {
        Kind::ForeignTable
    }

    fn id(&self) -> CatalogId {
        self.0.id()
    }

    fn schema(&self) -> Option<&str> {
        self.0.schema()
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn owner(&self) -> Option<&str> {
        self.0.owner()
    }

    fn acl(&self) -> Option<AclRow<'_>> {
        self.0.acl()
    }

    fn columns(&self) -> &[Column] {
        self.0.columns()
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        let options = foreign_options(self.0.foreign_options.as_deref());
        let server = ident(self.0.server.as_deref().unwrap_or_default());
        let clauses = format!("\nSERVER {server}{options}");
        self.0.create_as("CREATE FOREIGN TABLE", &clauses, scope)
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP FOREIGN TABLE IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, ForeignTable, Object, Scope, Table};
    use crate::object::{Database, Repairs};
    use crate::version::Version;

    #[test]
    fn options_and_compression_have_their_places() {
        let column = Column {
            name: "C".into(),
            type_name: "text".into(),
            local: true,
            storage: Some("e".into()),
            compression: "p".into(),
            foreign_options: Some("a 'it''s'".into()),
            ..Column::default()
        };
        let table = Table {
            schema: "s".into(),
            name: "f".into(),
            server: Some("Far away".into()),
            foreign_options: Some("x 'y'".into()),
            columns: vec![column],
            ..Table::default()
        };
        let foreign = ForeignTable(table);
        let scope = Scope {
            source: Version::from_num(140_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let sql: Vec<String> = foreign.create(&scope).iter().map(ToString::to_string).collect();
        assert_eq!(
            sql,
            [
                "CREATE FOREIGN TABLE s.f (\n    \"C\" text COMPRESSION pglz\n)\nSERVER \"Far away\" OPTIONS (x 'y')",
                "ALTER FOREIGN TABLE ONLY s.f ALTER COLUMN \"C\" SET STORAGE EXTERNAL",
                "ALTER FOREIGN TABLE ONLY s.f ALTER COLUMN \"C\" OPTIONS (a 'it''s')",
            ]
        );
    }
}
