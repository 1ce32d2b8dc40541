//! Rules (pg_rewrite; documentation: CREATE RULE; objects.md §27). Those that hold the queries of views are
//! [`ViewRule`](super::view_rule::ViewRule)s.

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, qualified};

/// One rule; `schema/catalog/rule.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// oid
    pub oid: u32,
    /// rulename
    pub name: String,
    /// ev_class
    pub table_oid: u32,
    /// schema of the table or view
    pub schema: String,
    /// name of the table or view
    pub table: String,
    /// `pg_get_ruledef`: a statement with its semicolon
    pub definition: String,
    /// ev_enabled: `O D R A`
    pub enabled: String,
}

impl Rule {
    /// The statement that brings it into its state, if CREATE RULE leaves it in another.
    fn set_state(&self) -> Option<Sql> {
        let action = match self.enabled.as_str() {
            "D" => "DISABLE",
            "A" => "ENABLE ALWAYS",
            "R" => "ENABLE REPLICA",
            _ => return None,
        };
        let table = qualified(Some(&self.schema), &self.table);
        Some(Sql::new(format!("ALTER TABLE {table} {action} RULE {}", ident(&self.name))))
    }
}

impl Object for Rule {
    fn kind(&self) -> Kind {
        Kind::Rule
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::REWRITE, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn table(&self) -> Option<&str> {
        Some(&self.table)
    }

    fn parent(&self) -> Option<CatalogId> {
        Some(CatalogId::new(Class::RELATION, self.table_oid))
    }

    fn reference(&self) -> String {
        format!("{} ON {}", ident(&self.name), qualified(Some(&self.schema), &self.table))
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        self.parent().into_iter().collect()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let create = Sql::new(self.definition.trim_end().trim_end_matches(';'));
        std::iter::once(create).chain(self.set_state()).collect()
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP RULE IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::{Object, Rule, Scope};
    use crate::object::{Database, Repairs};
    use crate::version::Version;

    #[test]
    fn only_the_last_semicolon_goes() {
        let scope = Scope {
            source: Version::from_num(180_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let rule = Rule {
            name: "R".into(),
            schema: "s".into(),
            table: "t".into(),
            definition: "CREATE RULE \"R\" AS ON DELETE TO s.t DO ( SELECT 1; SELECT 2; );".into(),
            enabled: "D".into(),
            ..Rule::default()
        };
        let sql: Vec<String> = rule.create(&scope).iter().map(ToString::to_string).collect();
        assert_eq!(
            sql,
            [
                "CREATE RULE \"R\" AS ON DELETE TO s.t DO ( SELECT 1; SELECT 2; )",
                "ALTER TABLE s.t DISABLE RULE \"R\""
            ]
        );
    }
}
