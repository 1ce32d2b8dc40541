//! PRIMARY KEY, UNIQUE and EXCLUDE constraints (pg_constraint, contypes `p`, `u`, `x`; documentation: ALTER TABLE;
//! objects.md §21), each with the index behind it, which has no object of its own.

use crate::object::Text;
use serde::Deserialize;

use super::database::Database;
use super::extension::depends_on_extension_as;
use super::id::{CatalogId, Class};
use super::index::IndexSettings;
use super::kind::Kind;
use super::object::{Object, Scope};
use super::options::option_list;
use crate::sql::{Sql, ident, literal, qualified};

/// One constraint; `schema/catalog/key.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Key {
    /// oid
    pub oid: u32,
    /// conname: the index has the same name
    pub name: Text,
    /// contype: `p u x`
    #[serde(rename = "type")]
    pub contype: Text,
    /// conrelid
    pub table_oid: u32,
    /// schema of table and index
    pub schema: Text,
    /// name of the table
    pub table: Text,
    /// the table is partitioned
    pub partitioned: bool,
    /// conindid
    pub index_oid: u32,
    /// `pg_get_constraintdef`, of EXCLUDE
    pub definition: Option<Text>,
    /// names of the key columns
    pub columns: Vec<String>,
    /// names of the columns of INCLUDE
    pub include: Option<Vec<String>>,
    /// indnullsnotdistinct (from 15)
    pub nulls_not_distinct: bool,
    /// conperiod (from 18)
    pub without_overlaps: bool,
    /// condeferrable
    pub deferrable: bool,
    /// condeferred
    pub deferred: bool,
    /// reloptions of the index
    pub options: Option<Vec<String>>,
    /// indisclustered
    pub clustered: bool,
    /// indisreplident
    pub replica_identity: bool,
    /// tablespace of the index, where not the database's
    pub tablespace: Option<Text>,
    /// attnum of the index columns with a statistics target
    pub statistics_columns: Option<Vec<i16>>,
    /// the targets, in step with `statistics_columns`
    pub statistics_targets: Option<Vec<i32>>,
}

impl Key {
    /// What follows the name. For PRIMARY KEY and UNIQUE the server's text lacks the options of the index.
    fn text(&self) -> String {
        if let Some(definition) = &self.definition {
            return definition.to_string();
        }
        let primary = self.contype == "p";
        let mut text = if primary { "PRIMARY KEY" } else { "UNIQUE" }.to_owned();
        // The index of a primary key may say it too, but the syntax has no place for it.
        if self.nulls_not_distinct && !primary {
            text.push_str(" NULLS NOT DISTINCT");
        }
        let overlaps = if self.without_overlaps { " WITHOUT OVERLAPS" } else { "" };
        text.push_str(&format!(" ({}{overlaps})", names(&self.columns)));
        if let Some(include) = &self.include {
            text.push_str(&format!(" INCLUDE ({})", names(include)));
        }
        let options = option_list(self.options.as_deref().unwrap_or_default(), "");
        if !options.is_empty() {
            text.push_str(&format!(" WITH ({})", options.join(", ")));
        }
        if self.deferrable {
            text.push_str(" DEFERRABLE");
        }
        if self.deferred {
            text.push_str(" INITIALLY DEFERRED");
        }
        text
    }

    /// Whether the server refuses to attach its index to that of a partitioned table: it does not compare the
    /// operators of exclusion (`CompareIndexInfo`). Then the key of the partitioned table has to make all the others.
    pub(super) fn cannot_be_attached(&self) -> bool {
        self.contype == "x" || self.without_overlaps
    }

    /// The index that made this one's, qualified and quoted.
    fn made_by(&self, database: &Database) -> Option<String> {
        let link = database.parents_of(self.index_oid).next().filter(|_| self.cannot_be_attached())?;
        Some(qualified(Some(&link.parent_schema), &link.parent_name))
    }

    /// `ONLY` where the partitions' keys have entries of their own.
    fn only(&self, database: &Database) -> &'static str {
        let recurses = self.partitioned
            && self.cannot_be_attached()
            && database.parents.iter().any(|link| link.parent == self.index_oid);
        if recurses { "" } else { "ONLY " }
    }

    /// Gives the key that another made its own name: the server chose one.
    fn rename(&self, parent: &str) -> Sql {
        let table = qualified(Some(&self.schema), &self.table);
        Sql::new(format!(
            "DO LANGUAGE plpgsql {}",
            literal(&format!(
                "DECLARE made record;\nBEGIN\n    \
                 SELECT c.oid::pg_catalog.regclass AS index, c.relname AS name INTO STRICT made\n    \
                 FROM pg_catalog.pg_inherits h\n    \
                 JOIN pg_catalog.pg_index i ON i.indexrelid = h.inhrelid\n    \
                 JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid\n    \
                 WHERE h.inhparent = {}::pg_catalog.regclass AND i.indrelid = {}::pg_catalog.regclass;\n    \
                 IF made.name <> {} THEN\n        \
                 EXECUTE pg_catalog.format('ALTER INDEX %s RENAME TO %I', made.index, {});\n    \
                 END IF;\nEND",
                literal(parent),
                literal(&table),
                literal(&self.name),
                literal(&self.name),
            ))
        ))
    }

    /// The index, and how COMMENT and ALTER name it.
    fn index(&self) -> (CatalogId, String) {
        let name = qualified(Some(&self.schema), &self.name);
        (CatalogId::new(Class::RELATION, self.index_oid), format!("INDEX {name}"))
    }

    fn settings(&self) -> IndexSettings<'_> {
        IndexSettings {
            schema: &self.schema,
            name: &self.name,
            table: &self.table,
            clustered: self.clustered,
            replica_identity: self.replica_identity,
            statistics_columns: self.statistics_columns.as_deref().unwrap_or_default(),
            statistics_targets: self.statistics_targets.as_deref().unwrap_or_default(),
        }
    }
}

