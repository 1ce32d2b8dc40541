//! What pgark does with each connection parameter.

use super::Error;

/// What is done with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    /// It has an effect.
    Used,
    /// libpq knows it, but it changes nothing here.
    Harmless,
    /// It asks for a protection that pgark does not have.
    Refused(&'static str),
    /// Another tool's way to ask for a search path.
    SearchPath,
    /// Another tool's parameter: a warning, no effect.
    Foreign,
}

use Treatment::{Foreign, Harmless, Refused, SearchPath, Used};

/// A parameter: name, environment variable, treatment.
type Key = (&'static str, Option<&'static str>, Treatment);

/// Every parameter that may stand in a connection string.
const KEYS: &[Key] = &[
    ("host", Some("PGHOST"), Used),
    ("hostaddr", Some("PGHOSTADDR"), Used),
    ("port", Some("PGPORT"), Used),
    ("dbname", Some("PGDATABASE"), Used),
    ("user", Some("PGUSER"), Used),
    ("password", Some("PGPASSWORD"), Used),
    ("passfile", Some("PGPASSFILE"), Used),
    ("options", Some("PGOPTIONS"), Used),
    ("application_name", Some("PGAPPNAME"), Used),
    ("fallback_application_name", None, Used),
    ("connect_timeout", Some("PGCONNECT_TIMEOUT"), Used),
    ("keepalives", None, Used),
    ("keepalives_idle", None, Used),
    ("keepalives_interval", None, Used),
    ("keepalives_count", None, Used),
    ("tcp_user_timeout", None, Used),
    ("sslmode", Some("PGSSLMODE"), Used),
    ("sslnegotiation", Some("PGSSLNEGOTIATION"), Used),
    ("sslrootcert", Some("PGSSLROOTCERT"), Used),
    ("sslcert", Some("PGSSLCERT"), Used),
    ("sslkey", Some("PGSSLKEY"), Used),
    ("sslsni", Some("PGSSLSNI"), Used),
    ("ssl_min_protocol_version", Some("PGSSLMINPROTOCOLVERSION"), Used),
    ("channel_binding", Some("PGCHANNELBINDING"), Used),
    ("target_session_attrs", Some("PGTARGETSESSIONATTRS"), Used),
    ("client_encoding", None, Harmless),
    ("krbsrvname", None, Harmless),
    ("gsslib", None, Harmless),
    ("gssdelegation", None, Harmless),
    ("sslcompression", None, Harmless),
    ("sslcertmode", Some("PGSSLCERTMODE"), Harmless),
    ("gssencmode", Some("PGGSSENCMODE"), Harmless),
    ("load_balance_hosts", Some("PGLOADBALANCEHOSTS"), Harmless),
    ("min_protocol_version", None, Harmless),
    ("max_protocol_version", None, Harmless),
    ("sslkeylogfile", None, Harmless),
    ("replication", None, Refused("a replication connection cannot run queries")),
    ("service", Some("PGSERVICE"), Refused("service files are not read")),
    ("servicefile", None, Refused("service files are not read")),
    ("require_auth", Some("PGREQUIREAUTH"), Refused("the authentication method cannot be restricted")),
    ("requirepeer", Some("PGREQUIREPEER"), Refused("the server process's owner cannot be checked")),
    ("sslpassword", None, Refused("encrypted client keys are not supported")),
    ("sslcrl", Some("PGSSLCRL"), Refused("revocation lists are not supported")),
    ("sslcrldir", Some("PGSSLCRLDIR"), Refused("revocation lists are not supported")),
    ("ssl_max_protocol_version", Some("PGSSLMAXPROTOCOLVERSION"), Refused("TLS cannot be held back")),
    ("scram_client_key", None, Refused("SCRAM keys are not supported, give the password")),
    ("scram_server_key", None, Refused("SCRAM keys are not supported, give the password")),
    ("oauth_issuer", None, Refused("OAuth is not supported")),
    ("oauth_client_id", None, Refused("OAuth is not supported")),
    ("oauth_client_secret", None, Refused("OAuth is not supported")),
    ("oauth_scope", None, Refused("OAuth is not supported")),
    ("sslidentity", None, Refused("PKCS#12 files are not supported, use sslcert and sslkey")),
    // Rewritten before they get here, see `translate`.
    ("ssl", None, Used),
    ("requiressl", None, Used),
    ("sslaccept", None, Used),
    // Other tools' names for a search path.
    ("search_path", None, SearchPath),
    ("currentSchema", None, SearchPath),
    ("schema", None, SearchPath),
    // Pools and drivers: Prisma, pgx, lib/pq, asyncpg, SQLAlchemy, Rails, golang-migrate, node-postgres.
    ("pgbouncer", None, Foreign),
    ("connection_limit", None, Foreign),
    ("pool_timeout", None, Foreign),
    ("pool_max_conns", None, Foreign),
    ("pool_min_conns", None, Foreign),
    ("pool_max_conn_lifetime", None, Foreign),
    ("pool_max_conn_idle_time", None, Foreign),
    ("pool_health_check_period", None, Foreign),
    ("pool_size", None, Foreign),
    ("max_idle_conns", None, Foreign),
    ("max_open_conns", None, Foreign),
    ("max_conns", None, Foreign),
    ("max_overflow", None, Foreign),
    ("pool", None, Foreign),
    ("socket_timeout", None, Foreign),
    ("socketTimeout", None, Foreign),
    ("loginTimeout", None, Foreign),
    ("connectTimeout", None, Foreign),
    ("ApplicationName", None, Foreign),
    ("default_query_exec_mode", None, Foreign),
    ("prepared_statement_cache_size", None, Foreign),
    ("statement_cache_capacity", None, Foreign),
    ("statement_cache_mode", None, Foreign),
    ("description_cache_capacity", None, Foreign),
    ("prepareThreshold", None, Foreign),
    ("reWriteBatchedInserts", None, Foreign),
    ("stringtype", None, Foreign),
    ("binary_parameters", None, Foreign),
    ("socket", None, Foreign),
    ("adapter", None, Foreign),
    ("encoding", None, Foreign),
    ("reconnect", None, Foreign),
    // Settings of the server, which pgx and lib/pq take as parameters. pgark sets its own.
    ("statement_timeout", None, Foreign),
    ("lock_timeout", None, Foreign),
    ("idle_in_transaction_session_timeout", None, Foreign),
    ("timezone", None, Foreign),
    ("TimeZone", None, Foreign),
    ("datestyle", None, Foreign),
    ("DateStyle", None, Foreign),
    ("intervalstyle", None, Foreign),
    ("role", None, Foreign),
    ("work_mem", None, Foreign),
    ("default_transaction_read_only", None, Foreign),
];

