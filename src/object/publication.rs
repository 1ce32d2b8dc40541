//! Publications (pg_publication; documentation: CREATE PUBLICATION; objects.md §33). Their members are objects of
//! their own: `publication_table.rs`, `publication_schema.rs`.

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, literal};

/// One publication; `schema/catalog/publication.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Publication {
    /// oid
    pub oid: u32,
    /// pubname
    pub name: String,
    /// owner
    pub owner: String,
    /// puballtables
    pub all_tables: bool,
    /// `insert, update, delete, truncate` or fewer of them
    pub publish: String,
    /// pubviaroot (from 13)
    pub via_root: bool,
    /// pubgencols is `s`: stored generated columns too (from 18)
    pub generated_columns: bool,
}

impl Object for Publication {
    fn kind(&self) -> Kind {
        Kind::Publication
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::PUBLICATION, self.oid)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.owner)
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let all = if self.all_tables { " FOR ALL TABLES" } else { "" };
        let root = if self.via_root { ", publish_via_partition_root = true" } else { "" };
        let generated = if self.generated_columns { ", publish_generated_columns = stored" } else { "" };
        vec![Sql::new(format!(
            "CREATE PUBLICATION {}{all} WITH (publish = {}{root}{generated})",
            self.reference(),
            literal(&self.publish)
        ))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP PUBLICATION IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::Publication;
    use crate::object::Repairs;
    use crate::object::{Database, Object, Scope};
    use crate::version::Version;

    #[test]
    fn options_are_printed_where_they_differ() {
        let scope = Scope {
            source: Version::from_num(180_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let create = |json: &str| {
            let row: Publication = serde_json::from_str(json).unwrap();
            row.create(&scope)[0].render()
        };
        assert_eq!(
            create(r#"{"name": "P 1", "publish": "insert, delete"}"#),
            "CREATE PUBLICATION \"P 1\" WITH (publish = 'insert, delete')"
        );
        assert_eq!(
            create(r#"{"name": "p", "all_tables": true, "via_root": true, "generated_columns": true}"#),
            "CREATE PUBLICATION p FOR ALL TABLES WITH (publish = '', publish_via_partition_root = true, \
             publish_generated_columns = stored)"
        );
    }
}
