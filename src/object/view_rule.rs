//! The rule that holds a view's query (pg_rewrite, `_RETURN`; objects.md §25, ordering.md §7).
//!
//! What the query uses, the rule depends on, and the view depends on the rule. The view prints it, unless the view
//! had to be made as a dummy: then the rule replaces the dummy by the real view.

use serde::Deserialize;

use super::database::Database;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use super::view::View;
use crate::object::Repair;
use crate::sql::Sql;

/// One rule; `schema/catalog/view_rule.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ViewRule {
    /// oid
    pub oid: u32,
    /// rulename: `_RETURN`
    pub name: String,
    /// ev_class
    pub view_oid: u32,
    /// schema of the view
    pub schema: String,
    /// name of the view
    pub view: String,
}

impl ViewRule {
    fn view_id(&self) -> CatalogId {
        CatalogId::new(Class::RELATION, self.view_oid)
    }

    /// The view, if it was made as a dummy. A search from the start: few views are.
    fn dummy<'a>(&self, scope: &'a Scope<'_>) -> Option<&'a View> {
        let database: &Database = scope.database;
        let dummy = scope.repairs.has(self.view_id(), Repair::Dummy);
        dummy.then(|| database.views.iter().find(|view| view.oid == self.view_oid)).flatten()
    }
}

impl Object for ViewRule {
    fn kind(&self) -> Kind {
        Kind::ViewRule
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
        Some(&self.view)
    }

    fn parent(&self) -> Option<CatalogId> {
        Some(self.view_id())
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        vec![self.view_id()]
    }

    fn printed_in(&self) -> Option<CatalogId> {
        Some(self.view_id())
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        let view = self.dummy(scope);
        view.map(|view| Sql::new(format!("CREATE OR REPLACE {}", view.real()))).into_iter().collect()
    }

    fn drop(&self, scope: &Scope<'_>) -> Vec<Sql> {
        // Back to the dummy, so that what the query uses can be dropped.
        let view = self.dummy(scope);
        view.map(|view| Sql::new(format!("CREATE OR REPLACE {}", view.dummy()))).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Object, Scope, View, ViewRule};
    use crate::object::Database;
    use crate::object::{Repair, Repairs};
    use crate::version::Version;

    #[test]
    fn a_dummy_is_replaced_by_the_real_view() {
        let view = View {
            oid: 7,
            schema: "s".into(),
            name: "v".into(),
            definition: " SELECT 1;".into(),
            ..View::default()
        };
        let rule = ViewRule { oid: 8, view_oid: 7, ..ViewRule::default() };
        let database = Database { views: vec![view], ..Database::default() };
        let (none, mut repairs) = (Repairs::default(), Repairs::default());
        repairs.insert(database.views[0].id(), Repair::Dummy);
        let scope = |repairs| Scope { source: Version::from_num(180_000), repairs, database: &database };
        assert!(rule.create(&scope(&none)).is_empty());
        assert_eq!(database.views[0].create(&scope(&repairs))[0].render(), "CREATE VIEW s.v AS\nSELECT");
        assert_eq!(rule.create(&scope(&repairs))[0].render(), "CREATE OR REPLACE VIEW s.v AS\n SELECT 1");
    }
}
