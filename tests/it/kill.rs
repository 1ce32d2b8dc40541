//! Dumps and restores that are stopped: by a signal they may catch, and by one they may not.
//!
//! `PGARK_TEST_KILLS` says how often each signal is sent (20); `PGARK_TEST_SEED` repeats a run.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{
    Background, Cluster, Outcome, Random, Running, TestCli, TestDatabase, TestServer, psql, row_hashes,
};

/// Cleaning up may take so long (a promise: P8 of the tests' plan).
const CLEANED: Duration = Duration::from_secs(5);

/// After so long no session may be left.
const SESSIONS_GONE: Duration = Duration::from_secs(10);

/// What is done to a run.
const SIGNALS: [(Signal, Option<i32>); 3] =
    [(Signal::INT, Some(130)), (Signal::TERM, Some(143)), (Signal::KILL, None)];

/// Something of everything that takes time: rows, indexes, keys, large objects, a materialized view. `{rows}` rows of
/// about 150 bytes in each of four tables.
const SOURCE: &str = "
    create table a (id int primary key, t text);
    insert into a select i, repeat(md5(i::text), 4) from generate_series(1, {rows}) i;
    create table b as select id as x, t as u from a;
    create table c as select id, id % 1000 as k, t from a;
    create table d as select id, t || 'd' as t from a;
    alter table c add foreign key (id) references a;
    create index on b (x);
    create index on c (k);
    create index on d (t);
    create materialized view m as select k, count(*) as n from c group by k;
    create sequence s;
    select nextval('s');
    select lo_from_bytea(i, decode(repeat(md5(i::text), 100), 'hex')) from generate_series(1, 500) i;
";

fn source(server: &TestServer, rows: u32) -> TestDatabase {
    let database = TestDatabase::create(server, "kill_source");
    database.sql(&SOURCE.replace("{rows}", &rows.to_string()));
    database
}

fn kills() -> usize {
    std::env::var("PGARK_TEST_KILLS").map_or(20, |count| count.parse().expect("PGARK_TEST_KILLS is a number"))
}

/// What the run was doing, as far as the server can tell, just before the signal.
fn phase(database: &TestDatabase) -> &'static str {
    let queries = psql(
        database.server(),
        "postgres",
        &format!("select query from pg_stat_activity where datname = '{}'", database.name()),
    );
    let queries = queries.unwrap_or_default().to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| queries.contains(word));
    match () {
        () if queries.trim().is_empty() => "no session",
        () if has(&["create index", "add constraint", "refresh", "analyze"]) => "post-data",
        () if has(&["copy ", "lo_put"]) => "data",
        () => "catalog or pre-data",
    }
}

