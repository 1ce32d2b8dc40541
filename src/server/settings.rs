//! The settings of a session, as statements. Pure: the server's version decides.

use crate::version::Version;

/// How long the settings last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// For the session.
    Session,
    /// For the current transaction. Behind a pooler that shares server connections nothing else is safe: what a
    /// session sets would reach the pool's next client.
    Transaction,
}

/// Options of a writing session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Writing {
    /// Do not wait at each COMMIT until it is on the server's disk (`synchronous_commit = off`).
    pub asynchronous_commit: bool,
}

/// The encoding of a session's statements and of what it reads, but for rows of COPY. In a database whose bytes have no
/// meaning they are taken as they are ([`crate::sql::bytes`]); a session that says UTF-8 could not name everything there.
pub fn client_encoding(server_encoding: &str) -> &'static str {
    if server_encoding == "SQL_ASCII" { "SQL_ASCII" } else { "UTF8" }
}

/// Settings that stop the server from ending long work, with the first major that has them. A role or database may
/// have other defaults.
const TIMEOUTS: [(&str, u16); 5] = [
    ("statement_timeout", 0),
    ("lock_timeout", 0),
    ("idle_in_transaction_session_timeout", 0),
    ("idle_session_timeout", 14),
    ("transaction_timeout", 17),
];

/// Settings that change how the server writes names, values and expressions.
const TEXT_FORMS: [(&str, &str); 8] = [
    // Nothing but pg_catalog is found without a schema, so that deparsed names are qualified, and nobody's
    // function is called by accident (CVE-2018-1058).
    ("search_path", "''"),
    ("DateStyle", "'ISO'"),
    ("IntervalStyle", "'postgres'"),
    ("extra_float_digits", "3"),
    ("bytea_output", "'hex'"),
    ("lc_monetary", "'C'"),
    ("standard_conforming_strings", "on"),
    ("quote_all_identifiers", "off"),
];

/// The settings of a session that reads a database.
pub fn reading(version: Version, scope: Scope) -> Vec<String> {
    let mut statements = both(version, scope);
    // Every scan begins at the table's start, so that rows come in the same order each time.
    statements.push(set(scope, "synchronize_seqscans", "off"));
    // As many sessions as are wanted are there: processes for parts of a query would only compete with them.
    statements.push(set(scope, "max_parallel_workers_per_gather", "0"));
    // A relation that becomes a view or foreign table during the dump must not run anybody's code
    // (CVE-2024-7348). Minor releases since August 2024 have the setting.
    let local = scope == Scope::Transaction;
    statements.push(format!(
        "SELECT pg_catalog.set_config(name, 'view, foreign-table', {local}) FROM pg_catalog.pg_settings \
         WHERE name = 'restrict_nonsystem_relation_kind'"
    ));
    statements
}

/// The settings of a session that writes a database.
pub fn writing(version: Version, scope: Scope, options: Writing) -> Vec<String> {
    let mut statements = vec![set(scope, "default_transaction_read_only", "off")];
    statements.extend(both(version, scope));
    for (name, value) in [
        // Functions may come before what they mention.
        ("check_function_bodies", "off"),
        // XML values may be fragments.
        ("xmloption", "content"),
        // What the target's database or role has by default would give other values, expressions and places.
        ("array_nulls", "on"),
        ("transform_null_equals", "off"),
        ("default_tablespace", "''"),
        ("default_table_access_method", "heap"),
        ("client_min_messages", "warning"),
    ] {
        statements.push(set(scope, name, value));
    }
    if options.asynchronous_commit {
        statements.push(set(scope, "synchronous_commit", "off"));
    }
    statements
}

/// Whatever the database or the role says, nothing ends by itself. SETs only: a transaction's snapshot is not taken by
/// them.
pub fn no_timeouts(version: Version, scope: Scope) -> Vec<String> {
    let known = TIMEOUTS.iter().filter(|(_, since)| version.at_least(*since));
    known.map(|(name, _)| set(scope, name, "0")).collect()
}

fn both(version: Version, scope: Scope) -> Vec<String> {
    // off: an error instead of rows that a policy silently filters out.
    let row_security = [("row_security", "off")];
    let mut statements = no_timeouts(version, scope);
    statements
        .extend(TEXT_FORMS.into_iter().chain(row_security).map(|(name, value)| set(scope, name, value)));
    if version.at_least(14) {
        // Who is killed cannot cancel: without this an index would be built, or a lock waited for, for nobody. Not all
        // systems can tell that a client is gone; others refuse the setting.
        statements.push(format!(
            "SELECT pg_catalog.set_config('client_connection_check_interval', '2s', {}) \
             WHERE pg_catalog.version() ~ 'linux'",
            scope == Scope::Transaction
        ));
    }
    statements
}

fn set(scope: Scope, name: &str, value: &str) -> String {
    let local = if scope == Scope::Transaction { "LOCAL " } else { "" };
    format!("SET {local}{name} = {value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(statements: &[String], wanted: &str) -> bool {
        statements.iter().any(|s| s == wanted)
    }

    #[test]
    fn timeouts_are_set_where_the_server_has_them() {
        for (num, idle, transaction) in
            [(120_000, false, false), (140_005, true, false), (170_000, true, true)]
        {
            let statements = reading(Version::from_num(num), Scope::Session);
            assert!(has(&statements, "SET statement_timeout = 0"));
            assert_eq!(has(&statements, "SET idle_session_timeout = 0"), idle, "{num}");
            assert_eq!(has(&statements, "SET transaction_timeout = 0"), transaction, "{num}");
        }
    }

    #[test]
    fn everything_is_local_in_a_transaction() {
        let version = Version::from_num(180_000);
        let options = Writing { asynchronous_commit: true };
        for statement in
            reading(version, Scope::Transaction).iter().chain(&writing(version, Scope::Transaction, options))
        {
            let by_function = statement.starts_with("SELECT pg_catalog.set_config(");
            let local = statement.starts_with("SET LOCAL ") || by_function && statement.contains(", true)");
            assert!(local, "{statement}");
        }
    }

    #[test]
    fn writing_commits_synchronously_unless_told_otherwise() {
        let version = Version::from_num(180_000);
        let off = "SET synchronous_commit = off";
        assert!(!has(&writing(version, Scope::Session, Writing::default()), off));
        assert!(has(&writing(version, Scope::Session, Writing { asynchronous_commit: true }), off));
    }
}
