//! Collations (pg_collation; documentation: CREATE COLLATION; objects.md §14).
//!
//! Their version is never said: the target's libraries have their own.

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, literal};

/// One collation; `schema/catalog/collation.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Collation {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: String,
    /// collname
    pub name: String,
    /// owner
    pub owner: String,
    /// collprovider: `b` builtin (from 17), `c` libc, `i` ICU
    pub provider: String,
    /// collisdeterministic
    pub deterministic: bool,
    /// collencoding: names are unique per schema and encoding
    pub encoding: i32,
    /// collcollate, of libc
    pub collate: Option<String>,
    /// collctype, of libc
    pub ctype: Option<String>,
    /// the locale, of ICU and builtin
    pub locale: Option<String>,
    /// collicurules (from 16)
    pub rules: Option<String>,
}

impl Collation {
    fn options(&self) -> Vec<String> {
        let provider = match self.provider.as_str() {
            "b" => "builtin",
            "i" => "icu",
            _ => "libc",
        };
        let mut options = vec![format!("provider = {provider}")];
        if !self.deterministic {
            options.push("deterministic = false".to_owned());
        }
        let mut option = |key: &str, value: Option<&str>| {
            options.extend(value.map(|value| format!("{key} = {}", literal(value))));
        };
        let (collate, ctype) = (self.collate.as_deref(), self.ctype.as_deref());
        if provider != "libc" {
            option("locale", self.locale.as_deref());
            option("rules", self.rules.as_deref());
        } else if collate == ctype {
            option("locale", collate);
        } else {
            option("lc_collate", collate);
            option("lc_ctype", ctype);
        }
        options
    }
}

impl Object for Collation {
    fn kind(&self) -> Kind {
        Kind::Collation
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::COLLATION, self.oid)
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

    fn ties(&self) -> Vec<String> {
        vec![format!("{:05}", self.encoding)]
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let name = self.reference();
        vec![Sql::new(format!("CREATE COLLATION {name} ({})", self.options().join(", ")))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP COLLATION IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::Collation;

    fn collation(provider: &str) -> Collation {
        let text = |value: &str| Some(value.to_owned());
        Collation {
            provider: provider.to_owned(),
            deterministic: true,
            collate: text("C"),
            ctype: text("C"),
            locale: text("it's"),
            ..Collation::default()
        }
    }

    #[test]
    fn each_provider_names_its_locale() {
        let libc = collation("c");
        assert_eq!(libc.options().join(", "), "provider = libc, locale = 'C'");
        let libc = Collation { ctype: Some("C.UTF-8".to_owned()), ..libc };
        assert_eq!(libc.options().join(", "), "provider = libc, lc_collate = 'C', lc_ctype = 'C.UTF-8'");
        assert_eq!(collation("b").options().join(", "), "provider = builtin, locale = 'it''s'");
        let icu = Collation { deterministic: false, rules: Some("&a < b".to_owned()), ..collation("i") };
        assert_eq!(
            icu.options().join(", "),
            "provider = icu, deterministic = false, locale = 'it''s', rules = '&a < b'"
        );
    }
}
