//! Signals: the first one cleans up, and the exit code says which it was.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::cli_lock::{LockHolder, wait_until};
use crate::support::{TestCli, TestDatabase, TestServer};

/// A signal is obeyed within this.
const PATIENCE: Duration = Duration::from_secs(5);

#[test]
fn a_stopped_dump_leaves_no_file_and_no_session() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "source");
    source.sql("create table orders (id int)");
    let _holder = LockHolder::new(&source);
    let ours =
        "select from pg_stat_activity where application_name like 'pgark %' and datname = current_database()";
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let cli = TestCli::new();
        let running = cli.spawn(["dump", &source.conninfo(), "-f", "a.pgark"]);
        wait_until(&source, &format!("exists ({ours} and wait_event_type = 'Lock')"));
        let begin = Instant::now();
        let sent = Command::new("kill").args(["-s", signal, &running.pid().to_string()]).status().unwrap();
        assert!(sent.success());
        let outcome = running.wait();
        assert!(begin.elapsed() < PATIENCE, "{signal}: {:?}", begin.elapsed());
        assert_eq!(outcome.code, Some(code), "{signal}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("error: interrupted"), "{signal}: {}", outcome.stderr);
        assert!(!cli.path("a.pgark").exists() && !cli.path("a.pgark.partial").exists(), "{signal}");
        wait_until(&source, &format!("not exists ({ours})"));
    }
}

#[test]
fn a_hangup_that_is_ignored_stays_ignored() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "source");
    source.sql("create table orders (id int)");
    let cli = TestCli::new();
    // `trap ''` is what nohup does; the dump must outlive the signal that its shell sends it.
    let script = format!(
        "trap '' HUP; '{}' dump '{}' -f a.pgark --quiet & pid=$!; \
         while kill -s HUP $pid 2>/dev/null; do sleep 0.01; done; wait $pid",
        env!("CARGO_BIN_EXE_pgark"),
        source.conninfo()
    );
    let status = Command::new("bash").args(["-c", &script]).current_dir(cli.folder()).status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(cli.path("a.pgark").exists());
}
