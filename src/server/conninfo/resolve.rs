//! From flags, a string, a service and the environment to one [`Conninfo`] (libpq: `conninfo_add_defaults`).

use std::fmt;
use std::time::Duration;

use super::foreign::{Said, is_no};
use super::keys::{self, Key};
use super::values::Values;
use super::{
    APPLICATION_NAME, ChannelBinding, Conninfo, Environment, Error, Keepalives, RequireAuth,
    TargetSessionAttrs, hosts, keyword_value, service, tls, uri,
};

/// What the command line says. A URI or keyword/value string in `dbname` wins over the other flags, as in libpq.
#[derive(Clone, Default)]
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

impl fmt::Debug for Flags {
    /// Without `dbname`, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("Flags");
        f.field("host", &self.host)
            .field("port", &self.port)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// Resolves everything that says where and how to connect. For each parameter the first of these counts: the string,
/// the flags, the service, the environment, the default.
///
/// # Errors
/// When a parameter is unknown, malformed, or asks for a protection that pgark does not have.
pub fn resolve(flags: &Flags, environment: &Environment<'_>) -> Result<Conninfo, Error> {
    let mut values = Values::default();
    let mut said = Said::default();
    for (key, value) in [("host", &flags.host), ("port", &flags.port), ("user", &flags.user)] {
        // libpq does not look at flags without a value.
        if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
            values.set(key, value.clone());
        }
    }
    if let Some(target) = flags.dbname.as_ref().filter(|target| !target.is_empty()) {
        match text(target)? {
            Some((pairs, jdbc)) => take(pairs, jdbc, &mut values, &mut said)?,
            None => values.set("dbname", target.clone()),
        }
    }
    let named = |key, variable| values.given(key).map(str::to_owned).or_else(|| environment.get(variable));
    if let Some(name) = named("service", "PGSERVICE") {
        let file = named("servicefile", "PGSERVICEFILE");
        for (key, value) in service::load(&name, file.as_deref(), environment)? {
            values.set_default(key, value);
        }
    }
    for (key, variable) in keys::with_variable() {
        if let Some(value) = environment.get(variable) {
            values.set_default(key, value);
        }
    }
    if environment.get("PGREQUIRESSL").is_some_and(|value| value.starts_with('1')) {
        values.set_default("sslmode", "require".to_owned());
    }
    finish(&values, said, environment)
}

type Pairs = Vec<(String, String)>;

/// The pairs of a URI or a keyword/value string, and whether it is JDBC's; `None` for a plain database name.
fn text(text: &str) -> Result<Option<(Pairs, bool)>, Error> {
    if let Some((rest, dialect)) = uri::after_scheme(text)? {
        return Ok(Some((uri::parse(&rest)?, dialect == uri::Dialect::Jdbc)));
    }
    if text.contains('=') { Ok(Some((keyword_value::parse(text)?, false))) } else { Ok(None) }
}

/// Takes the pairs of a string. The last mention of a parameter wins.
fn take(pairs: Pairs, jdbc: bool, values: &mut Values, said: &mut Said) -> Result<(), Error> {
    for (i, (key, value)) in pairs.iter().enumerate() {
        let key = keys::find(key).map_err(|error| match error {
            // What looks like no parameter at all may be the rest of the password before it.
            Error::Unknown { key, nearest: None } => {
                Error::Unknown { key: repeatable(&key, &pairs[..i]), nearest: None }
            }
            other => other,
        })?;
        let value = value.clone();
        match key {
            // libpq reads only the first character of this old one.
            Key::Known("requiressl") => {
                let mode = if value.starts_with('1') { "require" } else { "prefer" };
                values.set("sslmode", mode.to_owned());
            }
            // node-postgres: TLS without any check, which is what `require` means without a root file.
            Key::Known("sslmode") if value == "no-verify" => values.set("sslmode", "require".to_owned()),
            Key::Known(key) => values.set(key, value),
            Key::Foreign(key, foreign) => said.take((key, foreign), value, jdbc, values)?,
        }
    }
    said.finish(values);
    Ok(())
}

/// A word of a connection string as a message may repeat it: not if it may be a piece of the password before it.
pub(super) fn repeatable(word: &str, before: &[(String, String)]) -> String {
    if before.iter().any(|(key, _)| key.contains("password")) { "…".to_owned() } else { keys::shown(word) }
}

