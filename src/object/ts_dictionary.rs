//! Text search dictionaries (pg_ts_dict; documentation: CREATE TEXT SEARCH DICTIONARY; objects.md §16).

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, qualified};

/// One dictionary; `schema/catalog/ts_dictionary.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TsDictionary {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: String,
    /// dictname
    pub name: String,
    /// owner
    pub owner: String,
    /// schema of the template
    pub template_schema: String,
    /// tmplname
    pub template: String,
    /// dictinitoption: SQL already, pasted as it is
    pub options: Option<String>,
    /// dictionaries that a thesaurus names in its options, which are needed to make it
    pub dictionaries: Vec<u32>,
}

impl Object for TsDictionary {
    fn kind(&self) -> Kind {
        Kind::TsDictionary
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::TS_DICTIONARY, self.oid)
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

    fn dependencies(&self) -> Vec<CatalogId> {
        self.dictionaries.iter().map(|&oid| CatalogId::new(Class::TS_DICTIONARY, oid)).collect()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let mut sql = format!(
            "CREATE TEXT SEARCH DICTIONARY {} (\n    TEMPLATE = {}",
            self.reference(),
            qualified(Some(&self.template_schema), &self.template)
        );
        if let Some(options) = self.options.as_deref().filter(|options| !options.is_empty()) {
            sql.push_str(&format!(",\n    {options}"));
        }
        sql.push_str("\n)");
        vec![Sql::new(sql)]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP TEXT SEARCH DICTIONARY IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::TsDictionary;
    use crate::object::{Class, Database, Object, Repairs, Scope};
    use crate::version::Version;

    #[test]
    fn options_are_pasted() {
        let scope = Scope {
            source: Version::from_num(180_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let dictionary = TsDictionary {
            schema: "s".to_owned(),
            name: "D".to_owned(),
            template_schema: "pg_catalog".to_owned(),
            template: "simple".to_owned(),
            dictionaries: vec![7],
            ..TsDictionary::default()
        };
        let create = |row: &TsDictionary| row.create(&scope)[0].to_string();
        assert_eq!(
            create(&dictionary),
            "CREATE TEXT SEARCH DICTIONARY s.\"D\" (\n    TEMPLATE = pg_catalog.simple\n)"
        );
        assert_eq!(dictionary.dependencies()[0].class, Class::TS_DICTIONARY);
        let with = TsDictionary { options: Some("accept = 'false'".to_owned()), ..dictionary };
        assert!(create(&with).ends_with("TEMPLATE = pg_catalog.simple,\n    accept = 'false'\n)"));
    }
}
