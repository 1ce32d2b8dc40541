//! What happens around a dump or a restore: sessions end, the server stops, others alter tables, the output closes or
//! fills up. Each time there is an error with its exit code, or a right archive; never a quiet wrong one.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{Background, Cluster, Outcome, Random, TestCli, TestDatabase, TestServer};

const LOST: Option<i32> = Some(8);
const IO: Option<i32> = Some(10);
const LOCK: Option<i32> = Some(11);

/// Rows that take a while; an index that does, too.
const SOURCE: &str = "
    create table a (id int, t text);
    insert into a select i, repeat(md5(i::text), 4) from generate_series(1, {rows}) i;
    create table b as select * from a;
    create index on a (t);
    create index on b (t);
";

fn source(server: &TestServer, rows: u32) -> TestDatabase {
    let database = TestDatabase::create(server, "fault_source");
    database.sql(&SOURCE.replace("{rows}", &rows.to_string()));
    database
}

/// Ends one session of pgark on a database, as soon as some session runs a statement that begins with `doing`.
fn terminator(database: &TestDatabase, doing: &str, victim: &str) -> Background {
    let sql = format!(
        "do $$ declare victim int; begin
            for i in 1..10000 loop
                perform pg_stat_clear_snapshot();
                select pid into victim from pg_stat_activity a
                where datname = '{0}' and application_name like 'pgark %' and {victim}
                  and exists (select from pg_stat_activity
                      where datname = '{0}' and application_name like 'pgark %' and state = 'active' and query ~* '^{doing}')
                order by backend_start limit 1;
                if victim is not null then
                    perform pg_terminate_backend(victim);
                    return;
                end if;
                perform pg_sleep(0.001);
            end loop;
            raise exception 'no such session was seen';
        end $$",
        database.name()
    );
    Background::run(database, &sql)
}

/// Fails with all that is known of a run.
#[track_caller]
fn expect(outcome: &Outcome, code: Option<i32>, said: &[&str]) {
    let stderr = &outcome.stderr;
    assert_eq!(outcome.code, code, "signal {:?}\n{stderr}", outcome.signal);
    assert!(!stderr.contains("panicked"), "{stderr}");
    for said in said {
        assert!(stderr.contains(said), "`{said}` is not said:\n{stderr}");
    }
}

/// Nothing of an archive is in the folder.
#[track_caller]
fn nothing_left(cli: &TestCli) {
    for name in ["a.pgark", "a.pgark.partial"] {
        assert!(!cli.path(name).exists(), "{name} is left");
    }
}

#[test]
fn a_dump_ends_with_any_of_its_sessions() {
    let Some(server) = TestServer::newest() else { return };
    let source = source(&server, 200_000);
    let cli = TestCli::new();
    for victim in ["query ~ '^SAVEPOINT lot'", "not query ~ '^SAVEPOINT lot'"] {
        let terminator = terminator(&source, "savepoint lot", victim);
        let outcome = cli.run(["dump", &source.conninfo(), "-f", "a.pgark", "-j", "2"]);
        terminator.wait().unwrap();
        // A backend that waits for its client to read says nothing when it is terminated (the server's
        // ProcessClientWriteInterrupt), so its words are not always there.
        expect(&outcome, LOST, &["the connection to the server was lost"]);
        nothing_left(&cli);
    }
}

#[test]
fn a_restore_ends_with_any_of_its_sessions() {
    let Some(server) = TestServer::newest() else { return };
    let source = source(&server, 100_000);
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let leader = "not query ~* '^(copy|create index)'";
    for (doing, victim) in [
        ("copy", "query ~ '^COPY'"),
        ("copy", leader),
        ("create index", "query ~ '^CREATE INDEX'"),
        ("create index", leader),
    ] {
        let target = TestDatabase::create(&server, "fault_target");
        let terminator = terminator(&target, doing, victim);
        let outcome = cli.run(["restore", "a.pgark", "-d", &target.conninfo(), "-j", "2", "--yes"]);
        terminator.wait().unwrap();
        // Over TCP the system may throw away what the server said last.
        let said = match server.host.starts_with('/') {
            true => "terminating connection due to administrator command",
            false => "the connection to the server was lost",
        };
        expect(&outcome, LOST, &[said]);
    }
}

