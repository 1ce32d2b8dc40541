//! From flags, a string and the environment to one [`Conninfo`] (libpq: `conninfo_add_defaults`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::keys::{self, Treatment};
use super::passfile::{self, Wanted};
use super::{
    ChannelBinding, Conninfo, DEFAULT_PORT, Environment, Error, Host, Keepalives, Password, Place, Roots,
    SslMode, TargetSessionAttrs, Tls, keyword_value, socket_path, uri,
};

/// What the command line says. A URI or keyword/value string in `dbname` wins over the other flags, as in libpq.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `-d` or the positional argument: a database's name, a keyword/value string, or a URI.
    pub dbname: Option<String>,
    /// `-h`.
    pub host: Option<String>,
    /// `-p`.
    pub port: Option<String>,
    /// `-U`.
    pub user: Option<String>,
}

/// Parameter → value, for those that have an effect.
type Values = BTreeMap<&'static str, String>;

/// Resolves everything that says where and how to connect.
///
/// # Errors
/// When a parameter is unknown, malformed, or asks for a protection that pgark does not have.
pub fn resolve(flags: &Flags, environment: &Environment<'_>) -> Result<Conninfo, Error> {
    let mut found = Found::default();
    for (key, value) in [("host", &flags.host), ("port", &flags.port), ("user", &flags.user)] {
        if let Some(value) = value {
            found.values.insert(key, value.clone());
        }
    }
    if let Some(target) = &flags.dbname {
        match pairs(target)? {
            Some(pairs) => found.take(pairs)?,
            None => found.set("dbname", target.clone()),
        }
    }
    for (key, variable, treatment) in keys::with_variable() {
        match environment.get(variable) {
            Some(value) if !found.values.contains_key(key) => found.one(key, treatment, value)?,
            _ => {}
        }
    }
    if environment.get("PGREQUIRESSL").is_some_and(|v| v == "1") {
        found.values.entry("sslmode").or_insert_with(|| "require".to_owned());
    }
    found.finish(environment)
}

/// The pairs of a URI or a keyword/value string; `None` for a plain database name.
fn pairs(text: &str) -> Result<Option<Vec<(String, String)>>, Error> {
    if let Some(rest) = uri::after_scheme(text)? {
        return uri::parse(rest).map(Some);
    }
    if text.contains('=') { keyword_value::parse(text).map(Some) } else { Ok(None) }
}

#[derive(Default)]
struct Found {
    values: Values,
    search_path: Option<String>,
    pooler: bool,
    warnings: Vec<String>,
}

impl Found {
    fn set(&mut self, key: &'static str, value: String) {
        self.values.insert(key, value);
    }

    /// Takes the pairs of a string. The last mention of a parameter wins.
    fn take(&mut self, pairs: Vec<(String, String)>) -> Result<(), Error> {
        for (key, value) in pairs {
            let (key, treatment) = keys::find(&key)?;
            self.one(key, treatment, value)?;
        }
        Ok(())
    }

    fn one(&mut self, key: &'static str, treatment: Treatment, value: String) -> Result<(), Error> {
        match treatment {
            Treatment::Used => {
                let (key, value) = keys::translate(key, value)?;
                self.set(key, value);
            }
            // What only says "no" is no request for a protection.
            Treatment::Refused(_) if value.is_empty() || (key == "replication" && is_no(&value)) => {}
            Treatment::Refused(reason) => return Err(Error::Unsupported { key, reason }),
            Treatment::Harmless => match (key, value.as_str()) {
                ("gssencmode", "require") => {
                    return Err(Error::Unsupported { key, reason: "GSSAPI encryption is not supported" });
                }
                ("sslcertmode", "require") => {
                    return Err(Error::Unsupported { key, reason: "the server's request cannot be checked" });
                }
                _ => {}
            },
            Treatment::SearchPath => {
                self.warnings.push(format!(
                    "connection parameter \"{key}\" is not applied: names are always qualified in a dump"
                ));
                self.search_path = Some(value);
            }
            Treatment::Foreign => {
                self.pooler |= key == "pgbouncer" && !is_no(&value);
                self.warnings.push(format!("connection parameter \"{key}\" is ignored"));
            }
        }
        Ok(())
    }

