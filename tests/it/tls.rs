//! TLS with real servers: every sslmode in every situation, as libpq does it.
//!
//! `fixtures/tls/matrix` is the table of what psql 18 does. Where a psql with TLS is here, the table is compared with it;
//! `PGARK_TEST_RECORD=1` writes it anew.

use std::path::{Path, PathBuf};

use crate::support::{Authority, Cluster, TestCli, downgrade, password, psql, tls_psql};

const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

const HOST: &str = "db.pgark.example";

/// One state of server and client.
struct Situation {
    name: &'static str,
    /// The server's certificate; none: it has no TLS.
    server: Option<&'static str>,
    /// More settings of the server.
    versions: &'static str,
    /// What comes before `all all all METHOD` in pg_hba.conf, and the method.
    hba: (&'static str, &'static str),
    /// `sslrootcert`.
    root: Option<&'static str>,
    /// `sslcert`, `sslkey`.
    client: Option<&'static str>,
    /// The operating system trusts our authority.
    trusted: bool,
    /// Somebody in between takes TLS away.
    downgraded: bool,
    /// Words of the cause and of the hint where TLS is why nobody gets in.
    says: (&'static str, &'static str),
}

const USUAL: Situation = Situation {
    name: "",
    server: Some("good"),
    versions: "",
    hba: ("host", "scram-sha-256"),
    root: Some("ca"),
    client: None,
    trusted: false,
    downgraded: false,
    says: ("", ""),
};

const UNKNOWN: (&str, &str) = ("not among the trusted roots", "sslrootcert=FILE, or sslrootcert=system");
const WRONG_NAME: (&str, &str) =
    ("does not match host name \"db.pgark.example\"; it is for", "host=NAME hostaddr=127.0.0.1");
const EXPIRED: (&str, &str) = ("certificate has expired", "the server needs a new certificate");
const NO_TLS: (&str, &str) = ("server does not support SSL", "something in between hides it");
const NO_ROOTS: (&str, &str) = ("root.crt\" does not exist", "sslrootcert=FILE");
const NO_CLIENT: (&str, &str) = ("requires a valid client certificate", "sslcert=FILE sslkey=FILE");
const STRANGE_CLIENT: (&str, &str) = (
    "the server refuses the client certificate",
    "ssl_ca_file has signed, valid and for the role \"postgres\"",
);

