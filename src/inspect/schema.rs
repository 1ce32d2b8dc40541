//! The definitions in an archive as a script for psql. Pure but for the key.

use std::fmt::Write as _;

use super::error::Error;
use crate::manifest::{Begin, Catalog, Entry, Pass, PublicSchema, Section};
use crate::object::acl::{AclError, Securable, Target, acl_difference};
use crate::server::settings::{Scope, Writing, client_encoding, writing};
use crate::sql::{Sql, ident, literal};
use crate::version::Version;

/// The owner of `public` in a fresh database, from PostgreSQL 15 on.
const PUBLIC_OWNER: &str = "pg_database_owner";
/// The comment of `public` in a fresh database.
const PUBLIC_COMMENT: &str = "standard public schema";
/// Settings that older servers do not know are set by a query that finds nothing there.
const NEWER_TIMEOUTS: &str = "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings \
    WHERE name IN ('idle_session_timeout', 'transaction_timeout')";

/// A key of 63 random letters and digits (more than 370 bits), as pg_dump makes them.
///
/// # Errors
/// When the system gives no random bytes.
pub fn restrict_key() -> Result<String, Error> {
    const LETTERS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz01";
    let mut bytes = [0; 63];
    getrandom::fill(&mut bytes).map_err(|error| Error::Random(error.to_string()))?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 64)])).collect())
}

/// The definitions of an archive as SQL, in restore order: what comes before the rows, what comes after them,
/// privileges, refreshes of materialized views. Rows, sequence values and large objects are not part of it.
///
/// It is meant for psql and an empty database. Between `\restrict key` and `\unrestrict key` psql takes no
/// commands, so that nothing hidden in a name can run one; `key` must be letters and digits that nobody can guess
/// ([`restrict_key`]).
///
/// # Errors
/// Privileges that cannot be understood.
pub fn schema_sql(begin: &Begin, catalog: &Catalog, key: &str) -> Result<String, Error> {
    let mut script = Script::default();
    script.line(&format!("\\restrict {key}\n"));
    head(&mut script, begin, catalog);
    public(&mut script, catalog.database.public.as_ref())?;
    let definitions = |pass: Pass, section: Option<Section>| {
        let fits = move |entry: &&Entry| match section {
            Some(section) => entry.pass == pass && entry.section == section,
            None => entry.pass == pass,
        };
        catalog.entries.iter().filter(fits).filter(|entry| entry.kind != "large_object")
    };
    for section in [Section::PreData, Section::PostData] {
        definitions(Pass::Main, Some(section)).for_each(|entry| script.entry(entry));
    }
    // As in a restore: no REVOKE may hinder what comes before.
    public_acl(&mut script, begin, catalog.database.public.as_ref())?;
    for entry in catalog.entries.iter().filter(|entry| entry.kind != "large_object") {
        script.acl(entry);
    }
    definitions(Pass::Acl, None).for_each(|entry| script.entry(entry));
    definitions(Pass::PostAcl, None).for_each(|entry| script.entry(entry));
    script.line(&format!("\n\\unrestrict {key}"));
    Ok(script.text)
}

fn head(script: &mut Script, begin: &Begin, catalog: &Catalog) {
    let source = &begin.source;
    script.comment(&format!("Database {}, PostgreSQL {}", source.database, source.server_version));
    script.comment(&format!("Dumped by {} at {}", begin.tool, begin.created));
    if !catalog.database.settings.is_empty() {
        script.comment("The database has settings of its own, which are not part of this script");
    }
    if catalog.globals.is_some() {
        script.comment("The roles and tablespaces of its cluster are a script of their own: --globals");
    }
    script.line("");
    session(script, begin);
}

/// Settings of the session that runs the script.
pub(super) fn session(script: &mut Script, begin: &Begin) {
    let encoding = client_encoding(&begin.source.encoding);
    script.statement(&format!("SET client_encoding = {}", literal(encoding)));
    // The oldest server's settings are every server's.
    for setting in writing(Version::from_num(120_000), Scope::Session, Writing::default()) {
        script.statement(&setting);
    }
    script.statement(NEWER_TIMEOUTS);
}

/// What differs from the `public` of a fresh database; restore compares with the target's own.
fn public(script: &mut Script, public: Option<&PublicSchema>) -> Result<(), AclError> {
    let Some(public) = public else {
        script.header("public", "SCHEMA", None, None);
        script.statement("DROP SCHEMA IF EXISTS public");
        return Ok(());
    };
    let comment = public.comment.as_deref();
    if public.owner == PUBLIC_OWNER && comment == Some(PUBLIC_COMMENT) && public.labels.is_empty() {
        return Ok(());
    }
    script.header("public", "SCHEMA", None, Some(&public.owner));
    if public.owner != PUBLIC_OWNER {
        script.sql(&Sql::new("ALTER SCHEMA public OWNER TO ").role(&public.owner));
    }
    if comment != Some(PUBLIC_COMMENT) {
        script.statement(&format!(
            "COMMENT ON SCHEMA public IS {}",
            comment.map_or("NULL".to_owned(), literal)
        ));
    }
    public.labels.iter().for_each(|label| script.sql(&label.sql));
    Ok(())
}