    /// A value that is not empty.
    fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn finish(mut self, environment: &Environment<'_>) -> Result<Conninfo, Error> {
        let user = self
            .get("user")
            .map(str::to_owned)
            .or_else(|| environment.os_user.clone())
            .ok_or(Error::NoUser)?;
        let dbname = self.get("dbname").unwrap_or(&user).to_owned();
        let mut hosts = self.hosts(environment)?;
        self.passwords(&mut hosts, &dbname, &user, environment);
        Ok(Conninfo {
            hosts,
            dbname,
            user,
            options: self.get("options").map(str::to_owned),
            application_name: self
                .get("application_name")
                .or_else(|| self.get("fallback_application_name"))
                .unwrap_or("pgark")
                .to_owned(),
            connect_timeout: self.seconds("connect_timeout")?,
            keepalives: self.keepalives()?,
            tls: self.tls(environment)?,
            channel_binding: self.choice("channel_binding", &CHANNEL_BINDING, ChannelBinding::Prefer)?,
            target_session_attrs: self.choice(
                "target_session_attrs",
                &SESSION_ATTRS,
                TargetSessionAttrs::Any,
            )?,
            search_path: self.search_path,
            pooler: self.pooler,
            warnings: self.warnings,
        })
    }

    fn hosts(&self, environment: &Environment<'_>) -> Result<Vec<Host>, Error> {
        let list =
            |key| self.get(key).map(|v| v.split(',').map(str::trim).collect::<Vec<_>>()).unwrap_or_default();
        let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
        let count = names.len().max(addresses.len()).max(1);
        if !addresses.is_empty() && !names.is_empty() && addresses.len() != names.len() {
            return Err(Error::Mismatch {
                what: "host addresses",
                found: addresses.len(),
                hosts: names.len(),
            });
        }
        if ports.len() > 1 && ports.len() != count {
            return Err(Error::Mismatch { what: "port numbers", found: ports.len(), hosts: count });
        }
        (0..count)
            .map(|i| {
                let name = names.get(i).copied().unwrap_or_default();
                let port = match ports.get(i).or(ports.first()).copied().unwrap_or_default() {
                    "" => DEFAULT_PORT,
                    text => text
                        .parse()
                        .ok()
                        .filter(|&port| port != 0)
                        .ok_or_else(|| Error::Value { key: "port", value: text.to_owned() })?,
                };
                let address: Option<std::net::IpAddr> = match addresses.get(i).copied().unwrap_or_default() {
                    "" => None,
                    text => Some(
                        text.parse().map_err(|_| Error::Value { key: "hostaddr", value: text.to_owned() })?,
                    ),
                };
                let place = match (name, address) {
                    ("", Some(address)) => Place::Name(address.to_string()),
                    ("", None) => default_place(environment, port),
                    (path, _) if path.starts_with(['/', '@']) => Place::Socket(path.into()),
                    (name, _) => Place::Name(name.to_owned()),
                };
                Ok(Host { place, address, port, password: None })
            })
            .collect()
    }

    /// A given password is for all hosts; else the password file is asked for each.
    fn passwords(&mut self, hosts: &mut [Host], dbname: &str, user: &str, environment: &Environment<'_>) {
        if let Some(password) = self.get("password") {
            let password = Password::new(password);
            hosts.iter_mut().for_each(|host| host.password = Some(password.clone()));
            return;
        }
        let path = match self.get("passfile") {
            Some(path) => PathBuf::from(path),
            None => match environment.home() {
                Some(home) => home.join(".pgpass"),
                None => return,
            },
        };
        let Some(text) = passfile::load(&path, &mut self.warnings) else { return };
        for host in hosts {
            // The default socket goes by the name `localhost`, whichever of the usual directories it is in.
            let shown = match &host.place {
                Place::Socket(dir) if environment.socket_dirs.contains(dir) => "localhost".to_owned(),
                place => place.to_string(),
            };
            let wanted = Wanted { host: &shown, port: host.port, dbname, user };
            host.password =
                passfile::find(&text, wanted).map(|secret| Password { secret, file: Some(path.clone()) });
        }
    }

