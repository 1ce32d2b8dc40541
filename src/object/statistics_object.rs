//! Extended statistics objects (pg_statistic_ext; documentation: CREATE STATISTICS; objects.md §24).

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::Sql;

/// One statistics object; `schema/catalog/statistics_object.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatisticsObject {
    /// oid
    pub oid: u32,
    /// schema: its own, not the table's
    pub schema: String,
    /// stxname
    pub name: String,
    /// owner
    pub owner: String,
    /// stxrelid
    pub table_oid: u32,
    /// `pg_get_statisticsobjdef`
    pub definition: String,
    /// stxstattarget where it was set (from 13)
    pub target: Option<i32>,
}

impl Object for StatisticsObject {
    fn kind(&self) -> Kind {
        Kind::StatisticsObject
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::STATISTICS, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn parent(&self) -> Option<CatalogId> {
        Some(CatalogId::new(Class::RELATION, self.table_oid))
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.owner)
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        self.parent().into_iter().collect()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let target = self.target.filter(|target| *target >= 0);
        let target =
            target.map(|target| format!("ALTER STATISTICS {} SET STATISTICS {target}", self.reference()));
        std::iter::once(self.definition.clone()).chain(target).map(Sql::new).collect()
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP STATISTICS IF EXISTS {}", self.reference()))]
    }
}
