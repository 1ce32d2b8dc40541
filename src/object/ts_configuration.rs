//! Text search configurations (pg_ts_config, pg_ts_config_map; documentation: CREATE TEXT SEARCH CONFIGURATION;
//! objects.md §16).

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, qualified};

/// One configuration; `schema/catalog/ts_configuration.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TsConfiguration {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: String,
    /// cfgname
    pub name: String,
    /// owner
    pub owner: String,
    /// schema of the parser
    pub parser_schema: String,
    /// prsname
    pub parser: String,
    /// names of the token types that have dictionaries
    pub tokens: Vec<String>,
    /// the dictionaries of each, as a list of `regdictionary` in the order of mapseqno: pasted as it is
    pub dictionaries: Vec<String>,
}

impl Object for TsConfiguration {
    fn kind(&self) -> Kind {
        Kind::TsConfiguration
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::TS_CONFIGURATION, self.oid)
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

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let name = self.reference();
        let parser = qualified(Some(&self.parser_schema), &self.parser);
        let create = Sql::new(format!("CREATE TEXT SEARCH CONFIGURATION {name} (PARSER = {parser})"));
        let mappings = self.tokens.iter().zip(&self.dictionaries).map(|(token, dictionaries)| {
            let token = ident(token);
            Sql::new(format!(
                "ALTER TEXT SEARCH CONFIGURATION {name} ADD MAPPING FOR {token} WITH {dictionaries}"
            ))
        });
        std::iter::once(create).chain(mappings).collect()
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP TEXT SEARCH CONFIGURATION IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::TsConfiguration;
    use crate::object::{Database, Object, Repairs, Scope};
    use crate::version::Version;

    #[test]
    fn every_token_type_is_mapped() {
        let scope = Scope {
            source: Version::from_num(180_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let configuration = TsConfiguration {
            schema: "s".to_owned(),
            name: "C".to_owned(),
            parser_schema: "pg_catalog".to_owned(),
            parser: "default".to_owned(),
            tokens: vec!["asciiword".to_owned(), "Odd Token".to_owned()],
            dictionaries: vec!["s.a, simple".to_owned(), "simple".to_owned()],
            ..TsConfiguration::default()
        };
        let statements: Vec<String> = configuration.create(&scope).iter().map(ToString::to_string).collect();
        assert_eq!(
            statements,
            [
                "CREATE TEXT SEARCH CONFIGURATION s.\"C\" (PARSER = pg_catalog.\"default\")",
                "ALTER TEXT SEARCH CONFIGURATION s.\"C\" ADD MAPPING FOR asciiword WITH s.a, simple",
                "ALTER TEXT SEARCH CONFIGURATION s.\"C\" ADD MAPPING FOR \"Odd Token\" WITH simple",
            ]
        );
    }
}