fn public_acl(script: &mut Script, begin: &Begin, public: Option<&PublicSchema>) -> Result<(), AclError> {
    let Some(public) = public else { return Ok(()) };
    let version = Version::from_num(begin.source.server_version_num);
    let owner = ident(&public.owner);
    let own = format!("{owner}=UC/{owner}");
    // PostgreSQL 15 took CREATE from PUBLIC.
    let fresh = [own.clone(), format!("=U/{owner}")];
    let wanted = public.acl.clone().unwrap_or_else(|| vec![own]);
    let target = Target::Object { noun: "SCHEMA", reference: "public" };
    let statements = acl_difference(target, Securable::Schema, &public.owner, version, &fresh, &wanted)?;
    if !statements.is_empty() {
        script.header("public", "ACL", None, Some(&public.owner));
        script.grants(&statements);
    }
    Ok(())
}

/// The text, and what the session would be set to where it ends.
#[derive(Default)]
pub(super) struct Script {
    pub(super) text: String,
    tablespace: String,
    access_method: String,
}

impl Script {
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A comment: one line, whatever the text is.
    pub(super) fn comment(&mut self, text: &str) {
        let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.line(&format!("-- {line}"));
    }

    /// The heading of an object, in the words of pg_dump.
    pub(super) fn header(&mut self, name: &str, kind: &str, schema: Option<&str>, owner: Option<&str>) {
        let (schema, owner) = (schema.unwrap_or("-"), owner.unwrap_or("-"));
        self.line("\n--");
        self.comment(&format!("Name: {name}; Type: {kind}; Schema: {schema}; Owner: {owner}"));
        self.line("--\n");
    }

    fn statement(&mut self, sql: &str) {
        self.text.push_str(sql);
        // The server writes the semicolon of a rule itself.
        if !sql.ends_with(';') {
            self.text.push(';');
        }
        self.text.push('\n');
    }

    pub(super) fn sql(&mut self, sql: &Sql) {
        self.statement(&sql.render());
    }

    fn entry(&mut self, entry: &Entry) {
        if entry.ddl.is_empty() {
            return;
        }
        self.entry_header(entry, &entry.kind.replace('_', " ").to_uppercase());
        let tablespace = entry.tablespace.as_deref().unwrap_or_default();
        if self.tablespace != tablespace {
            self.tablespace = tablespace.to_owned();
            self.statement(&format!("SET default_tablespace = {}", literal(tablespace)));
        }
        if let Some(method) = entry.access_method.as_ref().filter(|method| **method != self.access_method) {
            self.access_method.clone_from(method);
            self.statement(&format!("SET default_table_access_method = {}", ident(method)));
        }
        let labels = entry.labels.iter().map(|label| &label.sql);
        entry
            .ddl
            .iter()
            .chain(&entry.owner_sql)
            .chain(&entry.comments)
            .chain(labels)
            .for_each(|sql| self.sql(sql));
    }

    fn acl(&mut self, entry: &Entry) {
        if !entry.acl.is_empty() {
            self.entry_header(entry, "ACL");
            self.grants(&entry.acl);
        }
    }

    fn entry_header(&mut self, entry: &Entry, kind: &str) {
        let mut name = String::new();
        if let Some(table) = &entry.table {
            let _ = write!(name, "{table} ");
        }
        name.push_str(&entry.name);
        self.header(&name, kind, entry.schema.as_deref(), entry.owner.as_deref());
    }

    /// GRANT and REVOKE; those by another grantor than the owner run as that grantor.
    fn grants(&mut self, acl: &[crate::manifest::Acl]) {
        for acl in acl {
            match &acl.grantor {
                Some(grantor) => {
                    self.statement(&format!("SET ROLE {}", ident(grantor)));
                    self.sql(&acl.sql);
                    self.statement("RESET ROLE");
                }
                None => self.sql(&acl.sql),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{restrict_key, schema_sql};
    use crate::manifest::{Begin, Catalog};

    fn script(catalog: serde_json::Value) -> String {
        let begin = json!({
            "tool": "pgark 1", "created": "2026-01-01T00:00:00Z",
            "source": {"database": "a\n\\! rm", "server_version": "18.4", "server_version_num": 180_004,
                       "encoding": "UTF8"},
        });
        let begin: Begin = serde_json::from_value(begin).unwrap();
        let catalog: Catalog = serde_json::from_value(catalog).unwrap();
        schema_sql(&begin, &catalog, "KEY").unwrap()
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

--
-- Name: m; Type: REFRESH; Schema: public; Owner: -
--

REFRESH MATERIALIZED VIEW public.m;
"
        );
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

    #[test]
    fn keys_are_long_and_differ() {
        let (a, b) = (restrict_key().unwrap(), restrict_key().unwrap());
        assert_ne!(a, b);
        assert!(a.len() == 63 && a.bytes().all(|b| b.is_ascii_alphanumeric()), "{a}");
    }
}
