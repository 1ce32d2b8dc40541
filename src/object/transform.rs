//! Transforms (pg_transform; documentation: CREATE TRANSFORM; objects.md §9).

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident};

/// One transform; `schema/catalog/transform.sql`. What the server printed is pasted as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Transform {
    /// oid
    pub oid: u32,
    /// `format_type(trftype, NULL)`: a transform has no other name
    #[serde(rename = "type")]
    pub type_name: String,
    /// lanname
    pub language: String,
    /// `trffromsql::regprocedure`
    pub from_sql: Option<String>,
    /// `trftosql::regprocedure`
    pub to_sql: Option<String>,
}

impl Object for Transform {
    fn kind(&self) -> Kind {
        Kind::Transform
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::TRANSFORM, self.oid)
    }

    fn name(&self) -> &str {
        &self.type_name
    }

    fn reference(&self) -> String {
        format!("FOR {} LANGUAGE {}", self.type_name, ident(&self.language))
    }

    fn ties(&self) -> Vec<String> {
        vec![self.language.clone()]
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let functions: Vec<String> = [("FROM", &self.from_sql), ("TO", &self.to_sql)]
            .into_iter()
            .filter_map(|(word, function)| Some(format!("{word} SQL WITH FUNCTION {}", function.as_ref()?)))
            .collect();
        vec![Sql::new(format!("CREATE TRANSFORM {} ({})", self.reference(), functions.join(", ")))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP TRANSFORM IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::Transform;
    use crate::object::{Database, Object, Repairs, Scope};
    use crate::version::Version;

    #[test]
    fn either_direction_may_be_missing() {
        let scope = Scope {
            source: Version::from_num(120_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let create = |from: Option<&str>, to: Option<&str>| {
            let transform = Transform {
                type_name: "s.\"T\"".to_owned(),
                language: "My L".to_owned(),
                from_sql: from.map(str::to_owned),
                to_sql: to.map(str::to_owned),
                ..Transform::default()
            };
            transform.create(&scope)[0].to_string()
        };
        let (from, to) = ("s.f(internal)", "s.\"G\"(internal)");
        let head = "CREATE TRANSFORM FOR s.\"T\" LANGUAGE \"My L\"";
        assert_eq!(create(Some(from), None), format!("{head} (FROM SQL WITH FUNCTION {from})"));
        assert_eq!(create(None, Some(to)), format!("{head} (TO SQL WITH FUNCTION {to})"));
        assert_eq!(
            create(Some(from), Some(to)),
            format!("{head} (FROM SQL WITH FUNCTION {from}, TO SQL WITH FUNCTION {to})")
        );
    }
}
