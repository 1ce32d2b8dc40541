//! A real PgBouncer in front of a server.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::server::{TestServer, password};

/// Debian's package puts it where only root looks.
const PATHS: &str = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin";

/// A pooler on a free port of the loopback, which reaches the server by TCP; stopped with the value.
#[derive(Debug)]
pub struct PgBouncer {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl PgBouncer {
    /// Starts one with these settings, such as `pool_mode = session`. `None`, after saying so, where it is not installed and
    /// nobody demands servers (`PGARK_TEST_REQUIRE`).
    pub fn start(server: &TestServer, settings: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = free.expect("a free port").port();
        let users = folder.path().join("users");
        // It does not run as root.
        let user = if rustix::process::geteuid().is_root() { "user = nobody" } else { "" };
        let config = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\n{user}\n{settings}\n",
            server.port,
            users.display()
        );
        let ini = folder.path().join("pgbouncer.ini");
        std::fs::write(&users, format!("\"postgres\" \"{}\"\n", password())).expect("the folder is ours");
        std::fs::write(&ini, config).expect("the folder is ours");
        let all = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), all).expect("the folder is ours");
        let mut command = Command::new("pgbouncer");
        command.arg("-q").arg(&ini).env("PATH", PATHS).stdin(Stdio::null()).stderr(Stdio::null());
        let Ok(child) = command.spawn() else {
            let required = std::env::var("PGARK_TEST_REQUIRE").unwrap_or_default();
            assert!(required.is_empty(), "PgBouncer is required and not installed (package pgbouncer)");
            println!("skipped: PgBouncer is not installed (package pgbouncer)");
            return None;
        };
        let pooler = Self { child, port, _folder: folder };
        for _ in 0..1000 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(pooler);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("PgBouncer does not listen");
    }

    /// Whether it has gone: 1.18 exits when a cancel request comes together with the end of its client.
    pub fn has_exited(&mut self) -> bool {
        for _ in 0..500 {
            if self.child.try_wait().expect("the child can be waited for").is_some() {
                return true;
            }
            // One that ends closes its sockets a moment before it can be waited for.
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// Connection string of a database through it.
    pub fn conninfo(&self, database: &str) -> String {
        format!("host=127.0.0.1 port={} user=postgres dbname='{database}'", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