#[test]
fn a_server_that_stops_at_once_is_said() {
    let Some(cluster) = Cluster::start() else { return };
    let source = source(cluster.server(), 100_000);
    let cli = TestCli::new();
    let dump = ["dump".to_owned(), source.conninfo(), "-f".into(), "a.pgark".into(), "-j".into(), "2".into()];
    let normal = cli.succeed(&dump).unwrap().time;
    std::fs::rename(cli.path("a.pgark"), cli.path("b.pgark")).unwrap();
    let mut random = Random::new("stops of the server");
    let mut hits = [0; 2];
    for point in random.spread(4) {
        let running = cli.spawn(&dump);
        std::thread::sleep(Duration::from_millis(30) + normal.mul_f64(point * 0.7));
        cluster.stop_at_once();
        let outcome = running.wait();
        println!("dump, {point:.2}: {}", outcome.stderr);
        cluster.restart();
        // On a machine that has become idle since the first run the dump may be quicker than the stop.
        if outcome.code == Some(0) {
            std::fs::remove_file(cli.path("a.pgark")).unwrap();
            continue;
        }
        hits[0] += 1;
        lost_or_not_reached(&outcome);
        nothing_left(&cli);
    }
    for point in random.spread(4) {
        let target = TestDatabase::create(cluster.server(), "fault_target");
        let running = cli.spawn(["restore", "b.pgark", "-d", &target.conninfo(), "-j", "2", "--yes"]);
        std::thread::sleep(Duration::from_millis(60) + normal.mul_f64(point));
        cluster.stop_at_once();
        let outcome = running.wait();
        println!("restore, {point:.2}: {}", outcome.stderr);
        cluster.restart();
        if outcome.code == Some(0) {
            continue;
        }
        hits[1] += 1;
        lost_or_not_reached(&outcome);
    }
    assert!(hits.iter().all(|hits| *hits > 0), "{hits:?}: no stop came in time");
}

/// A server that stops while a session is being opened has not been reached.
#[track_caller]
fn lost_or_not_reached(outcome: &Outcome) {
    match outcome.code {
        Some(6) => expect(outcome, Some(6), &["error: cannot connect"]),
        _ => expect(outcome, LOST, &["lost"]),
    }
}

/// Each transaction keeps what the test asks of a right dump: 1000 rows in `r`, whose ids are 1 to 1000.
const CHANGES: &str = "
    begin; drop table r; create table r (id int, t text);
        insert into r select i, 'made' from generate_series(1, 1000) i; commit;
    begin; truncate r; insert into r select i, 'truncated' from generate_series(1, 1000) i; commit;
    begin; alter table r alter id type text; commit;
    begin; alter table r add u int default 7; alter table r drop column t; commit;
    begin; alter table r rename id to key; alter table r rename key to id; commit;
    begin; alter table r rename to q; create table r (id bigint);
        insert into r select i from generate_series(1, 1000) i; drop table q; commit;
    begin; create table s (a int); commit;
    begin; alter table r alter id type int using id::int; alter table r add t text; commit;
    begin; drop table s; commit;
";

#[test]
fn a_dump_while_tables_change_is_right_or_an_error() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "fault_changes");
    source.sql("create table r (id int, t text); insert into r select i from generate_series(1, 1000) i");
    let _changes = Background::run(&source, &CHANGES.repeat(3000));
    let cli = TestCli::new();
    let (mut right, mut refused) = (0, Vec::new());
    for _ in 0..30 {
        let outcome = cli.run(["dump", &source.conninfo(), "-f", "a.pgark", "-j", "2", "--force"]);
        if outcome.code != Some(0) {
            assert!(matches!(outcome.code, Some(8 | 9 | 11)), "{:?}\n{}", outcome.code, outcome.stderr);
            refused.push(outcome.stderr);
            continue;
        }
        let target = TestDatabase::create(&server, "fault_changed");
        let restored = cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]);
        restored.unwrap_or_else(|error| panic!("the dump was quietly wrong: {error}"));
        assert_eq!(target.sql("select count(*), sum(id::int) from r").trim(), "1000|500500");
        right += 1;
    }
    println!("{right} right, refused: {refused:?}");
    assert!(right >= 10, "most dumps should succeed: {refused:?}");
}

/// Things that cannot be locked come and go.
const OTHER_CHANGES: &str = "
    create view v as select 1 as one; create function f() returns int language sql return 1;
    create type e as enum ('a'); create sequence q; create schema w; create domain d as int check (value > 0);
    create materialized view m as select 1 as one; comment on view v is 'here';
    drop materialized view m; drop domain d; drop schema w; drop sequence q; drop type e; drop function f(); drop view v;
";