    fn keepalives(&self) -> Result<Keepalives, Error> {
        let default = Keepalives::default();
        Ok(Keepalives {
            on: self.number("keepalives")?.is_none_or(|n| n != 0),
            idle: self.seconds("keepalives_idle")?.unwrap_or(default.idle),
            interval: self.seconds("keepalives_interval")?.unwrap_or(default.interval),
            count: self
                .number("keepalives_count")?
                .and_then(|n| u32::try_from(n).ok())
                .filter(|&n| n > 0)
                .unwrap_or(default.count),
            user_timeout: self
                .number("tcp_user_timeout")?
                .and_then(|n| u64::try_from(n).ok())
                .filter(|&n| n > 0)
                .map(Duration::from_millis),
        })
    }

    fn tls(&self, environment: &Environment<'_>) -> Result<Tls, Error> {
        let dot_postgresql = environment.home().map(|home| home.join(".postgresql"));
        let roots = match self.get("sslrootcert") {
            Some("system") => Roots::System,
            Some(path) => Roots::File(path.into()),
            None => Roots::Default(dot_postgresql.as_ref().map(|dir| dir.join("root.crt"))),
        };
        let default = if roots == Roots::System { SslMode::VerifyFull } else { SslMode::Prefer };
        let mode = self.choice("sslmode", &SSL_MODE, default)?;
        if roots == Roots::System && mode != SslMode::VerifyFull {
            return Err(Error::WeakMode(self.get("sslmode").unwrap_or_default().to_owned()));
        }
        let file = |key, name: &str| {
            self.get(key).map(PathBuf::from).or_else(|| dot_postgresql.as_ref().map(|dir| dir.join(name)))
        };
        // A certificate that is named must exist; the default one is used only if it does.
        let client = file("sslcert", "postgresql.crt").zip(file("sslkey", "postgresql.key"));
        let client = client.filter(|(cert, _)| self.get("sslcert").is_some() || cert.is_file());
        Ok(Tls {
            mode,
            direct: self.choice("sslnegotiation", &[("postgres", false), ("direct", true)], false)?,
            roots,
            client,
            sni: self.number("sslsni")?.is_none_or(|n| n != 0),
            only_tls13: self.choice("ssl_min_protocol_version", &TLS_VERSIONS, false)?,
        })
    }

    fn choice<T: Copy>(&self, key: &'static str, known: &[(&str, T)], default: T) -> Result<T, Error> {
        let Some(value) = self.get(key) else { return Ok(default) };
        known
            .iter()
            .find_map(|&(name, choice)| (name == value).then_some(choice))
            .ok_or_else(|| Error::Value { key, value: value.to_owned() })
    }

    fn number(&self, key: &'static str) -> Result<Option<i64>, Error> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.trim().parse().map(Some).map_err(|_| Error::Value { key, value: value.to_owned() })
    }

    /// Seconds; zero and less mean "not limited", so `None`.
    fn seconds(&self, key: &'static str) -> Result<Option<Duration>, Error> {
        let number = self.number(key)?;
        Ok(number.and_then(|n| u64::try_from(n).ok()).filter(|&n| n > 0).map(Duration::from_secs))
    }
}

