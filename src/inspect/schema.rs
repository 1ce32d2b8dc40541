//! The definitions in an archive as a script. Pure.

use std::collections::{HashMap, HashSet};

use super::error::Error;
use super::script::{Form, Header, Script};
use crate::manifest::{Begin, Catalog, Entry, Pass, Section};
use crate::mapping::Mapping;
use crate::selection::{LeaveOut, Selection, is_relation};
use crate::sql::{ident, literal};

/// What a script of definitions has.
#[derive(Clone, Debug)]
pub struct Options {
    /// Roles with other names.
    pub mapping: Mapping,
    /// Which objects; rows are never part of it.
    pub selection: Selection,
    /// The entries with these numbers, in this order within what comes before and what comes after the rows.
    pub list: Option<Vec<u32>>,
    /// First drop what it makes; with `create` the database.
    pub clean: bool,
    /// Make the database, and go on in it.
    pub create: bool,
    /// Who runs it.
    pub form: Form,
}

/// The definitions of an archive as SQL, in restore order: what comes before the rows, what comes after them,
/// privileges, event triggers. Rows, sequence values and large objects are not part of it, and materialized views are not
/// filled, as with `pg_dump -s`.
///
/// It is meant for an empty database, or with `create` for a server without one of that name.
///
/// # Errors
/// Names that nothing has; privileges that cannot be understood; what the form cannot say.
pub fn schema_sql(begin: &Begin, mut catalog: Catalog, options: &Options) -> Result<String, Error> {
    let mut selection = options.selection.clone();
    selection.content.definitions_only = true;
    // Before names are chosen: whether a name is known does not depend on what takes part.
    let warnings = options.mapping.apply(&mut catalog)?;
    let taken = selection.take(&mut catalog, options.list.as_deref(), &begin.source.database)?;
    let mut left_out = selection.leave_out;
    left_out.add_names(&catalog.left_out);
    let mut script = Definitions::new(begin, left_out, &options.form);

    script.head(&catalog, options.create);
    warnings.iter().for_each(|warning| script.out.comment(warning));
    for missing in &taken.missing {
        let text =
            format!("{} is not part of this script, and {} needs it", missing.label, missing.needed_by);
        script.out.comment(&text);
    }
    script.out.session(begin);
    match (options.create, options.clean) {
        (true, clean) => script.database(&catalog.database, clean)?,
        (false, true) => script.drops(&catalog),
        (false, false) => {}
    }
    if !taken.leaves_public {
        script.public(catalog.database.public.as_ref());
    }
    let entries = in_order(&catalog, options.list.as_deref());
    for section in [Section::PreData, Section::PostData] {
        let now = |entry: &&Entry| entry.pass == Pass::Main && entry.section == section;
        entries.iter().copied().filter(now).for_each(|entry| script.entry(entry));
    }
    // As in a restore: no REVOKE may hinder what comes before.
    if options.create {
        script.database_acl(&catalog.database)?;
    }
    if !taken.leaves_public {
        script.public_acl(catalog.database.public.as_ref())?;
    }
    entries.iter().for_each(|entry| script.acl(entry));
    for pass in [Pass::Acl, Pass::PostAcl] {
        entries.iter().filter(|entry| entry.pass == pass).for_each(|entry| script.entry(entry));
    }
    script.out.end()
}

/// The entries, in the order of the list if there is one.
fn in_order<'a>(catalog: &'a Catalog, listed: Option<&[u32]>) -> Vec<&'a Entry> {
    let mut entries: Vec<&Entry> = catalog.entries.iter().collect();
    if let Some(listed) = listed {
        let place: HashMap<u32, usize> = listed.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        entries.sort_by_key(|entry| place.get(&entry.id));
    }
    entries
}

/// A script of definitions, and what the session would be set to where it ends.
pub(super) struct Definitions<'a> {
    pub(super) out: Script<'a>,
    pub(super) begin: &'a Begin,
    pub(super) left_out: LeaveOut,
    tablespace: String,
    access_method: String,
}