fn situations() -> Vec<Situation> {
    let cert = ("hostssl", "cert");
    vec![
        Situation { name: "good", ..USUAL },
        Situation { name: "good, no root file", root: None, says: NO_ROOTS, ..USUAL },
        Situation { name: "expired", server: Some("expired"), says: EXPIRED, ..USUAL },
        Situation {
            name: "expired, no root file",
            server: Some("expired"),
            root: None,
            says: NO_ROOTS,
            ..USUAL
        },
        Situation { name: "wrong host", server: Some("other"), says: WRONG_NAME, ..USUAL },
        Situation {
            name: "wrong host, no root file",
            server: Some("other"),
            root: None,
            says: NO_ROOTS,
            ..USUAL
        },
        Situation { name: "self-signed, its own root", server: Some("self"), root: Some("self"), ..USUAL },
        Situation {
            name: "self-signed, wrong host, its own root",
            server: Some("self-other"),
            root: Some("self-other"),
            says: WRONG_NAME,
            ..USUAL
        },
        Situation { name: "self-signed", server: Some("self"), says: UNKNOWN, ..USUAL },
        Situation {
            name: "self-signed, no root file",
            server: Some("self"),
            root: None,
            says: NO_ROOTS,
            ..USUAL
        },
        Situation { name: "unknown authority", root: Some("stranger"), says: UNKNOWN, ..USUAL },
        Situation { name: "the system's authorities", root: Some("system"), says: UNKNOWN, ..USUAL },
        Situation {
            name: "the system's authorities, ours among them",
            root: Some("system"),
            trusted: true,
            ..USUAL
        },
        Situation { name: "common name only", server: Some("cn"), ..USUAL },
        Situation {
            name: "common name only, wrong host",
            server: Some("cn-other"),
            says: ("does not match host name \"db.pgark.example\"", "host=NAME hostaddr=127.0.0.1"),
            ..USUAL
        },
        Situation { name: "version 1", server: Some("first"), ..USUAL },
        Situation { name: "version 1, TLS 1.2", server: Some("first"), versions: "TLSv1.2", ..USUAL },
        Situation {
            name: "version 1, wrong host",
            server: Some("first-other"),
            says: ("does not match host name \"db.pgark.example\"", "host=NAME hostaddr=127.0.0.1"),
            ..USUAL
        },
        Situation {
            name: "version 1, unknown authority",
            server: Some("first"),
            root: Some("stranger"),
            says: UNKNOWN,
            ..USUAL
        },
        Situation {
            name: "version 1, an authority of the same name",
            server: Some("first"),
            root: Some("namesake"),
            says: UNKNOWN,
            ..USUAL
        },
        Situation {
            name: "version 1, its own root",
            server: Some("first-self"),
            root: Some("first-self"),
            ..USUAL
        },
        Situation { name: "through another authority", server: Some("deep-chain"), ..USUAL },
        Situation {
            name: "through another authority, which is missing",
            server: Some("deep"),
            says: ("its issuer \"between\" is not among the trusted roots", "openssl s_client"),
            ..USUAL
        },
        Situation { name: "no TLS", server: None, says: NO_TLS, ..USUAL },
        Situation { name: "no TLS, no root file", server: None, root: None, says: NO_TLS, ..USUAL },
        Situation { name: "downgrade", downgraded: true, says: NO_TLS, ..USUAL },
        Situation {
            name: "downgrade, TLS wanted",
            downgraded: true,
            hba: ("hostssl", "scram-sha-256"),
            says: NO_TLS,
            ..USUAL
        },
        Situation { name: "TLS 1.1", versions: "TLSv1.1", says: ("SSL error", "sslmode"), ..USUAL },
        Situation {
            name: "TLS wanted",
            hba: ("hostssl", "scram-sha-256"),
            says: ("no encryption", "sslmode=require"),
            ..USUAL
        },
        Situation {
            name: "TLS wanted, expired",
            hba: ("hostssl", "scram-sha-256"),
            server: Some("expired"),
            says: EXPIRED,
            ..USUAL
        },
        Situation {
            name: "TLS not wanted",
            hba: ("hostnossl", "scram-sha-256"),
            says: ("no pg_hba.conf entry", "pg_hba.conf needs a line"),
            ..USUAL
        },
        Situation { name: "mTLS", hba: cert, client: Some("client"), ..USUAL },
        Situation { name: "mTLS, TLS 1.2", versions: "TLSv1.2", hba: cert, client: Some("client"), ..USUAL },
        Situation {
            name: "mTLS and password",
            hba: ("hostssl", "scram-sha-256 clientcert=verify-ca"),
            client: Some("client"),
            ..USUAL
        },
        Situation { name: "mTLS, no certificate", hba: cert, says: NO_CLIENT, ..USUAL },
        Situation {
            name: "mTLS and password, no certificate",
            hba: ("hostssl", "scram-sha-256 clientcert=verify-ca"),
            says: NO_CLIENT,
            ..USUAL
        },
        Situation {
            name: "mTLS, certificate of an unknown authority",
            hba: cert,
            client: Some("strange-client"),
            says: STRANGE_CLIENT,
            ..USUAL
        },
        Situation {
            name: "mTLS, certificate of an unknown authority, TLS 1.2",
            versions: "TLSv1.2",
            hba: cert,
            client: Some("strange-client"),
            says: STRANGE_CLIENT,
            ..USUAL
        },
        Situation {
            name: "mTLS, expired certificate",
            hba: cert,
            client: Some("old-client"),
            says: STRANGE_CLIENT,
            ..USUAL
        },
        Situation {
            name: "mTLS, certificate of another role",
            hba: cert,
            client: Some("other-client"),
            says: ("certificate authentication failed", "for the role \"postgres\""),
            ..USUAL
        },
    ]
}

