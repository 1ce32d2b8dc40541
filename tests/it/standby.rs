//! Dumps from a hot standby: the same as from its primary, and what happens when the standby wants us out of its way.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use pgark::archive::{ArchiveFile, Decoder, Limits, RecordType};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Cluster, Running, TestCli, TestDatabase, TestServer, psql};

/// A primary with a database, and its standby.
struct Pair {
    // Dropped before the servers are.
    database: TestDatabase,
    standby: Cluster,
    primary: Cluster,
}

impl Pair {
    fn start(major: u16) -> Option<Self> {
        let primary = Cluster::of(major)?;
        let standby = primary.standby();
        let database = TestDatabase::create(primary.server(), "standby");
        Some(Self { database, standby, primary })
    }

    /// The end of the primary's log, on the disk. What nobody waits for stays in memory until then.
    fn flushed(&self) -> String {
        let sql = "checkpoint; select pg_current_wal_flush_lsn()";
        psql(self.primary.server(), "postgres", sql).unwrap().trim().to_owned()
    }

    /// Waits until the standby has everything.
    fn catch_up(&self) {
        wait(self.standby.server(), &format!("pg_last_wal_replay_lsn() >= '{}'", self.flushed()));
    }

    fn on_standby(&self) -> String {
        self.standby.server().conninfo(self.database.name())
    }
}