impl<'a> Definitions<'a> {
    fn new(begin: &'a Begin, left_out: LeaveOut, form: &'a Form) -> Self {
        let out = Script::new(form, &format!("Database {}", begin.source.database), begin);
        Self { out, begin, left_out, tablespace: String::new(), access_method: String::new() }
    }

    fn head(&mut self, catalog: &Catalog, creates: bool) {
        if !creates && !catalog.database.settings.is_empty() {
            let text = "The database has settings of its own, which are part of a script with --create";
            self.out.comment(text);
        }
        if catalog.globals.is_some() {
            self.out.comment("The roles and tablespaces of its cluster are a script of their own: --globals");
        }
    }

    /// What removes the entries: the last one first, so that what needs others goes before them. Indexes and keys go with
    /// their table; parts of partitioned ones could not go alone.
    fn drops(&mut self, catalog: &Catalog) {
        let entries = || catalog.entries.iter().rev().filter(|entry| !entry.drop.is_empty());
        let relations = entries().filter(|entry| is_relation(&entry.kind));
        let relations: HashSet<_> = relations.map(|entry| (&entry.schema, Some(&entry.name))).collect();
        let goes_along = |entry: &Entry| {
            matches!(entry.kind.as_str(), "index" | "key")
                && relations.contains(&(&entry.schema, entry.table.as_ref()))
        };
        for entry in entries().filter(|entry| !goes_along(entry)) {
            self.entry_header(entry, &format!("DROP {}", kind(entry)));
            entry.drop.iter().for_each(|sql| self.out.statement(&if_there(&sql.render())));
        }
    }

    fn entry(&mut self, entry: &Entry) {
        if entry.ddl.is_empty() {
            return;
        }
        self.entry_header(entry, &kind(entry));
        let tablespace = entry.tablespace.as_deref().unwrap_or_default();
        if self.tablespace != tablespace {
            self.tablespace = tablespace.to_owned();
            self.out.statement(&format!("SET default_tablespace = {}", literal(tablespace)));
        }
        if let Some(method) = entry.access_method.as_ref().filter(|method| **method != self.access_method) {
            self.access_method.clone_from(method);
            self.out.statement(&format!("SET default_table_access_method = {}", ident(method)));
        }
        let labels = entry.labels.iter().map(|label| &label.sql);
        let all = entry.ddl.iter().chain(&entry.owner_sql).chain(&entry.comments).chain(labels);
        all.for_each(|sql| self.out.sql(sql));
    }

    fn acl(&mut self, entry: &Entry) {
        if !entry.acl.is_empty() {
            self.entry_header(entry, "ACL");
            self.out.grants(&entry.acl);
        }
    }

    fn entry_header(&mut self, entry: &Entry, kind: &str) {
        let table = entry.table.as_ref().map(|table| format!("{table} ")).unwrap_or_default();
        self.out.header(&Header {
            label: &entry.label,
            name: &format!("{table}{}", entry.name),
            kind,
            schema: entry.schema.as_deref(),
            owner: entry.owner.as_deref(),
        });
    }
}

/// A statement that does nothing where what it names is not there. IF EXISTS does not say that of everything: DROP OPERATOR
/// CLASS wants its access method, ALTER DOMAIN its domain.
fn if_there(sql: &str) -> String {
    let starts = |start: &&str| sql.starts_with(start);
    let partly = ["DROP OPERATOR CLASS ", "DROP OPERATOR FAMILY ", "ALTER DOMAIN "];
    if sql.contains(" IF EXISTS ") && !partly.iter().any(starts) {
        return sql.to_owned();
    }
    let missing = "invalid_schema_name OR undefined_table OR undefined_object OR undefined_function";
    let block = format!("BEGIN EXECUTE {}; EXCEPTION WHEN {missing} THEN NULL; END", literal(sql));
    format!("DO LANGUAGE plpgsql {}", literal(&block))
}

