//! Parameters that other tools put into connection strings: drivers, pools, migration tools.
//!
//! libpq dies of them. What names something that libpq has, too, is translated, and never into less than it says; the
//! rest is left aside, with one warning for all.

use super::Error;
use super::values::Values;

/// What is done with another tool's parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    /// Nothing.
    Ignored,
    /// It is a search path: recorded.
    SearchPath,
    /// It says whether TLS is used: JDBC, node-postgres, asyncpg.
    Ssl,
    /// It says whether the certificate is checked (Prisma).
    SslAccept,
    /// The same as a parameter of libpq's.
    Means(&'static str),
    /// JDBC's `target_session_attrs`.
    TargetServerType,
    /// It asks for something that pgark cannot do.
    Refused(&'static str),
}

use Foreign::{Ignored, Means, Refused, SearchPath, Ssl, SslAccept, TargetServerType};

const KEYS: &[(&str, Foreign)] = &[
    ("search_path", SearchPath),
    ("currentSchema", SearchPath),
    ("schema", SearchPath),
    ("schema_search_path", SearchPath),
    ("ssl", Ssl),
    ("sslaccept", SslAccept),
    ("targetServerType", TargetServerType),
    ("ApplicationName", Means("application_name")),
    ("connectTimeout", Means("connect_timeout")),
    ("sslidentity", Refused("PKCS#12 files are not supported, use sslcert and sslkey")),
    ("sslfactory", Refused("Java classes cannot be used, see sslmode and sslrootcert")),
    ("socketFactory", Refused("Java classes cannot be used")),
    // Pools and drivers: Prisma, pgx, lib/pq, asyncpg, SQLAlchemy, Rails, node-postgres, JDBC.
    ("pgbouncer", Ignored),
    ("connection_limit", Ignored),
    ("max_idle_conns", Ignored),
    ("max_open_conns", Ignored),
    ("max_conns", Ignored),
    ("max_overflow", Ignored),
    ("max", Ignored),
    ("pool", Ignored),
    ("checkout_timeout", Ignored),
    ("idle_timeout", Ignored),
    ("prepared_statements", Ignored),
    ("advisory_locks", Ignored),
    ("socket_timeout", Ignored),
    ("socketTimeout", Ignored),
    ("loginTimeout", Ignored),
    ("tcpKeepAlive", Ignored),
    ("default_query_exec_mode", Ignored),
    ("prepared_statement_cache_size", Ignored),
    ("statement_cache_capacity", Ignored),
    ("statement_cache_size", Ignored),
    ("statement_cache_mode", Ignored),
    ("description_cache_capacity", Ignored),
    ("prepareThreshold", Ignored),
    ("preparedStatementCacheQueries", Ignored),
    ("preferQueryMode", Ignored),
    ("reWriteBatchedInserts", Ignored),
    ("defaultRowFetchSize", Ignored),
    ("stringtype", Ignored),
    ("readOnly", Ignored),
    ("binary_parameters", Ignored),
    ("socket", Ignored),
    ("adapter", Ignored),
    ("encoding", Ignored),
    ("reconnect", Ignored),
    ("sslinline", Ignored),
    // Settings of the server, which pgx and lib/pq take as parameters. pgark sets its own.
    ("statement_timeout", Ignored),
    ("lock_timeout", Ignored),
    ("idle_in_transaction_session_timeout", Ignored),
    ("idle_session_timeout", Ignored),
    ("transaction_timeout", Ignored),
    ("timezone", Ignored),
    ("TimeZone", Ignored),
    ("datestyle", Ignored),
    ("DateStyle", Ignored),
    ("intervalstyle", Ignored),
    ("role", Ignored),
    ("work_mem", Ignored),
    ("default_transaction_read_only", Ignored),
    ("default_transaction_isolation", Ignored),
];

/// Families of parameters of which new ones appear all the time: golang-migrate's, and those of pools.
const FAMILIES: [(&str, &str); 2] = [("x-", "x-…"), ("pool_", "pool_…")];

/// The parameter of that name.
pub(super) fn find(key: &str) -> Option<(&'static str, Foreign)> {
    let listed = KEYS.iter().copied().find(|(name, _)| *name == key);
    listed.or_else(|| {
        FAMILIES.iter().find(|(start, _)| key.starts_with(start)).map(|&(_, shown)| (shown, Ignored))
    })
}

/// What a connection string said in other tools' words.
#[derive(Default)]
pub(super) struct Said {
    /// A search path.
    pub search_path: Option<String>,
    /// A pooler is in between.
    pub pooler: bool,
    /// The certificate must be checked.
    strict: bool,
    /// Names of what has no effect.
    ignored: Vec<&'static str>,
}

impl Said {
    /// Takes one parameter; what libpq has, too, goes into `values`. `jdbc`: the string is JDBC's.
    pub fn take(
        &mut self,
        (key, foreign): (&'static str, Foreign),
        value: String,
        jdbc: bool,
        values: &mut Values,
    ) -> Result<(), Error> {
        match foreign {
            Ignored => {
                self.pooler |= key == "pgbouncer" && !is_no(&value);
                self.ignore(key);
            }
            SearchPath => {
                self.search_path = Some(value);
                self.ignore(key);
            }
            Means(name) => values.set(name, value),
            Refused(reason) => return Err(Error::Unsupported { key, reason }),
            Ssl => {
                let mode = match value.as_str() {
                    // JDBC's `ssl=true` checks chain and name.
                    "" | "true" | "1" | "on" if jdbc => "verify-full",
                    "true" | "1" | "on" | "yes" | "no-verify" => "require",
                    "false" | "0" | "off" | "no" => "disable",
                    mode if rank(mode).is_some() => mode,
                    _ => return Err(Error::Value { key, value }),
                };
                // Never less than an `sslmode` that was there before.
                if values.get("sslmode").and_then(rank) < rank(mode) {
                    values.set("sslmode", mode.to_owned());
                }
            }
            SslAccept => match value.as_str() {
                "strict" => self.strict = true,
                "accept_invalid_certs" => self.ignore(key),
                _ => return Err(Error::Value { key, value }),
            },
            TargetServerType => {
                let attrs = match value.as_str() {
                    "any" => "any",
                    "primary" | "master" => "read-write",
                    "secondary" | "slave" => "standby",
                    "preferSecondary" | "preferSlave" => "prefer-standby",
                    _ => return Err(Error::Value { key, value }),
                };
                values.set("target_session_attrs", attrs.to_owned());
            }
        }
        Ok(())
    }

    /// Applies what holds wherever it stood in the string.
    pub fn finish(&self, values: &mut Values) {
        if self.strict && values.get("sslmode") != Some("disable") {
            values.set("sslmode", "verify-full".to_owned());
        }
    }

    /// One warning for all.
    pub fn warning(&self) -> Option<String> {
        if self.ignored.is_empty() {
            return None;
        }
        let recorded = match self.search_path {
            Some(_) => "; the search_path is recorded, not applied: names in a dump are always qualified",
            None => "",
        };
        Some(format!(
            "the connection string has parameters of other tools, which are ignored: {}{recorded}",
            self.ignored.join(", ")
        ))
    }

    fn ignore(&mut self, key: &'static str) {
        if !self.ignored.contains(&key) {
            self.ignored.push(key);
        }
    }
}

/// The modes from weak to strong.
fn rank(mode: &str) -> Option<usize> {
    super::tls::SSL_MODE.iter().position(|(name, _)| *name == mode)
}

/// A spelling of "no", as the server reads booleans.
pub(super) fn is_no(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "false" | "0" | "no" | "off")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(pairs: &[(&str, &str)], jdbc: bool) -> (Said, Values) {
        let (mut said, mut values) = (Said::default(), Values::default());
        for (key, value) in pairs {
            match find(key) {
                Some(foreign) => said.take(foreign, (*value).to_owned(), jdbc, &mut values).expect("valid"),
                None => values.set(super::super::keys::known(key).expect("known"), (*value).to_owned()),
            }
        }
        said.finish(&mut values);
        (said, values)
    }

    #[test]
    fn tls_is_never_weakened() {
        for (pairs, jdbc, expected) in [
            (&[("ssl", "true")][..], false, "require"),
            (&[("ssl", "true")], true, "verify-full"),
            (&[("ssl", "verify-full")], false, "verify-full"),
            (&[("sslmode", "verify-full"), ("ssl", "true")], false, "verify-full"),
            (&[("sslmode", "prefer"), ("ssl", "true")], false, "require"),
            (&[("sslmode", "require"), ("ssl", "false")], false, "require"),
            (&[("ssl", "false")], false, "disable"),
            (&[("sslaccept", "strict"), ("sslmode", "require")], false, "verify-full"),
            (&[("sslmode", "disable"), ("sslaccept", "strict")], false, "disable"),
            (&[("sslmode", "verify-ca"), ("sslaccept", "accept_invalid_certs")], false, "verify-ca"),
        ] {
            assert_eq!(take(pairs, jdbc).1.get("sslmode"), Some(expected), "{pairs:?}");
        }
    }

    #[test]
    fn one_warning_names_all() {
        let (said, _) = take(
            &[("pool_max_conns", "5"), ("x-a", "1"), ("x-b", "2"), ("pgbouncer", "true"), ("schema", "app")],
            false,
        );
        assert!(said.pooler && said.search_path.as_deref() == Some("app"));
        let warning = said.warning().expect("a warning");
        assert!(
            warning.contains(": pool_…, x-…, pgbouncer, schema; the search_path is recorded"),
            "{warning}"
        );
        assert_eq!(take(&[("connectTimeout", "3")], true).0.warning(), None);
    }

    #[test]
    fn jdbc_words_for_what_libpq_has() {
        let (_, values) = take(&[("targetServerType", "preferSecondary"), ("ApplicationName", "x")], true);
        assert_eq!(values.get("target_session_attrs"), Some("prefer-standby"));
        assert_eq!(values.get("application_name"), Some("x"));
    }
}