const SSL_MODE: [(&str, SslMode); 6] = [
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

const CHANNEL_BINDING: [(&str, ChannelBinding); 3] = [
    ("disable", ChannelBinding::Disable),
    ("prefer", ChannelBinding::Prefer),
    ("require", ChannelBinding::Require),
];

const SESSION_ATTRS: [(&str, TargetSessionAttrs); 6] = [
    ("any", TargetSessionAttrs::Any),
    ("read-write", TargetSessionAttrs::ReadWrite),
    ("read-only", TargetSessionAttrs::ReadOnly),
    ("primary", TargetSessionAttrs::Primary),
    ("standby", TargetSessionAttrs::Standby),
    ("prefer-standby", TargetSessionAttrs::PreferStandby),
];

/// Older versions than 1.2 are not spoken at all, so to allow them changes nothing.
const TLS_VERSIONS: [(&str, bool); 4] =
    [("TLSv1", false), ("TLSv1.1", false), ("TLSv1.2", false), ("TLSv1.3", true)];

/// The first usual directory that has the server's socket, else `localhost`: a static binary cannot know what the
/// server's package compiled in.
fn default_place(environment: &Environment<'_>, port: u16) -> Place {
    let has_socket = |dir: &&PathBuf| Path::exists(&socket_path(dir, port));
    match environment.socket_dirs.iter().find(has_socket) {
        Some(dir) => Place::Socket(dir.clone()),
        None => Place::Name("localhost".to_owned()),
    }
}

fn is_no(value: &str) -> bool {
    matches!(value, "" | "0" | "false" | "no" | "off")
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "makes sockets and password files to find")]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Resolves in surroundings that have these variables and sockets.
    fn resolve_in(flags: &Flags, variables: &[(&str, &str)], dirs: &[&Path]) -> Result<Conninfo, Error> {
        let var = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let socket_dirs = dirs.iter().map(|dir| dir.to_path_buf()).collect();
        resolve(flags, &Environment { var: &var, os_user: Some("os".to_owned()), socket_dirs })
    }

    fn target(text: &str) -> Flags {
        Flags { dbname: Some(text.to_owned()), ..Flags::default() }
    }

    fn of(text: &str) -> Conninfo {
        resolve_in(&target(text), &[], &[]).expect(text)
    }

    #[test]
    fn real_strings_of_applications() {
        let c = of("postgres://coder@localhost:36717/coder?sslmode=disable&password=abc%2Fd");
        assert_eq!(c.to_string(), "coder@localhost:36717/coder");
        assert_eq!(c.hosts[0].password, Some(Password::new("abc/d")));
        assert_eq!((c.tls.mode, c.warnings.len()), (SslMode::Disable, 0));

        let c = of("postgres://coder@localhost:36717/coder?sslmode=disable&search_path=myschema");
        assert_eq!((c.search_path.as_deref(), c.warnings.len()), (Some("myschema"), 1));

        let c = of("postgresql://u:p@h/d?schema=app&pgbouncer=true&connection_limit=5&x-migrations-table=m");
        assert_eq!((c.search_path.as_deref(), c.pooler, c.warnings.len()), (Some("app"), true, 4));
    }

    #[test]
    fn secrets_are_never_shown() {
        let c = of("postgres://u:s3cret@h/d");
        assert!(!format!("{c} {c:?} {}", c.redacted()).contains("s3cret"));
    }

    #[test]
    fn the_string_wins_over_flags_and_flags_over_the_environment() {
        let flags = Flags {
            dbname: Some("host=s user=su".into()),
            host: Some("f".into()),
            port: Some("1".into()),
            user: Some("fu".into()),
        };
        let c =
            resolve_in(&flags, &[("PGPORT", "2"), ("PGDATABASE", "e"), ("PGHOST", "e")], &[]).expect("valid");
        assert_eq!(c.to_string(), "su@s:1/e");
        let c = resolve_in(&target("plain"), &[("PGDATABASE", "e"), ("PGUSER", "eu")], &[]).expect("valid");
        assert_eq!(c.to_string(), "eu@localhost:5432/plain");
    }

    #[test]
    fn defaults_and_empty_variables() {
        let empty = [("PGSSLMODE", ""), ("PGPORT", ""), ("PGHOST", ""), ("PGTARGETSESSIONATTRS", "")];
        let c = resolve_in(&Flags::default(), &empty, &[]).expect("valid");
        assert_eq!(c.to_string(), "os@localhost:5432/os");
        assert_eq!((c.tls.mode, c.application_name.as_str()), (SslMode::Prefer, "pgark"));
        assert_eq!(c.connect_timeout, None);
    }

    #[test]
    fn the_first_directory_with_a_socket_is_the_default() {
        let dir = tempfile::tempdir().expect("tempdir");
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        fs::create_dir(&a).expect("mkdir");
        fs::create_dir(&b).expect("mkdir");
        fs::write(b.join(".s.PGSQL.5433"), "").expect("write");
        let place = |port: &str| {
            let flags = Flags { port: Some(port.to_owned()), ..Flags::default() };
            resolve_in(&flags, &[], &[&a, &b]).expect("valid").hosts[0].place.clone()
        };
        assert_eq!(place("5433"), Place::Socket(b.clone()));
        assert_eq!(place("5432"), Place::Name("localhost".into()));
    }

    #[test]
    fn lists_of_hosts() {
        let shown = |text: &str| of(text).to_string();
        assert_eq!(shown("postgres://u@a:1,b,[::1]:3/d"), "u@a:1,b:5432,::1:3/d");
        assert_eq!(shown("host=a,b port=7 user=u dbname=d"), "u@a:7,b:7/d");
        assert_eq!(shown("postgres:///d?host=/x,/y&port=1,2&user=u"), "u@/x:1,/y:2/d");
        let c = of("host=name hostaddr=10.0.0.1");
        assert_eq!(c.hosts[0].address, "10.0.0.1".parse().ok());
        let c = of("hostaddr=10.0.0.1");
        assert_eq!(c.hosts[0].place, Place::Name("10.0.0.1".into()));
        for text in ["host=a,b,c port=1,2", "host=a hostaddr=1.1.1.1,2.2.2.2"] {
            assert!(matches!(resolve_in(&target(text), &[], &[]), Err(Error::Mismatch { .. })), "{text}");
        }
    }

    #[test]
    fn the_password_file_is_asked_for_each_host() {
        let dir = tempfile::tempdir().expect("tempdir");
        let file = dir.path().join("pass");
        fs::write(&file, "b:*:*:*:for-b\nlocalhost:*:*:*:for-local\n/other:*:*:*:for-other\n")
            .expect("write");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("chmod");
        let text = file.to_str().expect("utf-8");
        let socket = dir.path().join("run");
        let flags = target(&format!("host=a,b,{},/other passfile={text}", socket.display()));
        let c = resolve_in(&flags, &[], &[&socket]).expect("valid");
        let found: Vec<_> = c.hosts.iter().map(|h| h.password.as_ref().map(Password::secret)).collect();
        assert_eq!(found, [None, Some("for-b"), Some("for-local"), Some("for-other")]);
        assert_eq!(c.hosts[1].password.as_ref().and_then(|p| p.file.clone()), Some(file.clone()));
        let c = resolve_in(&target("host=b"), &[("PGPASSFILE", text), ("PGPASSWORD", "env")], &[])
            .expect("valid");
        assert_eq!(c.hosts[0].password, Some(Password::new("env")));
    }

    #[test]
    fn tls_parameters() {
        assert_eq!(of("sslrootcert=system").tls.mode, SslMode::VerifyFull);
        assert_eq!(of("postgres://h/?ssl=true").tls.mode, SslMode::Require);
        assert_eq!(of("postgres://h/?sslaccept=strict").tls.mode, SslMode::VerifyFull);
        assert_eq!(of("sslmode=no-verify").tls.mode, SslMode::Require);
        let weak = resolve_in(&target("sslrootcert=system sslmode=require"), &[], &[]);
        assert!(matches!(weak, Err(Error::WeakMode(mode)) if mode == "require"));
        let c =
            resolve_in(&Flags::default(), &[("PGREQUIRESSL", "1"), ("HOME", "/home/x")], &[]).expect("valid");
        assert_eq!(c.tls.mode, SslMode::Require);
        assert_eq!(c.tls.roots, Roots::Default(Some("/home/x/.postgresql/root.crt".into())));
    }

    #[test]
    fn protections_that_are_not_there_are_never_ignored() {
        for text in ["require_auth=scram-sha-256", "gssencmode=require", "sslcrl=/x", "requirepeer=postgres"]
        {
            assert!(matches!(resolve_in(&target(text), &[], &[]), Err(Error::Unsupported { .. })), "{text}");
        }
        let variable = resolve_in(&Flags::default(), &[("PGREQUIREAUTH", "none")], &[]);
        assert!(matches!(variable, Err(Error::Unsupported { key: "require_auth", .. })));
        assert_eq!(of("gssencmode=prefer replication=false").hosts.len(), 1);
    }

    #[test]
    fn wrong_values_are_named() {
        for text in ["port=0", "port=x", "sslmode=maybe", "connect_timeout=soon", "hostaddr=name"] {
            assert!(matches!(resolve_in(&target(text), &[], &[]), Err(Error::Value { .. })), "{text}");
        }
        assert!(matches!(
            resolve_in(&target("hst=x"), &[], &[]),
            Err(Error::Unknown { nearest: Some("host"), .. })
        ));
    }
}
