//! Text search parsers (pg_ts_parser; documentation: CREATE TEXT SEARCH PARSER; objects.md §16).

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::Sql;

/// One parser; `schema/catalog/ts_parser.sql`. It has no owner. Functions are `regproc`, pasted as they are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TsParser {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: String,
    /// prsname
    pub name: String,
    /// prsstart
    pub start: String,
    /// prstoken
    pub get_token: String,
    /// prsend
    pub end: String,
    /// prsheadline
    pub headline: Option<String>,
    /// prslextype
    pub lex_types: String,
}

impl Object for TsParser {
    fn kind(&self) -> Kind {
        Kind::TsParser
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::TS_PARSER, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let headline = self.headline.as_ref().map(|name| format!("    HEADLINE = {name},\n"));
        vec![Sql::new(format!(
            "CREATE TEXT SEARCH PARSER {} (\n    START = {},\n    GETTOKEN = {},\n    END = {},\n{}    LEXTYPES = {}\n)",
            self.reference(),
            self.start,
            self.get_token,
            self.end,
            headline.unwrap_or_default(),
            self.lex_types
        ))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP TEXT SEARCH PARSER IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::TsParser;
    use crate::object::{Database, Object, Repairs, Scope};
    use crate::version::Version;

    #[test]
    fn the_headline_is_optional() {
        let scope = Scope {
            source: Version::from_num(180_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let parser = TsParser {
            schema: "s".to_owned(),
            name: "P".to_owned(),
            start: "s.a".to_owned(),
            get_token: "s.b".to_owned(),
            end: "s.c".to_owned(),
            lex_types: "s.d".to_owned(),
            ..TsParser::default()
        };
        let create = |row: &TsParser| row.create(&scope)[0].to_string();
        assert_eq!(
            create(&parser),
            "CREATE TEXT SEARCH PARSER s.\"P\" (\n    START = s.a,\n    GETTOKEN = s.b,\n    END = s.c,\n    \
             LEXTYPES = s.d\n)"
        );
        let with = TsParser { headline: Some("s.h".to_owned()), ..parser };
        assert!(create(&with).contains("END = s.c,\n    HEADLINE = s.h,\n    LEXTYPES"));
    }
}
