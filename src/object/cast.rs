//! Casts (pg_cast; documentation: CREATE CAST; objects.md §8).
//!
//! Whatever uses a cast depends on the cast's function only. The order of precedence brings casts before all that.

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::Sql;

/// One cast; `schema/catalog/cast.sql`. What the server printed is pasted as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Cast {
    /// oid
    pub oid: u32,
    /// `source AS target`, the types as `format_type` prints them; a cast has no other name
    pub name: String,
    /// castmethod: `f` function, `i` inout, `b` binary
    pub method: String,
    /// `castfunc::regprocedure`
    pub function: Option<String>,
    /// castcontext: `e` explicit, `a` assignment, `i` implicit
    pub context: String,
}

impl Object for Cast {
    fn kind(&self) -> Kind {
        Kind::Cast
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::CAST, self.oid)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn reference(&self) -> String {
        format!("({})", self.name)
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let method = match (self.method.as_str(), &self.function) {
            ("b", _) => "WITHOUT FUNCTION".to_owned(),
            (_, Some(function)) => format!("WITH FUNCTION {function}"),
            (_, None) => "WITH INOUT".to_owned(),
        };
        let context = match self.context.as_str() {
            "a" => " AS ASSIGNMENT",
            "i" => " AS IMPLICIT",
            _ => "",
        };
        vec![Sql::new(format!("CREATE CAST {} {method}{context}", self.reference()))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP CAST IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::Cast;
    use crate::object::{Database, Object, Repairs, Scope};
    use crate::version::Version;

    #[test]
    fn method_and_context_are_said() {
        let scope = Scope {
            source: Version::from_num(120_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let create = |method: &str, function: Option<&str>, context: &str| {
            let cast = Cast {
                name: "integer AS s.\"T\"".to_owned(),
                method: method.to_owned(),
                function: function.map(str::to_owned),
                context: context.to_owned(),
                ..Cast::default()
            };
            cast.create(&scope)[0].to_string()
        };
        let head = "CREATE CAST (integer AS s.\"T\")";
        assert_eq!(create("b", None, "e"), format!("{head} WITHOUT FUNCTION"));
        assert_eq!(create("i", None, "a"), format!("{head} WITH INOUT AS ASSIGNMENT"));
        assert_eq!(
            create("f", Some("s.f(integer)"), "i"),
            format!("{head} WITH FUNCTION s.f(integer) AS IMPLICIT")
        );
    }
}