/// Certificates of everybody, in one folder.
fn certificates() -> (Authority, Authority) {
    let (ca, stranger) = (Authority::new("pgark-tests"), Authority::new("stranger"));
    let name = format!("DNS:{HOST}");
    ca.sign("good", "server", &name, 2);
    ca.sign("expired", "server", &name, -1);
    ca.sign("other", HOST, "DNS:other.example", 2);
    ca.sign("cn", HOST, "", 2);
    ca.sign("cn-other", "other.example", "", 2);
    ca.sign_version_one("ca", "first", HOST);
    ca.sign_version_one("ca", "first-other", "other.example");
    ca.sign_version_one("first-self", "first-self", HOST);
    let namesake = Authority::new("pgark-tests");
    std::fs::copy(namesake.path("ca.crt"), ca.path("namesake.crt")).unwrap();
    ca.sign_through_another("deep", "server", &name);
    ca.sign_itself("self", "server", &name);
    ca.sign_itself("self-other", "server", "DNS:other.example");
    ca.sign("client", "postgres", "", 2);
    ca.sign("old-client", "postgres", "", -1);
    ca.sign("other-client", "somebody", "", 2);
    stranger.sign("strange-client", "postgres", "", 2);
    for file in ["strange-client.crt", "strange-client.key"] {
        std::fs::copy(stranger.path(file), ca.path(file)).unwrap();
    }
    std::fs::copy(stranger.path("ca.crt"), ca.path("stranger.crt")).unwrap();
    (ca, stranger)
}

impl Situation {
    fn arrange(&self, cluster: &Cluster) {
        let file = |extension: &str| format!("{}.{extension}", self.server.unwrap_or("good"));
        let (low, high) = match self.versions {
            "" => ("TLSv1.2", ""),
            "TLSv1.1" => ("TLSv1", "TLSv1.1"),
            one => (one, one),
        };
        let settings = [
            ("ssl", if self.server.is_some() { "on" } else { "off" }),
            ("ssl_cert_file", &file("crt")),
            ("ssl_key_file", &file("key")),
            ("ssl_ca_file", "ca.crt"),
            ("ssl_max_protocol_version", ""),
            ("ssl_min_protocol_version", low),
            ("ssl_max_protocol_version", high),
        ];
        let (kind, method) = self.hba;
        cluster.configure(&settings, &format!("{kind} all all all {method}"));
    }

    fn conninfo(&self, folder: &Path, port: u16, mode: &str) -> String {
        let file =
            |name: &str, extension: &str| folder.join(name).with_extension(extension).display().to_string();
        let mut text = format!(
            "host={HOST} hostaddr=127.0.0.1 port={port} user=postgres dbname=postgres sslmode={mode}"
        );
        match self.root {
            Some("system") => text += " sslrootcert=system",
            Some(root) => text += &format!(" sslrootcert={}", file(root, "crt")),
            None => {}
        }
        if let Some(client) = self.client {
            text += &format!(" sslcert={} sslkey={}", file(client, "crt"), file(client, "key"));
        }
        text
    }
}

fn table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls/matrix")
}

#[test]
fn every_sslmode_in_every_situation_is_as_with_libpq() {
    let Some(cluster) = Cluster::start() else { return };
    let (ca, _stranger) = certificates();
    for entry in std::fs::read_dir(ca.folder()).unwrap() {
        cluster.give(&entry.unwrap().path());
    }
    cluster.configure(&[("log_connections", "on"), ("ssl_ciphers", "ALL:@SECLEVEL=0")], "");
    psql(cluster.server(), "postgres", &format!("alter role postgres password '{}'", password())).unwrap();
    let in_between = downgrade(cluster.server().port);
    let judge = tls_psql();
    let recorded = std::fs::read_to_string(table()).unwrap_or_default();
    let record = std::env::var_os("PGARK_TEST_RECORD").is_some();
    let usual = TestCli::new();
    let trusting = TestCli::new().env("SSL_CERT_FILE", ca.path("ca.crt"));
    let (mut text, mut wrong, mut cells) = (String::new(), Vec::new(), 0);
    for situation in situations() {
        situation.arrange(&cluster);
        let cli = if situation.trusted { &trusting } else { &usual };
        let port = if situation.downgraded { in_between } else { cluster.server().port };
        let mut line = format!("{:50}", situation.name);
        for mode in MODES {
            let conninfo = situation.conninfo(ca.folder(), port, mode);
            let known = recorded_cell(&recorded, situation.name, mode);
            let expected = match &judge {
                Some(judge) => by_psql(cli, judge, &conninfo),
                None => known.unwrap_or_default().to_owned(),
            };
            if !record && known != Some(&*expected) {
                wrong.push(format!("{}, {mode}: psql {expected}, recorded {known:?}", situation.name));
            }
            let cell = format!("{} {mode}", situation.name).replace([' ', ','], "_");
            let (found, said) = by_pgark(cli, &cluster, &conninfo, &cell);
            if found != expected {
                wrong.push(format!("{}, {mode}: psql {expected}, pgark {found}\n{said}", situation.name));
            }
            if found == "refused" && !explained(&situation, mode, &said) {
                wrong.push(format!("{}, {mode}: not explained\n{said}", situation.name));
            }
            line += &format!(" {expected:8}");
            cells += 1;
        }
        text += &format!("{}\n", line.trim_end());
    }
    if record {
        let head =
            format!("{:50} {}\n", "# what psql 18 does", MODES.map(|mode| format!("{mode:8}")).join(" "));
        std::fs::create_dir_all(table().parent().unwrap()).unwrap();
        std::fs::write(table(), head + &text).unwrap();
    }
    println!("{cells} cells, judge: {judge:?}");
    assert!(wrong.is_empty(), "{} of {cells} cells:\n{}", wrong.len(), wrong.join("\n"));
}

