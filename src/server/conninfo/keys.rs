//! The parameters that may stand in a connection string: libpq's, with their environment variables.

use super::Error;
use super::foreign::{self, Foreign};

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// One of libpq's.
    Known(&'static str),
    /// One that other tools put into connection strings.
    Foreign(&'static str, Foreign),
}

/// Every parameter of libpq 18 (and `servicefile` of the one after), with its environment variable (documentation:
/// "Parameter Key Words", "Environment Variables").
///
/// `PGCLIENTENCODING`, `PGDATESTYLE`, `PGTZ` and `PGGEQO` are missing on purpose: a dump must not depend on them.
const KEYS: &[(&str, Option<&str>)] = &[
    ("service", Some("PGSERVICE")),
    ("servicefile", Some("PGSERVICEFILE")),
    ("host", Some("PGHOST")),
    ("hostaddr", Some("PGHOSTADDR")),
    ("port", Some("PGPORT")),
    ("dbname", Some("PGDATABASE")),
    ("user", Some("PGUSER")),
    ("password", Some("PGPASSWORD")),
    ("passfile", Some("PGPASSFILE")),
    ("require_auth", Some("PGREQUIREAUTH")),
    ("channel_binding", Some("PGCHANNELBINDING")),
    ("connect_timeout", Some("PGCONNECT_TIMEOUT")),
    ("client_encoding", None),
    ("options", Some("PGOPTIONS")),
    ("application_name", Some("PGAPPNAME")),
    ("fallback_application_name", None),
    ("keepalives", None),
    ("keepalives_idle", None),
    ("keepalives_interval", None),
    ("keepalives_count", None),
    ("tcp_user_timeout", None),
    ("replication", None),
    ("gssencmode", Some("PGGSSENCMODE")),
    ("krbsrvname", Some("PGKRBSRVNAME")),
    ("gsslib", Some("PGGSSLIB")),
    ("gssdelegation", Some("PGGSSDELEGATION")),
    ("sslmode", Some("PGSSLMODE")),
    ("sslnegotiation", Some("PGSSLNEGOTIATION")),
    ("sslcompression", Some("PGSSLCOMPRESSION")),
    ("sslcert", Some("PGSSLCERT")),
    ("sslkey", Some("PGSSLKEY")),
    ("sslcertmode", Some("PGSSLCERTMODE")),
    ("sslpassword", None),
    ("sslrootcert", Some("PGSSLROOTCERT")),
    ("sslcrl", Some("PGSSLCRL")),
    ("sslcrldir", Some("PGSSLCRLDIR")),
    ("sslsni", Some("PGSSLSNI")),
    ("sslkeylogfile", None),
    ("ssl_min_protocol_version", Some("PGSSLMINPROTOCOLVERSION")),
    ("ssl_max_protocol_version", Some("PGSSLMAXPROTOCOLVERSION")),
    ("min_protocol_version", Some("PGMINPROTOCOLVERSION")),
    ("max_protocol_version", Some("PGMAXPROTOCOLVERSION")),
    ("requirepeer", Some("PGREQUIREPEER")),
    ("target_session_attrs", Some("PGTARGETSESSIONATTRS")),
    ("load_balance_hosts", Some("PGLOADBALANCEHOSTS")),
    ("scram_client_key", None),
    ("scram_server_key", None),
    ("oauth_issuer", None),
    ("oauth_client_id", None),
    ("oauth_client_secret", None),
    ("oauth_scope", None),
    // Older than `sslmode`; libpq rewrites it, too.
    ("requiressl", None),
];

/// The parameters that have an environment variable, with its name.
pub(super) fn with_variable() -> impl Iterator<Item = (&'static str, &'static str)> {
    KEYS.iter().filter_map(|&(name, variable)| Some((name, variable?)))
}

/// A parameter of libpq's by its name.
pub(super) fn known(key: &str) -> Option<&'static str> {
    KEYS.iter().map(|&(name, _)| name).find(|name| *name == key)
}

/// A parameter that may stand in a connection string.
pub(super) fn find(key: &str) -> Result<Key, Error> {
    if let Some(name) = known(key) {
        return Ok(Key::Known(name));
    }
    if let Some((name, foreign)) = foreign::find(key) {
        return Ok(Key::Foreign(name, foreign));
    }
    Err(Error::Unknown { key: shown(key), nearest: nearest(key) })
}

/// What stands before `=` is shown as long as it looks like a name, and not like a piece of a password.
pub(super) fn shown(key: &str) -> String {
    let plain = key.len() <= 40 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if plain { key.to_owned() } else { "…".to_owned() }
}

fn nearest(key: &str) -> Option<&'static str> {
    let key = key.to_ascii_lowercase();
    KEYS.iter()
        .map(|&(name, _)| (distance(&key, name), name))
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
        for (i, (name, _)) in KEYS.iter().enumerate() {
            assert!(
                KEYS[..i].iter().all(|(other, _)| other != name) && foreign::find(name).is_none(),
                "{name} twice"
            );
        }
    }
}
