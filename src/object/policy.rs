//! Row security: policies (pg_policy; documentation: CREATE POLICY) and whether they apply (objects.md §30).

use crate::object::Text;
use serde::Deserialize;

use super::database::Database;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, qualified};

/// One policy; `schema/catalog/policy.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// oid
    pub oid: u32,
    /// polname
    pub name: String,
    /// polrelid
    pub table_oid: u32,
    /// schema of the table
    pub schema: String,
    /// name of the table
    pub table: String,
    /// polcmd: `r a w d *`
    pub command: String,
    /// polpermissive
    pub permissive: bool,
    /// names of the roles; none for PUBLIC
    pub roles: Vec<String>,
    /// `pg_get_expr(polqual, polrelid)`
    pub using: Option<String>,
    /// `pg_get_expr(polwithcheck, polrelid)`
    pub with_check: Option<String>,
}

impl Policy {
    fn statement(&self) -> Sql {
        let restrictive = if self.permissive { "" } else { " AS RESTRICTIVE" };
        let command = match self.command.as_str() {
            "r" => " FOR SELECT",
            "a" => " FOR INSERT",
            "w" => " FOR UPDATE",
            "d" => " FOR DELETE",
            _ => "",
        };
        let mut sql = Sql::new(format!("CREATE POLICY {}{restrictive}{command}", self.reference()));
        for (at, role) in self.roles.iter().enumerate() {
            sql = sql.text(if at == 0 { " TO " } else { ", " }).role(role);
        }
        for (clause, expression) in [("USING", &self.using), ("WITH CHECK", &self.with_check)] {
            if let Some(expression) = expression {
                sql = sql.text(format!(" {clause} ({expression})"));
            }
        }
        sql
    }
}

impl Object for Policy {
    fn kind(&self) -> Kind {
        Kind::Policy
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::POLICY, self.oid)
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
        vec![self.statement()]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP POLICY IF EXISTS {}", self.reference()))]
    }
}

/// `ENABLE ROW LEVEL SECURITY`: after the data, and independent of whether there are policies.
#[derive(Clone, Debug)]
pub struct RowSecurity {
    /// OID of the table
    pub table_oid: u32,
    /// schema of the table
    pub schema: Text,
    /// name of the table
    pub name: Text,
}

impl RowSecurity {
    /// One per table that has it on.
    pub fn derive(database: &Database) -> Vec<Self> {
        let tables = database.tables.iter().filter(|table| table.row_security);
        tables
            .map(|table| Self {
                table_oid: table.oid,
                schema: table.schema.clone(),
                name: table.name.clone(),
            })
            .collect()
    }

    fn alter(&self, action: &str) -> Vec<Sql> {
        let table = qualified(Some(&self.schema), &self.name);
        vec![Sql::new(format!("ALTER TABLE {table} {action} ROW LEVEL SECURITY"))]
    }
}

impl Object for RowSecurity {
    fn kind(&self) -> Kind {
        Kind::RowSecurity
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::SYNTHETIC_ROW_SECURITY, self.table_oid)
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

    fn dependencies(&self) -> Vec<CatalogId> {
        self.parent().into_iter().collect()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        self.alter("ENABLE")
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        self.alter("DISABLE")
    }
}

#[cfg(test)]
mod tests {
    use super::Policy;

    #[test]
    fn every_clause_has_its_place() {
        let policy = Policy {
            name: "p".into(),
            schema: "s".into(),
            table: "t".into(),
            command: "w".into(),
            roles: vec!["reader".into(), "Odd\"Role".into()],
            using: Some("(a > 0)".into()),
            with_check: Some("true".into()),
            ..Policy::default()
        };
        let sql = policy.statement();
        assert_eq!(sql.roles().collect::<Vec<_>>(), ["reader", "Odd\"Role"]);
        assert_eq!(
            sql.render(),
            "CREATE POLICY p ON s.t AS RESTRICTIVE FOR UPDATE TO reader, \"Odd\"\"Role\" USING ((a > 0)) \
             WITH CHECK (true)"
        );
    }
}
