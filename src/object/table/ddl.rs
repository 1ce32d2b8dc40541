//! CREATE TABLE and what belongs to the same entry.

use super::Table;
use super::columns::{element_lines, replica_identity, settings};
use super::late_parents::{self, Parents};
use crate::object::acl::AclRow;
use crate::object::column::Column;
use crate::object::id::{CatalogId, Class};
use crate::object::kind::Kind;
use crate::object::object::{Object, Scope};
use crate::object::options::option_list;
use crate::sql::{Sql, ident};

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
        // PostgreSQL 18 rejects UNLOGGED on partitioned tables, where it never meant anything.
        let unlogged = self.persistence == "u" && !self.partitioned;
        let create = if unlogged { "CREATE UNLOGGED TABLE" } else { "CREATE TABLE" };
        let mut statements = self.create_as(create, &self.clauses(), scope);
        statements.extend(self.relation_settings());
        statements
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP TABLE IF EXISTS {}", self.reference()))]
    }

    fn tablespace(&self) -> Option<&str> {
        self.tablespace.as_deref()
    }

    fn access_method(&self) -> Option<&str> {
        // A partitioned table's is set by ALTER TABLE (from 17).
        if self.partitioned { None } else { self.access_method.as_deref() }
    }
}

/// A column that is dropped as soon as it has been added.
const SCRATCH: &str = "pgark_scratch";

impl Table {
    /// A column brings the TOAST table whose options are to be kept, and is dropped again (objects.md §0.1, F4).
    fn left_over_toast(&self) -> Vec<Sql> {
        if !self.toast_is_left_over {
            return Vec::new();
        }
        let (table, column) = (format!("ALTER TABLE ONLY {}", self.reference()), ident(SCRATCH));
        let options = option_list(self.toast_options.as_deref().unwrap_or_default(), "toast.").join(", ");
        // A typed table has the columns of its type and no others.
        let of_type = self.of_type.as_deref();
        let statements = [
            of_type.map(|_| format!("{table} NOT OF")),
            Some(format!("{table} ADD COLUMN {column} text")),
            Some(format!("{table} SET ({options})")),
            Some(format!("{table} DROP COLUMN {column}")),
            of_type.map(|of_type| format!("{table} OF {of_type}")),
        ];
        statements.into_iter().flatten().map(Sql::new).collect()
    }

    /// The statements that make it with its columns and parents, be it an ordinary or a foreign table: `create` stands
    /// before the name, `clauses` after the parents.
    pub(in crate::object) fn create_as(&self, create: &str, clauses: &str, scope: &Scope<'_>) -> Vec<Sql> {
        let parents = Parents::of(self, scope.database);
        let late = matches!(parents, Parents::Late);
        let mut statements = Vec::new();
        if late {
            statements.push(late_parents::make_scratch(self, scope));
        }
        let body = self.body(&parents, scope);
        statements.push(Sql::new(format!("{create} {}{body}{clauses}", self.reference())));
        statements.extend(self.left_over_toast());
        if late {
            statements.extend(late_parents::change_parents(self, scope.database));
        }
        statements.extend(settings(self, scope));
        statements
    }

    /// From the name to the parents.
    fn body(&self, parents: &Parents, scope: &Scope<'_>) -> String {
        let mut sql = String::new();
        if let Some(of_type) = &self.of_type {
            sql.push_str(&format!(" OF {of_type}"));
        }
        let lines = element_lines(self, matches!(parents, Parents::Late), scope);
        if !lines.is_empty() {
            sql.push_str(&format!(" (\n    {}\n)", lines.join(",\n    ")));
        } else if self.of_type.is_none() {
            // The parentheses are mandatory even when empty, except with OF.
            sql.push_str(" (\n)");
        }
        match parents {
            Parents::None => {}
            Parents::Inherits(parents) => sql.push_str(&format!("\nINHERITS ({})", parents.join(", "))),
            Parents::Late => sql.push_str(&format!("\nINHERITS ({})", late_parents::scratch(self))),
        }
        sql
    }

    /// What only tables with rows of their own, or partitions, have.
    fn clauses(&self) -> String {
        let mut sql = String::new();
        if let Some(key) = &self.partition_key {
            sql.push_str(&format!("\nPARTITION BY {key}"));
        }
        let mut options = option_list(self.options.as_deref().unwrap_or_default(), "");
        if !self.toast_is_left_over {
            options.extend(option_list(self.toast_options.as_deref().unwrap_or_default(), "toast."));
        }
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
            sql.push(Sql::new(format!("ALTER TABLE {table} SET ACCESS METHOD {}", ident(method))));
        }
        sql.extend(replica_identity(&table, &self.replica_identity));
        if self.force_row_security {
            sql.push(Sql::new(format!("ALTER TABLE ONLY {table} FORCE ROW LEVEL SECURITY")));
        }
        sql
    }
}
