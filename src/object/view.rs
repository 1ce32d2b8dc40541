//! Views (pg_class, relkind `v`; documentation: CREATE VIEW; objects.md §25).
//!
//! A view in a dependency loop is first made as a dummy of the same columns; its rule brings the query later.

use serde::Deserialize;

use super::acl::AclRow;
use super::column::Column;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use super::options::option_list;
use crate::object::Repair;
use crate::sql::{Sql, ident};

/// One view; `schema/catalog/view.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct View {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: String,
    /// relname
    pub name: String,
    /// owner
    pub owner: String,
    /// relacl
    pub acl: Option<Vec<String>>,
    /// `acldefault('r', relowner)`
    pub acl_default: Vec<String>,
    /// `pg_get_viewdef`, with its semicolon
    pub definition: String,
    /// reloptions without check_option, `name=value`
    pub options: Option<Vec<String>>,
    /// `LOCAL` or `CASCADED`
    pub check_option: Option<String>,
    /// OID of the rule that holds the query
    pub rule: u32,
    /// Filled from `column.sql`.
    #[serde(skip)]
    pub columns: Vec<Column>,
}

impl View {
    /// ` s.v [WITH (…)] AS <query> [WITH … CHECK OPTION]`.
    pub fn real(&self) -> String {
        let options = option_list(self.options.as_deref().unwrap_or_default(), "");
        let options =
            if options.is_empty() { String::new() } else { format!(" WITH ({})", options.join(", ")) };
        let check = match &self.check_option {
            Some(which) => format!("\n  WITH {which} CHECK OPTION"),
            None => String::new(),
        };
        format!("VIEW {}{options} AS\n{}{check}", self.reference(), query(&self.definition))
    }

    /// The same columns without a source: names, types and collations are what OR REPLACE cannot change.
    pub fn dummy(&self) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|column| {
                format!("\n    NULL::{}{} AS {}", column.type_name, column.collate(), ident(&column.name))
            })
            .collect();
        format!("VIEW {} AS\nSELECT{}", self.reference(), columns.join(","))
    }
}

/// A query as `pg_get_viewdef` prints it, without the semicolon.
pub fn query(definition: &str) -> &str {
    definition.strip_suffix(';').unwrap_or(definition)
}

impl Object for View {
    fn kind(&self) -> Kind {
        Kind::View
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

    fn dependencies(&self) -> Vec<CatalogId> {
        vec![CatalogId::new(Class::REWRITE, self.rule)]
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        let dummy = scope.repairs.has(self.id(), Repair::Dummy);
        let body = if dummy { self.dummy() } else { self.real() };
        vec![Sql::new(format!("CREATE {body}"))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP VIEW IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, View};

    #[test]
    fn the_real_one_and_the_dummy() {
        let column = |name: &str, type_name: &str, collation: Option<&str>| Column {
            name: name.into(),
            type_name: type_name.into(),
            collation_schema: collation.map(|_| "pg_catalog".into()),
            collation: collation.map(Into::into),
            ..Column::default()
        };
        let mut view = View {
            schema: "s".into(),
            name: "v".into(),
            definition: " SELECT ';'::text AS \"A\",\n    1 AS b;".into(),
            options: Some(vec!["security_barrier=true".into()]),
            check_option: Some("LOCAL".into()),
            columns: vec![column("A", "character varying(5)", Some("C")), column("b", "integer", None)],
            ..View::default()
        };
        assert_eq!(
            view.real(),
            "VIEW s.v WITH (security_barrier='true') AS\n SELECT ';'::text AS \"A\",\n    1 AS b\n  \
             WITH LOCAL CHECK OPTION"
        );
        assert_eq!(
            view.dummy(),
            "VIEW s.v AS\nSELECT\n    NULL::character varying(5) COLLATE pg_catalog.\"C\" AS \"A\",\n    \
             NULL::integer AS b"
        );
        view.columns.clear();
        assert_eq!(view.dummy(), "VIEW s.v AS\nSELECT");
    }
}