/// The parameters that have an environment variable, with its name.
pub(super) fn with_variable() -> impl Iterator<Item = (&'static str, &'static str, Treatment)> {
    KEYS.iter().filter_map(|&(name, variable, treatment)| Some((name, variable?, treatment)))
}

/// A parameter's own name and treatment.
pub(super) fn find(key: &str) -> Result<(&'static str, Treatment), Error> {
    if let Some(&(name, _, treatment)) = KEYS.iter().find(|(name, ..)| *name == key) {
        return Ok((name, treatment));
    }
    // golang-migrate's own parameters all begin like this.
    if key.starts_with("x-") {
        return Ok(("x-…", Foreign));
    }
    Err(Error::Unknown { key: shown(key), nearest: nearest(key) })
}

/// What stands before `=` is shown as long as it looks like a name, and not like a piece of a password.
fn shown(key: &str) -> String {
    let plain = key.len() <= 40 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if plain { key.to_owned() } else { "…".to_owned() }
}

/// Rewrites other tools' TLS parameters into libpq's: `ssl=true` (JDBC, node-postgres), `requiressl`,
/// `sslaccept` (Prisma), `sslmode=no-verify` (node-postgres). None of them weakens what libpq would do.
pub(super) fn translate(key: &'static str, value: String) -> Result<(&'static str, String), Error> {
    let mode = match (key, value.as_str()) {
        ("ssl", "true" | "1" | "on") | ("requiressl", "1") | ("sslmode", "no-verify") => "require",
        ("ssl", "false" | "0" | "off") => "disable",
        ("requiressl", "0") => "prefer",
        ("sslaccept", "strict") => "verify-full",
        ("sslaccept", "accept_invalid_certs") => "require",
        ("ssl" | "requiressl" | "sslaccept", _) => return Err(Error::Value { key, value }),
        _ => return Ok((key, value)),
    };
    Ok(("sslmode", mode.to_owned()))
}

fn nearest(key: &str) -> Option<&'static str> {
    let key = key.to_ascii_lowercase();
    KEYS.iter()
        .map(|&(name, ..)| (distance(&key, name), name))
        .min()
        .filter(|&(distance, name)| distance <= 3 && distance * 2 < name.len())
        .map(|(_, name)| name)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b = b.as_bytes();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_get_a_suggestion() {
        for (key, expected) in [("sslmod", Some("sslmode")), ("usr", Some("user")), ("frobnicate", None)] {
            match find(key) {
                Err(Error::Unknown { nearest, .. }) => assert_eq!(nearest, expected, "{key}"),
                other => panic!("{key}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_stray_piece_of_a_password_is_not_repeated() {
        let error = find("s3cr3t!#with/strange").expect_err("unknown").to_string();
        assert!(!error.contains("s3cr3t"), "{error}");
    }

    #[test]
    fn names_are_unique() {
        for (i, (name, ..)) in KEYS.iter().enumerate() {
            assert!(KEYS[..i].iter().all(|(other, ..)| other != name), "{name} twice");
        }
    }
}
