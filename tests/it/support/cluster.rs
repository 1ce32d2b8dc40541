//! A server of a test's own, which may be stopped and frozen.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use super::cli::send_signal;
use super::oracle::psql;
use super::oracle::tool;
use super::server::{TestServer, script};

/// A cluster on a free port; stopped and removed with the value.
#[derive(Debug)]
pub struct Cluster {
    server: TestServer,
    folder: tempfile::TempDir,
    port_base: u16,
}

impl Cluster {
    /// Starts one of the newest major that is installed here; `None`, after saying so, when the server programs
    /// are not here, as when the tests use servers elsewhere.
    pub fn start() -> Option<Self> {
        let Some(major) = (12..=18).rev().find(|major| is_installed(*major)) else {
            println!("skipped: no server programs are here (scripts/servers fetch)");
            return None;
        };
        Some(Self::start_installed(major))
    }

    /// Starts one of a given major; `None`, after saying so, when it is not installed here.
    pub fn of(major: u16) -> Option<Self> {
        if !is_installed(major) {
            println!(
                "skipped: the programs of PostgreSQL {major} are not here (scripts/servers fetch {major})"
            );
            return None;
        }
        Some(Self::start_installed(major))
    }

    fn start_installed(major: u16) -> Self {
        let mut cluster = Self::not_started(major);
        cluster.start_first();
        cluster
    }

    /// A hot standby of this one, that follows it.
    pub fn standby(&self) -> Self {
        let mut standby = Self::not_started(u16::try_from(self.server.major).expect("a major is small"));
        let (data, sockets) = (standby.data(), standby.run_folder().join("s"));
        std::fs::create_dir(standby.run_folder()).expect("its folder is new");
        let mut backup = Command::new(tool("pg_basebackup"));
        backup.args(["-h", &self.server.host, "-p", &self.server.port.to_string(), "-U", "postgres"]);
        backup.arg("-D").arg(&data).args(["-c", "fast"]);
        ran(&mut backup);
        std::fs::write(data.join("standby.signal"), "").expect("the folder is ours");
        // Later lines win. What `-R` writes an older libpq may not understand.
        let settings = format!(
            "port = {}\nunix_socket_directories = '{}'\nprimary_conninfo = 'host={} port={} user=postgres'\n",
            standby.server.port,
            sockets.display(),
            self.server.host,
            self.server.port
        );
        let conf = data.join("postgresql.conf");
        let before = std::fs::read_to_string(&conf).expect("it came with the backup");
        std::fs::write(conf, format!("{before}\n{settings}")).expect("the folder is ours");
        // It runs as the primary's user.
        ran(Command::new("chown").arg("-R").arg("--reference").arg(self.data()).arg(&data));
        standby.start_first();
        assert_eq!(standby.server.host, sockets.to_string_lossy());
        standby
    }

    fn not_started(major: u16) -> Self {
        let folder = tempfile::Builder::new().prefix("pgark-cluster-").tempdir_in(roomy()).expect("a folder");
        // The server may run as another user.
        open_to_all(&folder);
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = free.expect("there is a free port").port();
        let server = TestServer { major: u32::from(major), host: String::new(), port };
        Self { server, folder, port_base: port - (major - 12) }
    }

    fn start_first(&mut self) {
        // `major socket-folder port`
        let started = self.script("start");
        self.server.host = started.split_whitespace().nth(1).expect("it says where").to_owned();
    }

    /// A folder that belongs to it, for tablespaces.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How to reach it.
    pub fn server(&self) -> &TestServer {
        &self.server
    }

    /// The folder of the cluster itself, with pg_hba.conf.
    pub fn data(&self) -> PathBuf {
        self.run_folder().join(self.server.major.to_string())
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        let file = self.run_folder().join(format!("{}.log", self.server.major));
        String::from_utf8_lossy(&std::fs::read(file).expect("it logs")).into_owned()
    }

