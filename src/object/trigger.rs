//! Triggers (pg_trigger; documentation: CREATE TRIGGER; objects.md §28).
//!
//! CREATE TRIGGER on a partitioned table makes clones on its partitions. A clone has an object here only if there is
//! something to say of it: another state than it was made in, or a comment.

use serde::Deserialize;

use super::extension::depends_on_extension;
use super::foreign_table::alter;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, qualified};

/// One trigger; `schema/catalog/trigger.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Trigger {
    /// oid
    pub oid: u32,
    /// tgname
    pub name: String,
    /// tgrelid
    pub table_oid: u32,
    /// schema of the table
    pub schema: String,
    /// name of the table (or view)
    pub table: String,
    /// the table is partitioned
    pub partitioned: bool,
    /// the table is a foreign one
    pub in_foreign: bool,
    /// a trigger of the parent table made it
    pub is_clone: bool,
    /// the triggers it was cloned from, on all levels
    pub ancestors: Option<Vec<u32>>,
    /// `pg_get_triggerdef`
    pub definition: String,
    /// tgenabled: `O D R A`
    pub enabled: String,
}

impl Trigger {
    /// The statement that brings it into its state, if CREATE TRIGGER leaves it in another.
    fn set_state(&self) -> Option<Sql> {
        let action = match self.enabled.as_str() {
            "D" => "DISABLE",
            "A" => "ENABLE ALWAYS",
            "R" => "ENABLE REPLICA",
            _ => return None,
        };
        // Whether it recurses to partitions differs between minors; each clone has an entry for its own state.
        let only = if self.partitioned { "ONLY " } else { "" };
        let table = qualified(Some(&self.schema), &self.table);
        let alter = alter(self.in_foreign);
        Some(Sql::new(format!("{alter} {only}{table} {action} TRIGGER {}", ident(&self.name))))
    }
}

impl Object for Trigger {
    fn kind(&self) -> Kind {
        Kind::Trigger
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::TRIGGER, self.oid)
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
        let ancestors = self.ancestors.iter().flatten().map(|&oid| CatalogId::new(Class::TRIGGER, oid));
        self.parent().into_iter().chain(ancestors).collect()
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        let create = (!self.is_clone).then(|| Sql::new(self.definition.clone()));
        let depends = depends_on_extension(scope.database, self);
        create.into_iter().chain(self.set_state()).chain(depends).collect()
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        if self.is_clone {
            return Vec::new();
        }
        vec![Sql::new(format!("DROP TRIGGER IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::{Object, Scope, Trigger};
    use crate::object::Database;
    use crate::object::Repairs;
    use crate::version::Version;

    #[test]
    fn a_clone_says_its_state_only() {
        let scope = Scope {
            source: Version::from_num(180_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let clone = Trigger {
            name: "T".into(),
            schema: "s".into(),
            table: "t".into(),
            is_clone: true,
            definition: "CREATE TRIGGER …".into(),
            enabled: "R".into(),
            ..Trigger::default()
        };
        let sql: Vec<String> = clone.create(&scope).iter().map(ToString::to_string).collect();
        assert_eq!(sql, ["ALTER TABLE s.t ENABLE REPLICA TRIGGER \"T\""]);
        let original = Trigger { is_clone: false, partitioned: true, ..clone };
        let sql: Vec<String> = original.create(&scope).iter().map(ToString::to_string).collect();
        assert_eq!(sql, ["CREATE TRIGGER …", "ALTER TABLE ONLY s.t ENABLE REPLICA TRIGGER \"T\""]);
    }
}
