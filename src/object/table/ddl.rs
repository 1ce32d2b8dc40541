//! CREATE TABLE and what belongs to the same entry.

use super::Table;
use super::columns::{element_lines, replica_identity, settings};
use crate::object::acl::AclRow;
use crate::object::column::Column;
use crate::object::id::{CatalogId, Class};
use crate::object::kind::Kind;
use crate::object::object::{Object, Scope};
use crate::object::options::option_list;
use crate::sql::{Sql, qualified};

impl Object for Table {
    fn kind(&self) -> Kind {
        Kind::Table
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::RELATION, self.oid)
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

    fn acl(&self) -> Option<AclRow<'_>> {
        Some(AclRow { acl: self.acl.as_deref(), default: &self.acl_default })
    }

    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        let mut statements = vec![Sql::new(self.create_table(scope))];
        statements.extend(settings(self, scope));
        statements.extend(self.relation_settings());
        statements
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP TABLE {}", self.reference()))]
    }

    fn tablespace(&self) -> Option<&str> {
        self.tablespace.as_deref()
    }

    fn access_method(&self) -> Option<&str> {
        // A partitioned table's is set by ALTER TABLE (from 17).
        if self.partitioned { None } else { self.access_method.as_deref() }
    }
}

impl Table {
    fn create_table(&self, scope: &Scope<'_>) -> String {
        // PostgreSQL 18 rejects UNLOGGED on partitioned tables, where it never meant anything.
        let unlogged = self.persistence == "u" && !self.partitioned;
        let mut sql = format!("CREATE {}TABLE {}", if unlogged { "UNLOGGED " } else { "" }, self.reference());
        if let Some(of_type) = &self.of_type {
            sql.push_str(&format!(" OF {of_type}"));
        }
        let lines = element_lines(self, scope);
        if !lines.is_empty() {
            sql.push_str(&format!(" (\n    {}\n)", lines.join(",\n    ")));
        } else if self.of_type.is_none() {
            // The parentheses are mandatory even when empty, except with OF.
            sql.push_str(" (\n)");
        }
        let parents: Vec<String> = scope
            .database
            .parents_of(self.oid)
            .map(|link| qualified(Some(&link.parent_schema), &link.parent_name))
            .collect();
        if !parents.is_empty() && !self.is_partition {
            sql.push_str(&format!("\nINHERITS ({})", parents.join(", ")));
        }
        if let Some(key) = &self.partition_key {
            sql.push_str(&format!("\nPARTITION BY {key}"));
        }
        let mut options = option_list(self.options.as_deref().unwrap_or_default(), "");
        options.extend(option_list(self.toast_options.as_deref().unwrap_or_default(), "toast."));
        if !options.is_empty() {
            sql.push_str(&format!("\nWITH ({})", options.join(", ")));
        }
        sql
    }

    fn relation_settings(&self) -> Vec<Sql> {
        let mut sql = Vec::new();
        let table = self.reference();
        if self.partitioned
            && let Some(method) = &self.access_method
        {
            sql.push(Sql::new(format!(
                "ALTER TABLE {table} SET ACCESS METHOD {}",
                crate::sql::ident(method)
            )));
        }
        sql.extend(replica_identity(&table, &self.replica_identity));
        if self.force_row_security {
            sql.push(Sql::new(format!("ALTER TABLE ONLY {table} FORCE ROW LEVEL SECURITY")));
        }
        sql
    }
}