fn names(columns: &[String]) -> String {
    columns.iter().map(|name| ident(name)).collect::<Vec<_>>().join(", ")
}

impl Object for Key {
    fn kind(&self) -> Kind {
        Kind::Key
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::CONSTRAINT, self.oid)
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

    fn comments_of(&self) -> Vec<(CatalogId, String)> {
        vec![(self.id(), format!("CONSTRAINT {}", self.reference())), self.index()]
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        vec![CatalogId::new(Class::RELATION, self.table_oid)]
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        let table = qualified(Some(&self.schema), &self.table);
        let (index, reference) = self.index();
        let first = match self.made_by(scope.database) {
            Some(parent) => self.rename(&parent),
            None => Sql::new(format!(
                "ALTER TABLE {}{table} ADD CONSTRAINT {} {}",
                self.only(scope.database),
                ident(&self.name),
                self.text()
            )),
        };
        let mut statements = vec![first];
        statements.extend(self.settings().statements());
        statements.extend(depends_on_extension_as(scope.database, index, &reference));
        statements
    }

    fn drop(&self, scope: &Scope<'_>) -> Vec<Sql> {
        if self.made_by(scope.database).is_some() {
            return Vec::new();
        }
        let table = qualified(Some(&self.schema), &self.table);
        vec![Sql::new(format!(
            "ALTER TABLE IF EXISTS {table} DROP CONSTRAINT IF EXISTS {}",
            ident(&self.name)
        ))]
    }

    fn tablespace(&self) -> Option<&str> {
        self.tablespace.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::Key;
    use crate::object::Repairs;
    use crate::object::{Database, Object, Parent, Scope};
    use crate::version::Version;

    fn key(contype: &str) -> Key {
        Key { contype: contype.into(), columns: vec!["a".into(), "B c".into()], ..Key::default() }
    }

    #[test]
    fn the_text_says_what_the_server_leaves_out() {
        let full = Key {
            include: Some(vec!["order".into()]),
            nulls_not_distinct: true,
            options: Some(vec!["fillfactor=70".into()]),
            deferrable: true,
            deferred: true,
            ..key("u")
        };
        assert_eq!(
            full.text(),
            "UNIQUE NULLS NOT DISTINCT (a, \"B c\") INCLUDE (\"order\") WITH (fillfactor='70') \
             DEFERRABLE INITIALLY DEFERRED"
        );
        let overlaps = Key { without_overlaps: true, nulls_not_distinct: true, ..key("p") };
        assert_eq!(overlaps.text(), "PRIMARY KEY (a, \"B c\" WITHOUT OVERLAPS)");
        let exclude = Key { definition: Some("EXCLUDE USING gist (c WITH &&)".into()), ..key("x") };
        assert_eq!(exclude.text(), "EXCLUDE USING gist (c WITH &&)");
    }

    #[test]
    fn what_cannot_be_attached_is_made_by_the_parent() {
        let mut database = Database::default();
        let link =
            Parent { child: 2, parent: 1, is_index: true, parent_schema: "s".into(), ..Parent::default() };
        database.parents.push(Parent { parent_name: "Root x".into(), ..link });
        database.lookup.parents.insert(2, vec![0]);
        let repairs = Repairs::default();
        let scope = Scope { source: Version::from_num(180_000), repairs: &repairs, database: &database };
        let create = |contype: &str, index_oid, partitioned| -> String {
            let (schema, table, name) = ("s".into(), "t".into(), "it's".into());
            Key { index_oid, partitioned, schema, table, name, ..key(contype) }.create(&scope)[0].render()
        };
        assert!(create("u", 1, true).starts_with("ALTER TABLE ONLY s.t ADD CONSTRAINT \"it's\" UNIQUE"));
        assert!(create("u", 2, false).starts_with("ALTER TABLE ONLY s.t ADD"));
        assert!(create("x", 1, true).starts_with("ALTER TABLE s.t ADD"), "it recurses");
        let child = create("x", 2, false);
        assert!(child.starts_with("DO ") && child.contains("made.name <> ''it''''s''"), "{child}");
        assert!(child.contains("h.inhparent = ''s.\"Root x\"''::pg_catalog.regclass"), "{child}");
    }
}
