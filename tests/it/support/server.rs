//! The running servers: who they are, and what every one of them has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use super::oracle::{psql, tool};

/// The majors that pgark supports.
const MAJORS: std::ops::RangeInclusive<u32> = 12..=18;

/// Roles that every test server has, for fixtures with owners and grants. The third wants quoting.
const ROLES: [&str; 3] = ["pgark_owner", "pgark_reader", "pgark Odd\"Role"];

/// One running PostgreSQL server.
///
/// `PGARK_TEST_SERVERS` (`12=/socket/folder:54012 18=127.0.0.1:54018`) names them; without it
/// `scripts/servers status` is asked. A major that `PGARK_TEST_REQUIRE` (`12..18`) demands and that does
/// not run fails the test; otherwise the test says that it skips.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestServer {
    /// 12 to 18.
    pub major: u32,
    /// A socket folder or a host name.
    pub host: String,
    /// The port, which also names the socket.
    pub port: u16,
}

impl TestServer {
    /// Every running server, oldest first.
    pub fn all() -> Vec<Self> {
        MAJORS.filter_map(Self::of).collect()
    }

    /// The server of one major; `None`, after saying so, when the test may skip it.
    pub fn of(major: u32) -> Option<Self> {
        let Some(server) = running().get(&major) else {
            assert!(
                !required().contains(&major),
                "PostgreSQL {major} is required and does not run: scripts/servers start {major}"
            );
            println!("skipped: PostgreSQL {major} does not run (scripts/servers start {major})");
            return None;
        };
        server.prepare();
        Some(server.clone())
    }

    /// The newest running server, for tests that need just one.
    pub fn newest() -> Option<Self> {
        if required().is_empty() && running().is_empty() {
            println!("skipped: no PostgreSQL server runs (scripts/servers start)");
            return None;
        }
        Self::of(running().keys().next_back().copied().unwrap_or(*MAJORS.end()))
    }

    /// Connection string of a database on this server, as superuser.
    pub fn conninfo(&self, database: &str) -> String {
        self.conninfo_as("postgres", database)
    }

    /// Connection string as another role; over the socket nobody needs a password.
    pub fn conninfo_as(&self, role: &str, database: &str) -> String {
        let quoted = |word: &str| format!("'{}'", word.replace('\\', "\\\\").replace('\'', "\\'"));
        format!("host={} port={} user={} dbname={}", self.host, self.port, quoted(role), quoted(database))
    }

    /// Creates the shared roles, once per server and process.
    fn prepare(&self) {
        static PREPARED: Mutex<Vec<u32>> = Mutex::new(Vec::new());
        let mut prepared = PREPARED.lock().expect("a test failed while it created roles");
        if prepared.contains(&self.major) {
            return;
        }
        for role in ROLES {
            let quoted = role.replace('"', "\"\"");
            // Another test process may do the same at the same time.
            let sql = format!(
                "do $$ begin create role \"{quoted}\" login; \
                 exception when duplicate_object or unique_violation then null; end $$"
            );
            psql(self, "postgres", &sql).unwrap_or_else(|error| panic!("role {role} on {self:?}: {error}"));
        }
        prepared.push(self.major);
    }
}

/// Password of the superuser over TCP; over the socket none is needed.
pub fn password() -> String {
    std::env::var("PGARK_TEST_PASSWORD").unwrap_or_else(|_| "pgark-test".into())
}

/// `scripts/servers` of this checkout.
pub fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/servers")
}

fn running() -> &'static BTreeMap<u32, TestServer> {
    static RUNNING: OnceLock<BTreeMap<u32, TestServer>> = OnceLock::new();
    RUNNING.get_or_init(|| {
        let named = std::env::var("PGARK_TEST_SERVERS").unwrap_or_default();
        let list = if named.trim().is_empty() { started() } else { named };
        let servers = list.split_whitespace().map(parse).map(|server| (server.major, server)).collect();
        // Fails early, with a reason, when there is a server but no psql to ask it.
        tool("psql");
        servers
    })
}

/// What `scripts/servers` says is running, in the form of `PGARK_TEST_SERVERS`.
fn started() -> String {
    let output = Command::new(script()).arg("status").output().expect("scripts/servers runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut list = String::new();
    for line in text.lines() {
        if let [major, "running", host, port, ..] = line.split(' ').collect::<Vec<_>>()[..] {
            list.push_str(&format!("{major}={host}:{port} "));
        }
    }
    list
}

fn parse(word: &str) -> TestServer {
    let parts = word.split_once('=').and_then(|(major, place)| Some((major, place.rsplit_once(':')?)));
    let parsed = parts.and_then(|(major, (host, port))| {
        Some(TestServer { major: major.parse().ok()?, host: host.to_owned(), port: port.parse().ok()? })
    });
    parsed.unwrap_or_else(|| panic!("PGARK_TEST_SERVERS: `{word}` is not `major=host:port`"))
}

fn required() -> Vec<u32> {
    let range = std::env::var("PGARK_TEST_REQUIRE").unwrap_or_default();
    if range.trim().is_empty() { Vec::new() } else { majors(&range) }
}

/// `12..18`, `15..`, `..14` or `17`, as the majors it covers; both ends belong to it.
pub fn majors(range: &str) -> Vec<u32> {
    let range = range.trim();
    let (low, high) = range.split_once("..").unwrap_or((range, range));
    let end = |text: &str, default: u32| match text.trim() {
        "" => default,
        text => text.parse().unwrap_or_else(|_| panic!("`{range}` is not a range of majors")),
    };
    let (low, high) = (end(low, *MAJORS.start()), end(high, *MAJORS.end()));
    MAJORS.filter(|major| (low..=high).contains(major)).collect()
}
