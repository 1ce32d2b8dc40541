//! A script of statements, for psql or for programs. Pure but for the key.

use std::borrow::Cow;

use serde::Serialize;

use super::error::Error;
use crate::manifest::{Acl, Begin};
use crate::server::settings::{Scope, Writing, client_encoding, writing};
use crate::sql::bytes::to_server;
use crate::sql::{Sql, ident, literal};
use crate::version::Version;

/// Settings that older servers do not know are set by a query that finds nothing there.
const NEWER_TIMEOUTS: &str = "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings \
    WHERE name IN ('idle_session_timeout', 'transaction_timeout')";

/// Who runs a script.
///
/// There is no form for both. What a source calls an expression is its own word, and it may end a quote, or set
/// `standard_conforming_strings` or `client_encoding` so that psql sees the end of one where it was not: only psql's own
/// restricted mode keeps a hostile text from running commands, and nothing but psql knows the commands of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// psql: between `\restrict key` and `\unrestrict key` it takes no commands, so that nothing hidden in a text can run
    /// one.
    Psql {
        /// Letters and digits that nobody can guess.
        key: String,
    },
    /// A program that has a driver: a JSON object per line, `{"object": …, "sql": …}`, each with one statement.
    Json,
}

impl Form {
    /// psql, with a key of 63 random letters and digits (more than 370 bits), as pg_dump makes them.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn psql() -> Result<Self, Error> {
        const LETTERS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz01";
        let mut bytes = [0; 63];
        getrandom::fill(&mut bytes).map_err(|error| Error::Random(error.to_string()))?;
        let key = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 64)])).collect();
        Ok(Self::Psql { key })
    }
}

/// A line of the form [`Form::Json`].
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    object: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sql: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connect: Option<&'a str>,
}

/// What a header says.
pub(super) struct Header<'a> {
    /// How messages name the object.
    pub label: &'a str,
    pub name: &'a str,
    pub kind: &'a str,
    pub schema: Option<&'a str>,
    pub owner: Option<&'a str>,
}

/// The text so far.
pub(super) struct Script<'a> {
    form: &'a Form,
    text: String,
    object: String,
}

impl<'a> Script<'a> {
    /// The beginning of a script about `what`.
    pub(super) fn new(form: &'a Form, what: &str, begin: &Begin) -> Self {
        let mut script = Self { form, text: String::new(), object: String::new() };
        if let Form::Psql { key } = form {
            script.text = format!("\\restrict {key}\n\n");
        }
        script.comment(&format!("{what}, PostgreSQL {}", begin.source.server_version));
        script.comment(&format!("Dumped by {} at {}", begin.tool, begin.created));
        script
    }

    /// The end.
    ///
    /// # Errors
    /// Bytes that are no text, for JSON.
    pub(super) fn end(mut self) -> Result<String, Error> {
        match self.form {
            Form::Psql { key } => self.text.push_str(&format!("\n\\unrestrict {key}\n")),
            Form::Json if matches!(to_server(&self.text), Cow::Owned(_)) => return Err(Error::NotText),
            Form::Json => {}
        }
        Ok(self.text)
    }

    /// Settings of the session that runs it.
    pub(super) fn session(&mut self, begin: &Begin) {
        if let Form::Psql { .. } = self.form {
            self.text.push('\n');
            // A driver has an encoding of its own.
            let encoding = client_encoding(&begin.source.encoding);
            self.statement(&format!("SET client_encoding = {}", literal(encoding)));
        }
        // The oldest server's settings are every server's.
        for setting in writing(Version::from_num(120_000), Scope::Session, Writing::default()) {
            self.statement(&setting);
        }
        self.statement(NEWER_TIMEOUTS);
    }

    /// Goes on in another database.
    ///
    /// # Errors
    /// A name that psql cannot say.
    pub(super) fn connect(&mut self, database: &str) -> Result<(), Error> {
        self.object.clear();
        let Form::Psql { key } = self.form else {
            self.json(&Line { object: "", sql: None, connect: Some(database) });
            return Ok(());
        };
        if database.contains(['\n', '\r']) {
            return Err(Error::ConnectName(database.to_owned()));
        }
        let command = format!("\\connect -reuse-previous=on {}", connection(database));
        self.text.push_str(&format!("\n\\unrestrict {key}\n{command}\n\\restrict {key}\n"));
        Ok(())
    }

    /// A comment for people: one line, whatever the text is.
    pub(super) fn comment(&mut self, text: &str) {
        if let Form::Psql { .. } = self.form {
            let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            self.text.push_str(&format!("-- {line}\n"));
        }
    }

    /// The heading of an object, in the words of pg_dump.
    pub(super) fn header(&mut self, header: &Header<'_>) {
        header.label.clone_into(&mut self.object);
        if let Form::Psql { .. } = self.form {
            let Header { name, kind, .. } = header;
            let (schema, owner) = (header.schema.unwrap_or("-"), header.owner.unwrap_or("-"));
            self.text.push_str("\n--\n");
            self.comment(&format!("Name: {name}; Type: {kind}; Schema: {schema}; Owner: {owner}"));
            self.text.push_str("--\n\n");
        }
    }

    pub(super) fn statement(&mut self, sql: &str) {
        match self.form {
            Form::Psql { .. } => {
                self.text.push_str(sql);
                // The server writes the semicolon of a rule itself.
                self.text.push_str(if sql.ends_with(';') { "\n" } else { ";\n" });
            }
            Form::Json => {
                let object = std::mem::take(&mut self.object);
                self.json(&Line { object: &object, sql: Some(sql), connect: None });
                self.object = object;
            }
        }
    }

    pub(super) fn sql(&mut self, sql: &Sql) {
        self.statement(&sql.render());
    }

    /// GRANT and REVOKE; those by another grantor than the owner run as that grantor.
    pub(super) fn grants(&mut self, acl: &[Acl]) {
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

    fn json(&mut self, line: &Line<'_>) {
        let json = serde_json::to_string(line).expect("invariant: strings are JSON");
        self.text.push_str(&json);
        self.text.push('\n');
    }
}

/// A connection string with nothing but the database, as an argument of `\connect`: quoted once as libpq reads it, and
/// once as psql does.
fn connection(database: &str) -> String {
    let value = database.replace('\\', "\\\\").replace('\'', "\\'");
    format!("\"{}\"", format!("dbname='{value}'").replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::{Form, Script, connection};
    use crate::manifest::Begin;

    #[test]
    fn keys_are_long_and_differ() {
        let (a, b) = (Form::psql().unwrap(), Form::psql().unwrap());
        assert_ne!(a, b);
        let Form::Psql { key } = a else { panic!("{a:?}") };
        assert!(key.len() == 63 && key.bytes().all(|b| b.is_ascii_alphanumeric()), "{key}");
    }

    #[test]
    fn names_of_databases_are_quoted_for_psql_and_libpq() {
        assert_eq!(connection("app"), "\"dbname='app'\"");
        assert_eq!(connection("it's \"a\\b\""), r#""dbname='it\'s ""a\\b""'""#);
    }

    #[test]
    fn a_line_of_json_is_a_statement() {
        let mut script = Script::new(&Form::Json, "x", &Begin::default());
        script.statement("SELECT 'a\n'");
        script.connect("x\ny").unwrap();
        assert_eq!(script.end().unwrap(), "{\"sql\":\"SELECT 'a\\n'\"}\n{\"connect\":\"x\\ny\"}\n");
        let mut script = Script::new(&Form::Json, "x", &Begin::default());
        script.statement(&crate::sql::bytes::from_server(b"SELECT '\xe4'"));
        assert!(script.end().is_err());
    }
}