fn finish(values: &Values, said: Said, environment: &Environment<'_>) -> Result<Conninfo, Error> {
    refuse(values)?;
    let user =
        values.get("user").map(str::to_owned).or_else(|| environment.os_user.clone()).ok_or(Error::NoUser)?;
    let dbname = values.get("dbname").unwrap_or(&user).to_owned();
    if dbname.contains("://") {
        // It would go to a server, and into messages, with its password.
        let reason = "it is a connection string; give it as the argument, or with -d";
        return Err(Error::Unsupported { key: "dbname", reason });
    }
    let mut warnings: Vec<String> = said.warning().into_iter().collect();
    let mut hosts = hosts::list(values, environment)?;
    hosts::passwords(&mut hosts, (&dbname, &user), values, environment, &mut warnings);
    Ok(Conninfo {
        hosts,
        dbname,
        user,
        role: None,
        options: values.get("options").map(str::to_owned),
        // `fallback_application_name` is for programs; psql, too, puts its own over one from outside.
        application_name: values.get("application_name").unwrap_or(APPLICATION_NAME).to_owned(),
        connect_timeout: values.seconds("connect_timeout")?,
        keepalives: keepalives(values)?,
        tls: tls::resolve(values, environment)?,
        channel_binding: values
            .choice("channel_binding", &CHANNEL_BINDING)?
            .unwrap_or(ChannelBinding::Prefer),
        require_auth: RequireAuth::parse(values.get("require_auth").unwrap_or_default())?,
        require_peer: values.get("requirepeer").map(str::to_owned),
        target_session_attrs: values
            .choice("target_session_attrs", &SESSION_ATTRS)?
            .unwrap_or(TargetSessionAttrs::Any),
        load_balance: values
            .choice("load_balance_hosts", &[("disable", false), ("random", true)])?
            .unwrap_or(false),
        search_path: said.search_path,
        pooler: said.pooler,
        password_command: None,
        warnings,
    })
}

/// What asks for something that is not there, and would be missed. The rest of libpq's parameters (names of Kerberos'
/// services, compression, OAuth's clients …) changes nothing where the thing itself is not there.
fn refuse(values: &Values) -> Result<(), Error> {
    let unsupported = |key, reason| Err(Error::Unsupported { key, reason });
    if values.get("replication").is_some_and(|value| !is_no(value)) {
        return unsupported("replication", "a replication connection cannot run queries");
    }
    for key in ["scram_client_key", "scram_server_key"] {
        if values.get(key).is_some() {
            return unsupported(key, "SCRAM keys are not supported, give the password");
        }
    }
    if values.get("sslkeylogfile").is_some() {
        return unsupported("sslkeylogfile", "the keys of TLS are not written to files");
    }
    if let Some(true) =
        values.choice("gssencmode", &[("disable", false), ("prefer", false), ("require", true)])?
    {
        return unsupported("gssencmode", "GSSAPI encryption is not supported");
    }
    const PROTOCOLS: [(&str, u8); 3] = [("3.0", 0), ("3.2", 2), ("latest", 2)];
    let min = values.choice("min_protocol_version", &PROTOCOLS)?.unwrap_or(0);
    let max = values.choice("max_protocol_version", &PROTOCOLS)?;
    if max.is_some_and(|max| max < min) {
        let value = "less than min_protocol_version".to_owned();
        return Err(Error::Value { key: "max_protocol_version", value });
    }
    if min > 0 {
        return unsupported("min_protocol_version", "version 3.0 of the protocol is spoken");
    }
    Ok(())
}