fn kind(entry: &Entry) -> String {
    entry.kind.replace('_', " ").to_uppercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Form, Options, schema_sql};
    use crate::manifest::{Begin, Catalog};
    use crate::mapping::Mapping;
    use crate::selection::Selection;

    fn script(catalog: serde_json::Value) -> String {
        let begin = json!({
            "tool": "pgark 1", "created": "2026-01-01T00:00:00Z",
            "source": {"database": "a\n\\! rm", "server_version": "18.4", "server_version_num": 180_004,
                       "encoding": "UTF8"},
        });
        let begin: Begin = serde_json::from_value(begin).unwrap();
        let catalog: Catalog = serde_json::from_value(catalog).unwrap();
        let form = Form::Psql { key: "KEY".to_owned() };
        let options = Options {
            mapping: Mapping::default(),
            selection: Selection::default(),
            list: None,
            clean: false,
            create: false,
            form,
        };
        schema_sql(&begin, catalog, &options).unwrap()
    }

    fn public() -> serde_json::Value {
        json!({"owner": "pg_database_owner", "comment": "standard public schema",
               "acl": ["pg_database_owner=UC/pg_database_owner", "=U/pg_database_owner"]})
    }

    /// What stands after the settings.
    fn body(catalog: serde_json::Value) -> String {
        let script = script(catalog);
        let (_, body) = script.split_once("'transaction_timeout');\n").unwrap();
        body.strip_suffix("\n\\unrestrict KEY\n").unwrap().to_owned()
    }

    #[test]
    fn nothing_gets_out_of_the_restricted_part() {
        let script = script(json!({"catalog": 1, "entries": [], "database": {"public": public()}}));
        assert!(script.starts_with("\\restrict KEY\n\n-- Database a \\! rm, PostgreSQL 18.4\n"), "{script}");
        assert!(script.ends_with("\n\\unrestrict KEY\n"));
        let commands = script.lines().filter(|line| line.trim_start().starts_with('\\')).count();
        assert_eq!(commands, 2);
        assert!(script.contains("SET client_encoding = 'UTF8';\n"));
        assert!(script.contains("SET search_path = '';\n"));
        assert!(script.contains("SET check_function_bodies = off;\n"));
    }

    #[test]
    fn objects_come_in_restore_order_with_owner_comments_and_privileges() {
        let catalog = json!({"catalog": 1, "database": {"public": public()}, "entries": [
            {"id": 1, "kind": "table", "schema": "public", "name": "t\r\n\\! x", "label": "",
             "section": "pre-data", "ddl": ["CREATE TABLE public.t (a int)"], "owner": "app",
             "owner_sql": {"text": ["ALTER TABLE public.t OWNER TO ", ""], "roles": ["app"]},
             "comments": ["COMMENT ON TABLE public.t IS 'x'"], "access_method": "heap", "tablespace": "fast",
             "acl": [{"sql": {"text": ["GRANT SELECT ON TABLE public.t TO ", ""], "roles": ["A b"]},
                      "grantor": "lender"}]},
            {"id": 2, "kind": "table_data", "schema": "public", "name": "t", "label": "",
             "section": "data"},
            {"id": 3, "kind": "large_object", "name": "1", "label": "", "section": "pre-data",
             "ddl": ["SELECT pg_catalog.lo_create('1')"]},
            {"id": 4, "kind": "view_rule", "schema": "public", "name": "r", "table": "v", "label": "",
             "section": "post-data", "ddl": ["CREATE RULE r AS ON INSERT TO public.v DO NOTHING;"]},
            {"id": 5, "kind": "refresh", "schema": "public", "name": "m", "label": "",
             "section": "post-data", "pass": "post-acl", "ddl": ["REFRESH MATERIALIZED VIEW public.m"]},
            {"id": 6, "kind": "default_acl", "name": "d", "label": "", "section": "post-data",
             "pass": "acl", "ddl": ["ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC"]},
        ]});
        assert_eq!(
            body(catalog),
            "
--
-- Name: t  \\! x; Type: TABLE; Schema: public; Owner: app
--

SET default_tablespace = 'fast';
SET default_table_access_method = heap;
CREATE TABLE public.t (a int);
ALTER TABLE public.t OWNER TO app;
COMMENT ON TABLE public.t IS 'x';

--
-- Name: v r; Type: VIEW RULE; Schema: public; Owner: -
--

SET default_tablespace = '';
CREATE RULE r AS ON INSERT TO public.v DO NOTHING;

--
-- Name: t  \\! x; Type: ACL; Schema: public; Owner: app
--

SET ROLE lender;
GRANT SELECT ON TABLE public.t TO \"A b\";
RESET ROLE;

--
-- Name: d; Type: DEFAULT ACL; Schema: -; Owner: -
--

ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
"
        );
    }

    #[test]
    fn drops_do_nothing_where_there_is_nothing_and_leave_to_a_table_what_goes_with_it() {
        let entry = |id: u32, kind: &str, name: &str, table: Option<&str>, drop: &str| {
            json!({"id": id, "kind": kind, "schema": "s", "name": name, "table": table, "label": name,
                "section": "pre-data", "drop": [drop]})
        };
        let begin = Begin::default();
        let catalog = json!({"catalog": 1, "database": {}, "entries": [
            entry(1, "table", "t", None, "DROP TABLE IF EXISTS s.t"),
            entry(2, "domain_check", "c", Some("d"), "ALTER DOMAIN s.d DROP CONSTRAINT IF EXISTS c"),
            entry(3, "key", "k", Some("t"), "ALTER TABLE IF EXISTS ONLY s.t DROP CONSTRAINT IF EXISTS k"),
            entry(4, "index", "i", Some("elsewhere"), "DROP INDEX IF EXISTS s.i"),
        ]});
        let selection = Selection::default();
        let options = Options {
            mapping: Mapping::default(),
            selection,
            list: None,
            clean: true,
            create: false,
            form: Form::Json,
        };
        let script = schema_sql(&begin, serde_json::from_value(catalog).unwrap(), &options).unwrap();
        let drops: Vec<serde_json::Value> = script
            .lines()
            .filter(|line| line.contains("\"object\""))
            .map(|line| line.parse().unwrap())
            .collect();
        let sql: Vec<&str> = drops.iter().filter_map(|line| line["sql"].as_str()).collect();
        assert_eq!(sql.len(), 4, "{script}");
        assert_eq!((sql[0], sql[2]), ("DROP INDEX IF EXISTS s.i", "DROP TABLE IF EXISTS s.t"));
        assert!(
            sql[1].starts_with("DO LANGUAGE plpgsql 'BEGIN EXECUTE ''ALTER DOMAIN s.d DROP"),
            "{}",
            sql[1]
        );
        assert_eq!((&drops[2]["object"], &drops[3]["object"]), (&"t".into(), &"schema public".into()));
    }

    #[test]
    fn only_what_differs_is_said_about_public() {
        let database = |public| body(json!({"catalog": 1, "entries": [], "database": {"public": public}}));
        assert_eq!(database(public()), "");
        assert!(database(json!(null)).contains("DROP SCHEMA IF EXISTS public;"));
        let mut own = public();
        own["owner"] = "post gres".into();
        own["comment"] = json!(null);
        own["acl"] = json!(["\"post gres\"=UC/\"post gres\"", "=UC/\"post gres\""]);
        let text = database(own);
        assert!(text.contains("ALTER SCHEMA public OWNER TO \"post gres\";"), "{text}");
        assert!(text.contains("COMMENT ON SCHEMA public IS NULL;"), "{text}");
        assert!(
            text.contains("GRANT CREATE ON SCHEMA public TO PUBLIC;")
                || text.contains("GRANT ALL ON SCHEMA public TO PUBLIC;"),
            "{text}"
        );
    }
}
