//! Procedural languages (pg_language; documentation: CREATE LANGUAGE; objects.md §7).

use serde::Deserialize;

use super::acl::AclRow;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, qualified};

/// One language; `schema/catalog/language.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Language {
    /// oid
    pub oid: u32,
    /// lanname
    pub name: String,
    /// owner
    pub owner: String,
    /// lanacl
    pub acl: Option<Vec<String>>,
    /// `acldefault('l', lanowner)`
    pub acl_default: Vec<String>,
    /// lanpltrusted
    pub trusted: bool,
    /// its functions were made by a template of a server before 13, and nobody else makes them
    pub from_template: bool,
    /// schema of lanplcallfoid
    pub handler_schema: String,
    /// name of lanplcallfoid
    pub handler: String,
    /// schema of laninline
    pub inline_schema: Option<String>,
    /// name of laninline
    pub inline: Option<String>,
    /// schema of lanvalidator
    pub validator_schema: Option<String>,
    /// name of lanvalidator
    pub validator: Option<String>,
}

impl Language {
    fn create_language(&self) -> String {
        let name = ident(&self.name);
        if self.from_template {
            // From 13 on this means CREATE EXTENSION.
            return format!("CREATE OR REPLACE PROCEDURAL LANGUAGE {name}");
        }
        let trusted = if self.trusted { "TRUSTED " } else { "" };
        let handler = qualified(Some(&self.handler_schema), &self.handler);
        let mut sql = format!("CREATE {trusted}PROCEDURAL LANGUAGE {name} HANDLER {handler}");
        let others = [
            ("INLINE", &self.inline_schema, &self.inline),
            ("VALIDATOR", &self.validator_schema, &self.validator),
        ];
        for (word, schema, function) in others {
            if let Some(function) = function {
                sql.push_str(&format!(" {word} {}", qualified(schema.as_deref(), function)));
            }
        }
        sql
    }
}

impl Object for Language {
    fn kind(&self) -> Kind {
        Kind::Language
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::LANGUAGE, self.oid)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.owner)
    }

    /// An untrusted language is its superusers' own: its USAGE cannot be granted.
    fn acl(&self) -> Option<AclRow<'_>> {
        self.trusted.then_some(AclRow { acl: self.acl.as_deref(), default: &self.acl_default })
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let mut statements = Vec::new();
        if self.from_template && self.name == "plpgsql" {
            // The source has it without the extension; the target has the extension of initdb.
            statements.push(Sql::new("DROP EXTENSION IF EXISTS plpgsql"));
        }
        statements.push(Sql::new(self.create_language()));
        statements
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP PROCEDURAL LANGUAGE IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::Language;
    use crate::object::Object;

    fn language() -> Language {
        Language {
            name: "My L".to_owned(),
            handler_schema: "s".to_owned(),
            handler: "h".to_owned(),
            ..Language::default()
        }
    }

    #[test]
    fn functions_are_named_where_there_are_any() {
        let name = |text: &str| Some(text.to_owned());
        assert_eq!(language().create_language(), "CREATE PROCEDURAL LANGUAGE \"My L\" HANDLER s.h");
        let full = Language {
            trusted: true,
            inline_schema: name("s"),
            inline: name("I"),
            validator_schema: name("pg_catalog"),
            validator: name("v"),
            ..language()
        };
        assert_eq!(
            full.create_language(),
            "CREATE TRUSTED PROCEDURAL LANGUAGE \"My L\" HANDLER s.h INLINE s.\"I\" VALIDATOR pg_catalog.v"
        );
    }

    #[test]
    fn templates_know_the_functions_themselves() {
        let language = Language { from_template: true, ..language() };
        assert_eq!(language.create_language(), "CREATE OR REPLACE PROCEDURAL LANGUAGE \"My L\"");
    }

    #[test]
    fn only_trusted_languages_have_privileges() {
        assert!(language().acl().is_none());
        assert!(Language { trusted: true, ..language() }.acl().is_some());
    }
}
