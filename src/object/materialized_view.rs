//! Materialized views (pg_class, relkind `m`; documentation: CREATE MATERIALIZED VIEW; objects.md §26), and their
//! REFRESH, which comes last of all.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::acl::AclRow;
use super::column::Column;
use super::database::Database;
use super::extension::depends_on_extension;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use super::options::option_list;
use super::table::columns::{column_settings, compression_setting, replica_identity};
use super::view::query;
use crate::sql::{Sql, qualified};

/// One materialized view; `schema/catalog/materialized_view.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct MaterializedView {
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
    /// reloptions, `name=value`
    pub options: Option<Vec<String>>,
    /// reloptions of the TOAST table
    pub toast_options: Option<Vec<String>>,
    /// tablespace, where not the database's
    pub tablespace: Option<String>,
    /// relam's name
    pub access_method: Option<String>,
    /// relreplident: `d n f i`
    pub replica_identity: String,
    /// relispopulated
    pub populated: bool,
    /// OID of the rule that holds the query; `alias.sql` lets the view stand for it
    pub rule: u32,
    /// Filled from `column.sql`.
    #[serde(skip)]
    pub columns: Vec<Column>,
}

impl Object for MaterializedView {
    fn kind(&self) -> Kind {
        Kind::MaterializedView
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
        let view = self.reference();
        let mut options = option_list(self.options.as_deref().unwrap_or_default(), "");
        options.extend(option_list(self.toast_options.as_deref().unwrap_or_default(), "toast."));
        let options =
            if options.is_empty() { String::new() } else { format!("\nWITH ({})", options.join(", ")) };
        let mut sql = vec![Sql::new(format!(
            "CREATE MATERIALIZED VIEW {view}{options} AS\n{}\n  WITH NO DATA",
            query(&self.definition)
        ))];
        let alter = format!("ALTER TABLE ONLY {view}");
        for column in &self.columns {
            sql.extend(column_settings(&alter, column));
            sql.extend(compression_setting(&alter, column));
        }
        sql.extend(replica_identity(&view, &self.replica_identity));
        sql.extend(depends_on_extension(scope.database, self));
        sql
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP MATERIALIZED VIEW IF EXISTS {}", self.reference()))]
    }

    fn tablespace(&self) -> Option<&str> {
        self.tablespace.as_deref()
    }

    fn access_method(&self) -> Option<&str> {
        self.access_method.as_deref()
    }
}

/// `REFRESH` of a materialized view that had been filled.
#[derive(Clone, Debug)]
pub struct Refresh {
    /// OID of the materialized view
    pub view: u32,
    /// schema of the view
    pub schema: String,
    /// name of the view
    pub name: String,
    /// the materialized views that it reads, also through plain views
    pub reads: Vec<u32>,
}

impl Refresh {
    /// One per materialized view that can be filled again: it was, and so were all that it reads.
    pub fn derive(database: &Database) -> Vec<Self> {
        let reads = reads(database);
        let rows = database.materialized_views.iter();
        let unfilled: HashSet<u32> = rows.clone().filter(|row| !row.populated).map(|row| row.oid).collect();
        rows.filter(|row| {
            !unfilled.contains(&row.oid) && reach(row.oid, &reads).iter().all(|oid| !unfilled.contains(oid))
        })
        .map(|row| Self {
            view: row.oid,
            schema: row.schema.clone(),
            name: row.name.clone(),
            reads: reads.get(&row.oid).cloned().unwrap_or_default(),
        })
        .collect()
    }
}

/// For each materialized view those that it reads, directly or through plain views, by OID.
fn reads(database: &Database) -> HashMap<u32, Vec<u32>> {
    let views = database.views.iter().map(|row| (row.rule, row.oid));
    let stored = database.materialized_views.iter().map(|row| (row.rule, row.oid));
    let of_rule: HashMap<u32, u32> = views.chain(stored).collect();
    let mut uses: HashMap<u32, Vec<u32>> = HashMap::new();
    for row in &database.depends {
        if (row.class, row.ref_class) == (Class::REWRITE.0, Class::RELATION.0)
            && let Some(&view) = of_rule.get(&row.oid)
            && view != row.ref_oid
        {
            uses.entry(view).or_default().push(row.ref_oid);
        }
    }
    let stored: HashSet<u32> = database.materialized_views.iter().map(|row| row.oid).collect();
    let found = |&from: &u32| {
        let mut found: Vec<u32> = reach(from, &uses).into_iter().filter(|oid| stored.contains(oid)).collect();
        found.sort_unstable();
        (from, found)
    };
    stored.iter().map(found).collect()
}

/// All that can be reached from `from`, which is left out.
fn reach(from: u32, edges: &HashMap<u32, Vec<u32>>) -> HashSet<u32> {
    let mut seen = HashSet::new();
    let mut next = vec![from];
    while let Some(at) = next.pop() {
        for &to in edges.get(&at).into_iter().flatten() {
            if to != from && seen.insert(to) {
                next.push(to);
            }
        }
    }
    seen
}

impl Object for Refresh {
    fn kind(&self) -> Kind {
        Kind::Refresh
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::SYNTHETIC_REFRESH, self.view)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn parent(&self) -> Option<CatalogId> {
        Some(CatalogId::new(Class::RELATION, self.view))
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        let reads = self.reads.iter().map(|&view| CatalogId::new(Class::SYNTHETIC_REFRESH, view));
        self.parent().into_iter().chain(reads).collect()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let view = qualified(Some(&self.schema), &self.name);
        vec![Sql::new(format!("REFRESH MATERIALIZED VIEW {view}"))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{MaterializedView, Refresh};
    use crate::object::view::View;
    use crate::object::{Class, Database, Depend};

    /// 1 and 5 are materialized; 2 (plain) reads 1; 3 (materialized) reads 2; 4 (materialized) reads 3 and 5.
    fn database(filled: &[u32]) -> Database {
        let stored = |oid| MaterializedView {
            oid,
            rule: oid + 100,
            populated: filled.contains(&oid),
            ..MaterializedView::default()
        };
        let uses = |view: u32, relation| Depend {
            class: Class::REWRITE.0,
            oid: view + 100,
            ref_class: Class::RELATION.0,
            ref_oid: relation,
            kind: Some('n'),
            extension: None,
        };
        Database {
            views: vec![View { oid: 2, rule: 102, ..View::default() }],
            materialized_views: [1, 3, 4, 5].map(stored).into(),
            depends: vec![uses(2, 1), uses(3, 2), uses(3, 3), uses(4, 3), uses(4, 5)],
            ..Database::default()
        }
    }

    #[test]
    fn views_between_are_looked_through() {
        let refreshes = Refresh::derive(&database(&[1, 3, 4, 5]));
        let reads: Vec<(u32, Vec<u32>)> = refreshes.into_iter().map(|r| (r.view, r.reads)).collect();
        assert_eq!(reads, [(1, vec![]), (3, vec![1]), (4, vec![1, 3, 5]), (5, vec![])]);
    }

    #[test]
    fn what_reads_an_unfilled_one_is_not_filled() {
        let views = |filled: &[u32]| -> Vec<u32> {
            Refresh::derive(&database(filled)).iter().map(|refresh| refresh.view).collect()
        };
        assert_eq!(views(&[3, 4, 5]), [5]);
        assert_eq!(views(&[1, 3, 4]), [1, 3]);
    }
}