#[test]
fn a_dump_while_other_things_change_is_right_or_an_error() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "fault_other");
    let _changes = Background::run(&source, &OTHER_CHANGES.repeat(5000));
    let cli = TestCli::new();
    let (mut right, mut refused) = (0, Vec::new());
    for _ in 0..30 {
        let outcome = cli.run(["dump", &source.conninfo(), "-f", "a.pgark", "-j", "2", "--force"]);
        if outcome.code != Some(0) {
            expect(&outcome, outcome.code, &["error: "]);
            assert!(outcome.code.is_some_and(|code| code != 101));
            refused.push(outcome.stderr);
            continue;
        }
        let target = TestDatabase::create(&server, "fault_changed");
        let restored = cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]);
        restored.unwrap_or_else(|error| panic!("the dump was quietly wrong: {error}"));
        right += 1;
    }
    println!("{right} right, refused: {refused:?}");
    assert!(right > 0, "some dumps should succeed: {refused:?}");
}

#[test]
fn a_lock_that_is_not_to_be_had_is_said_with_its_holder() {
    for server in TestServer::all() {
        let database = TestDatabase::create(&server, "fault_lock");
        database.sql("create table held (a int)");
        let holder = Background::run(&database, "begin; lock table held; select pg_sleep(600)");
        holder.wait_until(&format!(
            "select exists (select from pg_stat_activity where datname = '{}' and query ~ '^select pg_sleep')",
            database.name()
        ));
        let cli = TestCli::new();
        let dump = ["dump", &database.conninfo(), "-f", "a.pgark", "--lock-wait-timeout", "200ms"];
        let outcome = cli.run(dump);
        expect(&outcome, LOCK, &["held", "select pg_sleep(600)"]);
        nothing_left(&cli);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let Some(server) = TestServer::newest() else { return };
    let source = source(&server, 20_000);
    let cli = TestCli::new();
    let mut command = cli.command(["dump", &source.conninfo(), "-f", "-"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut head = [0; 1000];
    child.stdout.take().unwrap().read_exact(&mut head).unwrap();
    expect(&finished(child), IO, &["error: "]);
}

/// Waits for a child that has only stderr left.
fn finished(child: std::process::Child) -> Outcome {
    let output = child.wait_with_output().expect("the child can be waited for");
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        signal: std::os::unix::process::ExitStatusExt::signal(&output.status),
        time: Duration::ZERO,
    }
}

/// Runs the binary under a shell that sets limits first.
fn limited(cli: &TestCli, limits: &str, arguments: &[&str]) -> Outcome {
    let mut command: Command = cli.program("/bin/sh");
    command
        .args(["-c", &format!("{limits}; exec \"$@\""), "sh", env!("CARGO_BIN_EXE_pgark")])
        .args(arguments);
    finished(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("there is a shell"))
}

#[test]
fn a_full_disk_is_said_and_nothing_is_left() {
    let Some(server) = TestServer::newest() else { return };
    let source = source(&server, 100_000);
    let cli = TestCli::new();
    let conninfo = source.conninfo();
    let to = |path| ["dump", conninfo.as_str(), "-f", path, "-j", "2"];
    expect(&cli.run(to("/dev/full")), IO, &["o space left"]);
    expect(&limited(&cli, "exec >/dev/full", &to("-")), IO, &["o space left"]);
    // Blocks of 512 bytes.
    for blocks in [0, 1, 100, 4000] {
        let limits = format!("ulimit -f {blocks}");
        expect(&limited(&cli, &limits, &to("a.pgark")), IO, &["error: "]);
        nothing_left(&cli);
    }
}

#[test]
fn a_full_file_system_is_said_and_nothing_is_left() {
    let Some(server) = TestServer::newest() else { return };
    let cli = TestCli::new();
    std::fs::create_dir(cli.path("small")).unwrap();
    let mount = "mount -t tmpfs -o size=3m small small";
    // Mounts of a namespace of its own go away with the process. Containers often forbid them.
    let allowed = cli.program("unshare").args(["-m", "sh", "-c", mount]).stderr(Stdio::null()).status();
    if !allowed.is_ok_and(|status| status.success()) {
        println!("skipped: no file system can be mounted here");
        return;
    }
    let source = source(&server, 100_000);
    let script = format!("{mount} && \"$@\"; code=$?; ls -A small; exit $code");
    let mut command = cli.program("unshare");
    command.args(["-m", "sh", "-c", &script, "sh", env!("CARGO_BIN_EXE_pgark")]);
    command.args(["dump", &source.conninfo(), "-f", "small/a.pgark"]);
    let outcome = finished(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    expect(&outcome, IO, &["o space left"]);
    assert_eq!(outcome.stdout, "", "left in the full file system");
}