    /// Gives a file to the server: copies it into the cluster's folder, for its eyes only.
    pub fn give(&self, file: &Path) {
        let copy = self.data().join(file.file_name().expect("a file has a name"));
        std::fs::copy(file, &copy).expect("the cluster is ours");
        let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&copy, owner_only).expect("the copy is ours");
        let mut chown = Command::new("chown");
        chown.arg("--reference").arg(self.data()).arg(&copy);
        assert!(chown.status().expect("chown runs").success(), "{}", copy.display());
    }

    /// Changes settings and pg_hba.conf (after a line that lets the test in over the socket), and returns when new
    /// sessions have them.
    pub fn configure(&self, settings: &[(&str, &str)], hba: &str) {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let run = |sql: &str| psql(&self.server, "postgres", sql).expect("the server takes it");
        for (name, value) in settings {
            run(&format!("alter system set {name} = '{value}'"));
        }
        run(&format!("alter system set pgark.configured = '{number}'"));
        let text = format!("local all postgres trust\n{hba}\n");
        std::fs::write(self.data().join("pg_hba.conf"), text).expect("the cluster is ours");
        run("select pg_reload_conf()");
        for _ in 0..1000 {
            // The postmaster reads everything in one go; a session begins with what it has.
            if run("show pgark.configured").trim() == number.to_string() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("the server does not read its configuration: {}", self.log());
    }

    /// Restarts it with a lock table for 20 * (10 + 5) locks: everything that the server counts is as small as can be.
    pub fn shrink_lock_table(&self) {
        let mut settings = vec![
            "max_locks_per_transaction = 20",
            "max_connections = 10",
            "max_prepared_transactions = 0",
            "max_worker_processes = 2",
            "max_wal_senders = 0",
            "autovacuum_max_workers = 1",
            "wal_level = minimal",
        ];
        if self.server.major >= 18 {
            settings.push("autovacuum_worker_slots = 1");
        }
        for setting in settings {
            psql(&self.server, "postgres", &format!("alter system set {setting}")).expect("a known setting");
        }
        self.stop_at_once();
        self.restart();
    }

    /// Starts it again after [`stop_at_once`](Self::stop_at_once).
    pub fn restart(&self) {
        self.script("start");
    }

    /// What `pg_ctl stop -m immediate` does: no good-bye to anybody.
    pub fn stop_at_once(&self) {
        self.signal(Signal::QUIT);
    }

    /// Freezes the postmaster: sessions go on, but nobody gets in, not even to cancel.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Undoes [`freeze`](Self::freeze).
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let file = self.data().join("postmaster.pid");
        // It removes the file when it ends.
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if let Some(pid) = text.lines().next().and_then(|pid| pid.trim().parse().ok()) {
            send_signal(pid, signal);
        }
    }

    fn run_folder(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    fn script(&self, what: &str) -> String {
        let mut command = Command::new(script());
        command.args([what, &self.server.major.to_string()]);
        // Its lock file goes into the folder, too.
        command.env("TMPDIR", self.folder.path());
        command
            .env("PGARK_RUN_DIR", self.run_folder())
            .env("PGARK_TEST_PORT_BASE", self.port_base.to_string());
        let output = command.output().expect("scripts/servers runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() || std::thread::panicking(), "scripts/servers {what}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.thaw();
        self.script("stop");
    }
}

/// Runs a program that has to succeed.
fn ran(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn is_installed(major: u16) -> bool {
    let found = Command::new(script()).args(["bin", &major.to_string(), "postgres"]).output();
    found.is_ok_and(|found| found.status.success())
}

/// Memory, where there is some for files.
fn roomy() -> PathBuf {
    let shared = PathBuf::from("/dev/shm");
    let room = rustix::fs::statvfs(&shared).map_or(0, |stat| stat.f_bavail * stat.f_frsize);
    if room > 2 << 30 { shared } else { std::env::temp_dir() }
}

fn open_to_all(folder: &tempfile::TempDir) {
    use std::os::unix::fs::PermissionsExt;
    let all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), all).expect("the folder is ours");
}