/// Waits until a condition holds on a server.
fn wait(server: &TestServer, condition: &str) {
    let begin = Instant::now();
    while psql(server, "postgres", &format!("select ({condition})::text")).unwrap().trim() != "true" {
        assert!(begin.elapsed() < Duration::from_secs(60), "waited in vain for: {condition}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The raw bytes of the only record of a type.
fn record(archive: &Path, wanted: RecordType) -> Vec<u8> {
    let file = ArchiveFile::open(archive, Limits::default()).unwrap();
    let entry = file.toc().iter().find(|entry| entry.record_type == wanted).unwrap();
    let (mut stored, mut raw) = (Vec::new(), Vec::new());
    file.read_frame(entry, &mut Decoder::new().unwrap(), &mut stored, &mut raw).unwrap();
    raw
}

fn json(archive: &Path, wanted: RecordType) -> Value {
    serde_json::from_slice(&record(archive, wanted)).unwrap()
}

/// Rows and their hash, by entry.
fn rows(archive: &Path) -> BTreeMap<u64, (Value, Value)> {
    let late = json(archive, RecordType::Late);
    let tables = late["tables"].as_array().unwrap();
    tables
        .iter()
        .map(|table| (table["id"].as_u64().unwrap(), (table["rows"].clone(), table["hash"].clone())))
        .collect()
}

const CONTENT: &str = "
create extension if not exists plpgsql;
create type mood as enum ('sad', 'glad');
create table parts (id int, at date, m mood default 'glad', primary key (id, at)) partition by range (at);
create table parts_2025 partition of parts for values from ('2025-01-01') to ('2026-01-01');
create table parts_2026 partition of parts for values from ('2026-01-01') to ('2027-01-01');
insert into parts select i, date '2025-01-01' + i % 700, case i % 3 when 0 then 'sad' else 'glad' end::mood
    from generate_series(1, 30000) i;
create table texts (id serial primary key, t text, check (length(t) > 0));
insert into texts (t) select repeat(md5(i::text), 1 + i % 200) from generate_series(1, 3000) i;
create index on texts (md5(t));
create view glad as select * from parts where m = 'glad';
create materialized view counts as select m, count(*) from parts group by m;
create function f(int) returns int language sql as 'select $1 + 1';
select lo_from_bytea(0, decode(repeat('ab', 5000), 'hex'));
analyze";

#[test]
fn a_standby_gives_the_same_dump_as_its_primary() {
    for major in 12..=18 {
        let Some(pair) = Pair::start(major) else { continue };
        pair.database.sql(CONTENT);
        let cli = TestCli::new();
        let [ours, theirs] = [cli.path("primary.pgark"), cli.path("standby.pgark")];
        // A background process of the primary may write a word in between: then once more.
        let mut attempts = 0;
        loop {
            attempts += 1;
            pair.catch_up();
            for (conninfo, file) in
                [(pair.database.conninfo(), "primary.pgark"), (pair.on_standby(), "standby.pgark")]
            {
                let outcome = cli.succeed([
                    "dump",
                    &conninfo,
                    "-f",
                    file,
                    "-j",
                    "4",
                    "--split-above",
                    "100kB",
                    "--force",
                ]);
                outcome.unwrap_or_else(|error| panic!("{major}: {error}"));
            }
            let [a, b] = [&ours, &theirs].map(|file| json(file, RecordType::Begin)["source"].clone());
            assert_eq!((&a["standby"], &b["standby"]), (&Value::Bool(false), &Value::Bool(true)), "{major}");
            if a["lsn"] == b["lsn"] {
                break;
            }
            assert!(attempts < 10, "{major}: never at the same LSN: {a} {b}");
        }
        assert!(
            record(&ours, RecordType::Catalog) == record(&theirs, RecordType::Catalog),
            "{major}: CATALOG differs"
        );
        assert_eq!(rows(&ours), rows(&theirs), "{major}");
        // The primary logs 32 values of a sequence ahead, and no others are known to a standby.
        let value = |file| json(file, RecordType::Late)["sequences"][0]["last_value"].as_i64().unwrap();
        assert_eq!(value(&ours), 3000, "{major}");
        assert!((3000..=3032).contains(&value(&theirs)), "{major}: {}", value(&theirs));
        assert!(rows(&ours).len() >= 4);
    }
}

/// A dump from the standby, frozen while it copies, and with the primary's next message in its way.
fn in_the_way(pair: &Pair, cli: &TestCli, more: &[&str]) -> Running {
    let source = pair.on_standby();
    let arguments = ["dump", &source, "-f", "a.pgark", "-j", "1", "-Z", "zstd:12", "--progress", "none"];
    let running = cli.spawn(arguments.iter().chain(more));
    wait(
        pair.standby.server(),
        "exists (select from pg_stat_activity where application_name = 'pgark dump worker 1' and query like '%COPY %')",
    );
    running.signal(Signal::STOP);
    pair.database.sql("delete from wide where id % 2 = 0");
    pair.database.sql("vacuum wide");
    let lsn = pair.flushed();
    // A session that waits for the frozen process hears of the conflict only when that goes on.
    wait(pair.standby.server(), &format!("pg_last_wal_receive_lsn() >= '{lsn}'"));
    running.signal(Signal::CONT);
    running
}

/// Takes a while to compress, so that the dump is not done before it is frozen.
const WIDE: &str = "
create table wide (id int, t text);
alter table wide alter t set storage external;
insert into wide select i, (select string_agg(md5((i * j)::text), '') from generate_series(1, 60) j)
    from generate_series(1, 20000) i";

/// A standby that waits for nobody.
fn impatient(major: u16) -> Option<Pair> {
    let pair = Pair::start(major)?;
    psql(pair.standby.server(), "postgres", "alter system set max_standby_streaming_delay = 0").unwrap();
    psql(pair.standby.server(), "postgres", "select pg_reload_conf()").unwrap();
    pair.database.sql(WIDE);
    pair.catch_up();
    Some(pair)
}

#[test]
fn a_conflict_is_said_with_its_remedies() {
    for major in [12, 18] {
        let Some(pair) = impatient(major) else { continue };
        let cli = TestCli::new();
        let outcome = in_the_way(&pair, &cli, &[]).wait();
        assert_eq!(outcome.code, Some(8), "{major}: {}", outcome.stderr);
        for wanted in [
            "error: the standby cancelled the dump: conflict with recovery",
            "due to conflict with recovery (SQLSTATE 40001)",
            "dump from the primary",
            "max_standby_streaming_delay",
            "hot_standby_feedback = on",
            "--retries",
        ] {
            assert!(outcome.stderr.contains(wanted), "{major}: no {wanted:?} in {}", outcome.stderr);
        }
        let left: Vec<_> =
            std::fs::read_dir(cli.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["home"]);
    }
}

#[test]
fn a_retry_begins_with_a_new_snapshot_and_a_new_file() {
    for major in [12, 18] {
        let Some(pair) = impatient(major) else { continue };
        let cli = TestCli::new();
        let outcome = in_the_way(&pair, &cli, &["--retries", "1", "--json"]).wait();
        assert_eq!(outcome.code, Some(0), "{major}: {}", outcome.stderr);
        let again = "warning: the standby cancelled the dump: conflict with recovery";
        assert_eq!(outcome.stderr.matches(again).count(), 1, "{}", outcome.stderr);
        let summary: Value = serde_json::from_str(outcome.stdout.trim()).unwrap();
        // What the second snapshot sees, and nothing of the first.
        assert_eq!((&summary["rows"], &summary["tables"]), (&10_000.into(), &1.into()), "{summary}");
        assert!(summary["warnings"][0].as_str().unwrap().contains("beginning again"), "{summary}");
        cli.succeed(["verify", "a.pgark", "--deep"]).unwrap();
        assert_eq!(rows(&cli.path("a.pgark")).values().next().unwrap().0, 10_000);
    }
}

#[test]
fn the_doctor_knows_a_standby() {
    let Some(pair) = Pair::start(18) else { return };
    pair.database.sql("create unlogged table quick (id serial)");
    pair.catch_up();
    let cli = TestCli::new();
    let outcome = cli.run(["doctor", &pair.on_standby()]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    for wanted in [
        "warning  standby       it may cancel a dump",
        "max_standby_streaming_delay = -1",
        "warning  unlogged ",
        "- public.quick\n",
        "blocks   writing ",
        "dump:    possible, with warnings\nrestore: not possible",
    ] {
        assert!(outcome.stdout.contains(wanted), "no {wanted:?} in {}", outcome.stdout);
    }
    // What it says is so.
    assert_eq!(cli.run(["dump", &pair.on_standby(), "-f", "a.pgark"]).code, Some(3));
    psql(pair.standby.server(), "postgres", "alter system set max_standby_streaming_delay = -1").unwrap();
    psql(pair.standby.server(), "postgres", "select pg_reload_conf()").unwrap();
    wait(pair.standby.server(), "current_setting('max_standby_streaming_delay') = '-1'");
    let outcome = cli.run(["doctor", &pair.on_standby()]);
    assert!(outcome.stdout.contains("ok       standby       it waits for us"), "{}", outcome.stdout);
}

#[test]
fn a_pipe_is_not_tried_again() {
    let outcome = TestCli::new().run(["dump", "nowhere", "-f", "-", "--retries", "1"]);
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("leave out --retries"), "{}", outcome.stderr);
}