fn keepalives(values: &Values) -> Result<Keepalives, Error> {
    let default = Keepalives::default();
    Ok(Keepalives {
        on: values.number("keepalives")?.is_none_or(|n| n != 0),
        idle: values.seconds("keepalives_idle")?.unwrap_or(default.idle),
        interval: values.seconds("keepalives_interval")?.unwrap_or(default.interval),
        count: values.positive("keepalives_count")?.unwrap_or(default.count),
        user_timeout: values
            .positive("tcp_user_timeout")?
            .map(|milliseconds| Duration::from_millis(milliseconds.into())),
    })
}

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

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "makes sockets and password files to find")]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;
    use crate::server::conninfo::{Method, Password, Place, Revocation, Roots, SslMode, TlsVersion};

    /// Resolves in surroundings that have these variables and sockets.
    fn resolve_in(flags: &Flags, variables: &[(&str, &str)], dirs: &[&Path]) -> Result<Conninfo, Error> {
        let var = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let socket_dirs = dirs.iter().map(|dir| dir.to_path_buf()).collect();
        let os_user = Some("os".to_owned());
        let environment = Environment {
            var: &var,
            os_user,
            os_home: None,
            socket_dirs,
            config_dirs: vec!["/nowhere".into()],
        };
        resolve(flags, &environment)
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
        assert_eq!((c.search_path.as_deref(), c.pooler, c.warnings.len()), (Some("app"), true, 1));
    }

    #[test]
    fn secrets_are_never_shown() {
        let c = of("postgres://u:s3cret@h/d");
        assert!(!format!("{c} {c:?} {}", c.redacted()).contains("s3cret"));
        assert!(!format!("{:?}", target("postgres://u:s3cret@h/d")).contains("s3cret"));
        for text in [
            "host=h password=my s3cret",
            "host=h password=my s3cret=1",
            "host=h password='s3cret",
            "postgres://u:s3cret@h:x/d",
            "postgres://u:s3cret/d",
            "postgres://u:a/s3cret@h/d",
            "postgres://u:a@s3cret@h/d",
            "postgres://u:%s3cret@h/d",
            "postgres://h/d?password=a&s3cret=b",
            "postgres://h/d?password=a=s3cret",
            "postgres:/u:s3cret@h/d",
            "dbname=postgres://u:s3cret@h/d",
            "mysql://u:s3cret@h/d",
        ] {
            let error = resolve_in(&target(text), &[], &[]).expect_err(text);
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{text}: {error}");
        }
        let variable = [("PGDATABASE", "postgres://u:s3cret@h/d")];
        let error = resolve_in(&Flags::default(), &variable, &[]).expect_err("no database's name");
        assert!(!error.to_string().contains("s3cret") && error.to_string().contains("-d"), "{error}");
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
        assert!(matches!(weak, Err(Error::WeakMode { mode: "require", .. })));
        let c =
            resolve_in(&Flags::default(), &[("PGREQUIRESSL", "1"), ("HOME", "/home/x")], &[]).expect("valid");
        assert_eq!(c.tls.mode, SslMode::Require);
        assert_eq!(c.tls.roots, Roots::Default(Some("/home/x/.postgresql/root.crt".into())));
    }

    #[test]
    fn protections_that_are_not_there_are_never_ignored() {
        for text in
            ["gssencmode=require", "replication=database", "scram_client_key=x", "min_protocol_version=3.2"]
        {
            assert!(matches!(resolve_in(&target(text), &[], &[]), Err(Error::Unsupported { .. })), "{text}");
        }
        for text in ["sslmode=prefer sslnegotiation=direct", "sslrootcert=system sslmode=prefer"] {
            assert!(matches!(resolve_in(&target(text), &[], &[]), Err(Error::WeakMode { .. })), "{text}");
        }
        let environment = [("PGREQUIREAUTH", "!password"), ("PGREQUIREPEER", "postgres"), ("PGSSLCRL", "/x")];
        let c = resolve_in(&Flags::default(), &environment, &[]).expect("valid");
        assert!(!c.require_auth.expect("given").allows(Method::Password));
        assert_eq!(c.require_peer.as_deref(), Some("postgres"));
        assert_eq!(c.tls.revocation, Revocation { file: Some("/x".into()), dir: None });
        // What the string says wins, also where it says that something is not wanted.
        let variable = [("PGGSSENCMODE", "require")];
        assert_eq!(resolve_in(&target("gssencmode=disable"), &variable, &[]).expect("valid").hosts.len(), 1);
        assert_eq!(of("gssencmode=prefer replication=false krbsrvname=x oauth_issuer=y").hosts.len(), 1);
    }

    #[test]
    fn versions_of_tls() {
        let of = |text: &str| {
            let tls = of(text).tls;
            (tls.min_version, tls.max_version)
        };
        assert_eq!(of("ssl_min_protocol_version=TLSv1"), (TlsVersion::V1_2, TlsVersion::V1_3));
        assert_eq!(of("ssl_min_protocol_version=tlsv1.3"), (TlsVersion::V1_3, TlsVersion::V1_3));
        assert_eq!(of("ssl_max_protocol_version=TLSv1.2"), (TlsVersion::V1_2, TlsVersion::V1_2));
        for text in [
            "ssl_max_protocol_version=TLSv1.1",
            "ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2",
        ] {
            assert!(matches!(resolve_in(&target(text), &[], &[]), Err(Error::Value { .. })), "{text}");
        }
        let both = "ssl_min_protocol_version='' ssl_max_protocol_version=TLSv1.1";
        assert!(matches!(resolve_in(&target(both), &[], &[]), Err(Error::Unsupported { .. })));
    }

    #[test]
    fn services_stand_between_the_string_and_the_environment() {
        let dir = tempfile::tempdir().expect("tempdir");
        let own = dir.path().join(".pg_service.conf");
        fs::write(&own, "[a]\nhost=a\nport=1\nuser=sa\n").expect("write");
        fs::write(
            dir.path().join("pg_service.conf"),
            "[a]\nhost=never\n[b]\nhost=b\npgbouncer=1\n[c]\nhost=c\n",
        )
        .expect("write");
        let home = dir.path().to_str().expect("utf-8");
        let variables = [
            ("HOME", home),
            ("PGSYSCONFDIR", home),
            ("PGSERVICE", "a"),
            ("PGPORT", "9"),
            ("PGDATABASE", "e"),
        ];
        let shown = |text: &str| resolve_in(&target(text), &variables, &[]).map(|c| c.to_string());
        assert_eq!(shown("user=u").expect("valid"), "u@a:1/e");
        assert_eq!(shown("service=c user=u").expect("valid"), "u@c:9/e");
        assert!(
            matches!(shown("service=b"), Err(Error::ServiceFile { line: Some(5), .. })),
            "a foreign parameter"
        );
        assert!(matches!(shown("service=d"), Err(Error::NoService(name)) if name == "d"));
        assert!(matches!(
            shown("service=a servicefile=/no/file"),
            Err(Error::ServiceFile { line: None, .. })
        ));
    }

    #[test]
    fn an_address_is_connected_to_whatever_the_host_is() {
        let c = of("host=/run hostaddr=10.0.0.1");
        assert_eq!((c.hosts[0].socket(), c.hosts[0].address), (None, "10.0.0.1".parse().ok()));
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