/// Waits until no session is on a database; how many are left is a failure.
fn sessions_end(database: &TestDatabase) -> Result<(), String> {
    let started = Instant::now();
    let sql = format!("select pid, state, query from pg_stat_activity where datname = '{}'", database.name());
    loop {
        let left = psql(database.server(), "postgres", &sql)?;
        if left.trim().is_empty() {
            return Ok(());
        }
        if started.elapsed() > SESSIONS_GONE {
            return Err(format!("sessions are left after {SESSIONS_GONE:?}:\n{left}"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Where the signals hit, for the log: the points must really be spread.
#[derive(Default)]
struct Hits(BTreeMap<String, usize>);

impl Hits {
    fn count(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }
}

/// Sends `signal` after `delay`, and says what was going on then and how long the end took.
fn stop(
    running: Running,
    database: &TestDatabase,
    signal: Signal,
    delay: Duration,
) -> (Outcome, &'static str, Duration) {
    let started = Instant::now();
    std::thread::sleep(delay);
    let phase = phase(database);
    let sent = started.elapsed();
    running.signal(signal);
    let outcome = running.wait();
    let took = outcome.time.saturating_sub(sent);
    (outcome, phase, took)
}

/// Before the program has looked after signals they end it as the system does; there is nothing to clean then.
fn ended_as_promised(outcome: &Outcome, code: Option<i32>, signal: Signal) -> bool {
    outcome.signal == Some(signal.as_raw()) || (code.is_some() && outcome.code == code)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| name.contains("pgark")).collect()
}

#[test]
fn a_killed_dump_leaves_no_archive() {
    let Some(server) = TestServer::newest() else { return };
    let source = source(&server, 200_000);
    let cli = TestCli::new();
    let conninfo = source.conninfo();
    let dump = ["dump", conninfo.as_str(), "-f", "a.pgark", "-j", "2", "--split-above", "8MB", "--force"];
    let normal = cli.succeed(dump).unwrap().time;
    std::fs::remove_file(cli.path("a.pgark")).unwrap();
    let mut random = Random::new("kills of a dump");
    let mut hits = Hits::default();
    let mut failures = Vec::new();
    for (signal, code) in SIGNALS {
        for point in random.spread(kills()) {
            let (outcome, phase, took) = stop(cli.spawn(dump), &source, signal, normal.mul_f64(point));
            let left = names(cli.folder());
            let mut wrong = |what: String| {
                failures.push(format!("{signal:?} at {point:.2} ({phase}): {what}\n{}", outcome.stderr));
            };
            if outcome.code == Some(0) {
                // It was faster than the signal: then all is there.
                hits.count("finished before");
                if left != ["a.pgark"] {
                    wrong(format!("finished, but there is {left:?}"));
                }
                if let Err(error) = cli.succeed(["verify", "a.pgark", "--deep"]) {
                    wrong(error);
                }
                std::fs::remove_file(cli.path("a.pgark")).unwrap();
                continue;
            }
            hits.count(phase);
            if !ended_as_promised(&outcome, code, signal) {
                wrong(format!("exit {:?}, signal {:?}", outcome.code, outcome.signal));
            }
            let allowed: &[&str] = if signal == Signal::KILL { &["a.pgark.partial"] } else { &[] };
            if left.iter().any(|name| !allowed.contains(&name.as_str())) {
                wrong(format!("leaves {left:?}"));
            }
            if took > CLEANED {
                wrong(format!("takes {took:?} to end"));
            }
            if let Err(error) = sessions_end(&source) {
                wrong(error);
            }
        }
    }
    println!("normally {normal:?}; hit: {:?}", hits.0);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // What the last SIGKILL left is in nobody's way.
    cli.succeed(dump).unwrap();
    cli.succeed(["verify", "a.pgark", "--deep"]).unwrap();
    assert_eq!(names(cli.folder()), ["a.pgark"]);
}

#[test]
fn a_killed_restore_leaves_no_session() {
    let Some(server) = TestServer::newest() else { return };
    let source = source(&server, 80_000);
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark", "-j", "2"]).unwrap();
    let restore = |target: &TestDatabase| {
        ["restore", "a.pgark", "-d", &target.conninfo(), "-j", "2", "--yes"].map(str::to_owned)
    };
    let target = TestDatabase::create(&server, "kill_normal");
    let normal = cli.succeed(restore(&target)).unwrap().time;
    drop(target);
    let mut random = Random::new("kills of a restore");
    let mut hits = Hits::default();
    let mut failures = Vec::new();
    for (signal, code) in SIGNALS {
        for point in random.spread(kills()) {
            let target = TestDatabase::create(&server, "kill_target");
            let (outcome, phase, took) =
                stop(cli.spawn(restore(&target)), &target, signal, normal.mul_f64(point));
            let mut wrong = |what: String| {
                failures.push(format!("{signal:?} at {point:.2} ({phase}): {what}\n{}", outcome.stderr));
            };
            if outcome.code == Some(0) {
                hits.count("finished before");
                if row_hashes(&source) != row_hashes(&target) {
                    wrong("finished, but the rows differ".to_owned());
                }
                continue;
            }
            hits.count(phase);
            if !ended_as_promised(&outcome, code, signal) {
                wrong(format!("exit {:?}, signal {:?}", outcome.code, outcome.signal));
            }
            if took > CLEANED {
                wrong(format!("takes {took:?} to end"));
            }
            if let Err(error) = sessions_end(&target) {
                wrong(error);
            }
        }
    }
    println!("normally {normal:?}; hit: {:?}", hits.0);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_second_signal_ends_at_once_and_a_frozen_server_holds_up_nobody() {
    let Some(cluster) = Cluster::start() else { return };
    let database = TestDatabase::create(cluster.server(), "frozen");
    database.sql("create table t (a int)");
    let over_tcp = TestServer { host: "127.0.0.1".into(), ..cluster.server().clone() };
    let conninfo = over_tcp.conninfo(database.name());
    let cli = TestCli::new();
    for (signals, limit) in [(1, CLEANED + Duration::from_secs(1)), (2, Duration::from_secs(2))] {
        let blocker = Background::run(&database, "begin; lock table t; select pg_sleep(600)");
        blocker.wait_until("select exists (select from pg_stat_activity where query ~ '^select pg_sleep')");
        let dump = cli.spawn(["dump", conninfo.as_str(), "-f", "a.pgark"]);
        blocker.wait_until("select exists (select from pg_locks where not granted)");
        cluster.freeze();
        let crowd = crowd(over_tcp.port);
        let sent = Instant::now();
        for _ in 0..signals {
            dump.signal(Signal::TERM);
            std::thread::sleep(Duration::from_millis(300));
        }
        let outcome = dump.wait();
        let took = sent.elapsed();
        drop(crowd);
        cluster.thaw();
        drop(blocker);
        assert_eq!(outcome.code, Some(143), "{}", outcome.stderr);
        assert!(took < limit, "{signals} signals: {took:?}");
        assert!(signals == 2 || took > Duration::from_secs(2), "the server was not frozen: {took:?}");
        assert!(!cli.path("a.pgark").exists());
        sessions_end(&database).unwrap();
    }
}

/// Connections until no more fit into the queue of a server that accepts none: a cancel request then waits.
fn crowd(port: u16) -> Vec<TcpStream> {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok();
    let crowd: Vec<TcpStream> = std::iter::from_fn(connect).take(20_000).collect();
    assert!(crowd.len() < 20_000, "the queue of the server is endless");
    crowd
}
