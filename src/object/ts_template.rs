//! Text search templates (pg_ts_template; documentation: CREATE TEXT SEARCH TEMPLATE; objects.md §16).

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::Sql;

/// One template; `schema/catalog/ts_template.sql`. It has no owner. Functions are `regproc`, pasted as they are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TsTemplate {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: String,
    /// tmplname
    pub name: String,
    /// tmplinit
    pub init: Option<String>,
    /// tmpllexize
    pub lexize: String,
}

impl Object for TsTemplate {
    fn kind(&self) -> Kind {
        Kind::TsTemplate
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::TS_TEMPLATE, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let init = self.init.as_ref().map(|name| format!("INIT = {name}, ")).unwrap_or_default();
        let name = self.reference();
        vec![Sql::new(format!("CREATE TEXT SEARCH TEMPLATE {name} ({init}LEXIZE = {})", self.lexize))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP TEXT SEARCH TEMPLATE IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::TsTemplate;
    use crate::object::{Database, Object, Repairs, Scope};
    use crate::version::Version;

    #[test]
    fn the_init_function_is_optional() {
        let scope = Scope {
            source: Version::from_num(180_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let template = TsTemplate {
            schema: "s".to_owned(),
            name: "T".to_owned(),
            lexize: "s.l".to_owned(),
            ..TsTemplate::default()
        };
        let create = |row: &TsTemplate| row.create(&scope)[0].to_string();
        assert_eq!(create(&template), "CREATE TEXT SEARCH TEMPLATE s.\"T\" (LEXIZE = s.l)");
        let with = TsTemplate { init: Some("s.i".to_owned()), ..template };
        assert_eq!(create(&with), "CREATE TEXT SEARCH TEMPLATE s.\"T\" (INIT = s.i, LEXIZE = s.l)");
    }
}
