//! `--stall-timeout`: a server that says nothing any more, and one that only has to wait for us.

use std::process::Stdio;

use rustix::process::Signal;

use crate::cli_lock::wait_until;
use crate::support::{Cluster, TestCli, TestDatabase, TestServer, send_signal};

const WIDE: &str = "
create table wide (id int, t text);
alter table wide alter t set storage external;
insert into wide select i, (select string_agg(md5((i * j)::text), '') from generate_series(1, 60) j)
    from generate_series(1, 20000) i";

#[test]
fn a_frozen_session_ends_the_dump_and_is_named() {
    let Some(cluster) = Cluster::start() else { return };
    let database = TestDatabase::create(cluster.server(), "stall");
    database.sql(WIDE);
    let cli = TestCli::new();
    let conninfo = database.conninfo();
    let running =
        cli.spawn(["dump", &conninfo, "-f", "a.pgark", "-j", "1", "-Z", "zstd:12", "--stall-timeout", "2s"]);
    // In the middle of its rows, not before them.
    let worker = "pg_stat_activity join pg_stat_progress_copy using (pid) \
        where application_name = 'pgark dump worker 1' and tuples_processed > 100";
    wait_until(&database, &format!("exists (select from {worker})"));
    let pid: u32 = database.sql(&format!("select pid from {worker}")).trim().parse().unwrap();
    send_signal(pid, Signal::STOP);
    let outcome = running.wait();
    send_signal(pid, Signal::CONT);
    assert_eq!(outcome.code, Some(8), "{}", outcome.stderr);
    let place = format!("where: worker 1, pid {pid}: public.wide part 1\n");
    for wanted in ["error: no sign of life from the server for 2 s\n", &place, "--stall-timeout"] {
        assert!(outcome.stderr.contains(wanted), "no {wanted:?} in {}", outcome.stderr);
    }
    assert!(!cli.path("a.pgark").exists() && !cli.path("a.pgark.partial").exists());
}

#[test]
fn a_slow_reader_is_no_stall() {
    let Some(server) = TestServer::newest() else { return };
    let database = TestDatabase::create(&server, "stall");
    database.sql(WIDE);
    let cli = TestCli::new();
    let script = "set -o pipefail; \"$@\" | (sleep 4; cat > a.pgark)";
    let mut command = cli.program("bash");
    command.args([
        "-c",
        script,
        "bash",
        env!("CARGO_BIN_EXE_pgark"),
        "dump",
        &database.conninfo(),
        "-f",
        "-",
    ]);
    command.args(["-j", "2", "--stall-timeout", "500ms"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    cli.succeed(["verify", "a.pgark", "--deep"]).unwrap();
}

#[test]
fn a_frozen_session_ends_the_restore_and_is_named() {
    let Some(cluster) = Cluster::start() else { return };
    let source = TestDatabase::create(cluster.server(), "stall");
    source.sql(WIDE);
    // There the rows take their time, but they go on and on.
    source.sql(
        "create function slow() returns bool language sql as $$
            select current_database() not like '%stall\\_to%' or pg_catalog.pg_sleep(0.001) is not null $$;
        alter table wide add check (slow())",
    );
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let target = TestDatabase::create(cluster.server(), "stall_to");
    let to = target.conninfo();
    let running = cli.spawn(["restore", "a.pgark", "-d", &to, "--yes", "-j", "1", "--stall-timeout", "2s"]);
    let worker = "application_name = 'pgark restore worker 1' and query like 'COPY %' and state = 'active' \
        and clock_timestamp() > query_start + interval '4s'";
    wait_until(&target, &format!("exists (select from pg_stat_activity where {worker})"));
    let pid: u32 =
        target.sql(&format!("select pid from pg_stat_activity where {worker}")).trim().parse().unwrap();
    send_signal(pid, Signal::STOP);
    let outcome = running.wait();
    send_signal(pid, Signal::CONT);
    assert_eq!(outcome.code, Some(8), "{}", outcome.stderr);
    let place = format!("where: worker 1, pid {pid}: table data public.wide\n");
    for wanted in ["error: no sign of life from the server for 2 s\n", &place, "--stall-timeout"] {
        assert!(outcome.stderr.contains(wanted), "no {wanted:?} in {}", outcome.stderr);
    }
}

#[test]
fn a_slow_writer_is_no_stall() {
    let Some(server) = TestServer::newest() else { return };
    let (source, target) =
        (TestDatabase::create(&server, "stall"), TestDatabase::create(&server, "stall_to"));
    source.sql(WIDE);
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let half = std::fs::metadata(cli.path("a.pgark")).unwrap().len() / 2;
    let script = format!("(head -c {half}; sleep 4; cat) < a.pgark | \"$@\"");
    let mut command = cli.program("bash");
    let to = target.conninfo();
    command.args(["-c", &script, "bash", env!("CARGO_BIN_EXE_pgark"), "restore", "-", "-d", &to, "--yes"]);
    command.args(["-j", "2", "--stall-timeout", "500ms"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(target.sql("select count(*) from wide").trim(), "20000");
}