/// `plain`, `tls` or `refused`.
fn recorded_cell<'a>(table: &'a str, situation: &str, mode: &str) -> Option<&'a str> {
    let line = table.lines().find(|line| line.get(..50).is_some_and(|name| name.trim_end() == situation))?;
    line[50..].split_whitespace().nth(MODES.iter().position(|name| *name == mode)?)
}

fn by_psql(cli: &TestCli, (psql, libpq): &(PathBuf, Option<PathBuf>), conninfo: &str) -> String {
    let mut command = cli.program(psql);
    command.envs(libpq.iter().map(|file| ("LD_PRELOAD", file)));
    command.args(["-XAtw", "-c", "select ssl from pg_stat_ssl where pid = pg_backend_pid()", "-d", conninfo]);
    let output = command.output().unwrap();
    match String::from_utf8_lossy(&output.stdout).trim() {
        "t" => "tls",
        "f" => "plain",
        _ => "refused",
    }
    .to_owned()
}

/// Asks the server's log whether all sessions of the dump were encrypted.
fn by_pgark(cli: &TestCli, cluster: &Cluster, conninfo: &str, name: &str) -> (String, String) {
    let conninfo = format!("{conninfo} application_name={name}");
    let outcome = cli.run(["dump", &conninfo, "-f", "x.pgark", "--force", "-w", "-j1", "--no-statistics"]);
    let log = cluster.log();
    let sessions = log.lines().filter(|line| {
        line.contains("connection authorized") && line.contains(&format!("application_name={name}"))
    });
    let encrypted: Vec<bool> = sessions.map(|line| line.contains("SSL enabled")).collect();
    let found = match (outcome.code, &encrypted[..]) {
        (Some(0), [true, true]) => "tls",
        (Some(0), [false, false]) => "plain",
        (Some(2 | 7), []) => "refused",
        _ => &format!("{:?}, encrypted: {encrypted:?}", outcome.code),
    };
    (found.to_owned(), outcome.stderr)
}

/// Whether the message has cause and hint of this situation, or of this mode.
fn explained(situation: &Situation, mode: &str, said: &str) -> bool {
    let has = |label: &str, words: &str| {
        said.lines().any(|line| line.trim_start().starts_with(label) && line.contains(words))
    };
    let pair = |(cause, hint): (&str, &str)| !cause.is_empty() && has("cause:", cause) && has("hint:", hint);
    match (mode, situation.root) {
        ("verify-full", Some("system")) => pair(situation.says),
        (mode, Some("system")) => {
            said.contains(&format!("weak sslmode \"{mode}\"")) && said.contains("use \"verify-full\"")
        }
        ("disable", _) => pair(("no encryption", "sslmode=require")),
        // A mistake is an error before the first connection.
        ("verify-ca" | "verify-full", None) => pair(NO_ROOTS),
        // The server that says that it has no TLS is asked for a session in clear.
        ("allow" | "prefer", _) if situation.downgraded => {
            pair(("no encryption", "something in between may hide it"))
        }
        _ => pair(situation.says),
    }
}
