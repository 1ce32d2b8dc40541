//! `--nice`: work pauses while a server has other things to do, says so, and goes on.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use crate::cli_lock::wait_until;
use crate::support::{Background, Cluster, TestCli, TestDatabase, TestServer, psql};

/// More than a dump holds on its way to a reader who does not read.
const WIDE: &str = "
create table wide (id int, t text);
alter table wide alter t set storage external;
insert into wide select i, (select string_agg(md5((i * j)::text), '') from generate_series(1, 60) j)
    from generate_series(1, 40000) i;
create index on wide (id)";

const BUSY: &str = "select pg_sleep(100)";

/// A pgark whose pipes a test holds; what it says is in a file.
struct Held {
    child: Child,
    stderr: PathBuf,
}

impl Held {
    fn start(cli: &TestCli, arguments: &[&str]) -> Self {
        let stderr = cli.path("stderr");
        let mut command = cli.command(arguments);
        command.args(["--progress", "none"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.stderr(File::create(&stderr).unwrap()).spawn().unwrap();
        Self { child, stderr }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap()
    }

    /// Waits until it has said something.
    #[track_caller]
    fn says(&self, words: &str) {
        let begin = Instant::now();
        while !self.said().contains(words) {
            assert!(begin.elapsed() < Duration::from_secs(60), "never {words:?}: {}", self.said());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().unwrap()
    }

    #[track_caller]
    fn runs(&mut self) {
        assert!(self.child.try_wait().unwrap().is_none(), "it has ended: {}", self.said());
    }

    /// Waits for a good end: the lines that say that it paused, or went on.
    #[track_caller]
    fn ends_well(mut self) -> Vec<String> {
        let status = self.child.wait().unwrap();
        let said = self.said();
        assert!(status.success(), "{said}");
        let turn = |line: &&str| ["pausing", "going on", "--nice"].iter().any(|word| line.contains(word));
        said.lines().filter(turn).map(str::to_owned).collect()
    }
}

/// What a pgark writes to its stdout.
struct Archive {
    pipe: ChildStdout,
    first: Vec<u8>,
}

impl Archive {
    /// Waits for the first bytes. By then the watch has looked for the first time; before, nobody else must do anything on
    /// that server.
    fn begins(held: &mut Held) -> Self {
        let (mut pipe, mut first) = (held.child.stdout.take().unwrap(), vec![0; 100]);
        pipe.read_exact(&mut first).unwrap();
        Self { pipe, first }
    }

    /// Reads it to its end, into a file.
    fn read(mut self, file: PathBuf) -> std::thread::JoinHandle<()> {
        std::thread::spawn(move || {
            let mut file = File::create(file).unwrap();
            file.write_all(&self.first).unwrap();
            std::io::copy(&mut self.pipe, &mut file).unwrap();
        })
    }
}

const PAUSES: &str = "warning: pausing: other sessions at work: 1 (0 at the beginning)";

/// A dump into a pipe that nobody reads, on a server of its own, that has paused since somebody else works.
fn paused(cluster: &Cluster, cli: &TestCli, nice: &[&str]) -> (TestDatabase, Held, Archive, Background) {
    let database = TestDatabase::create(cluster.server(), "nice");
    database.sql(WIDE);
    let conninfo = database.conninfo();
    let arguments = ["dump", &conninfo, "-f", "-", "-j", "1", "--no-split"];
    let mut held = Held::start(cli, &[&arguments, nice].concat());
    let archive = Archive::begins(&mut held);
    let busy = Background::run(&database, BUSY);
    held.says(PAUSES);
    (database, held, archive, busy)
}

/// Waits until the worker's rows are not taken.
fn copies(database: &TestDatabase) {
    let waits = "application_name = 'pgark dump worker 1' and wait_event = 'ClientWrite'";
    wait_until(database, &format!("exists (select from pg_stat_activity where {waits})"));
}

#[test]
fn a_dump_waits_while_others_are_busy_and_then_goes_on() {
    for major in [12, 18] {
        let Some(cluster) = Cluster::of(major) else { continue };
        let cli = TestCli::new();
        let (database, held, archive, busy) = paused(&cluster, &cli, &["--nice=active=0"]);
        // From here on nothing but the pause holds it.
        let reader = archive.read(cli.path("a.pgark"));
        copies(&database);
        drop(busy);
        held.says("going on after");
        let turns = held.ends_well();
        assert!(
            matches!(&turns[..], [one, two] if one == PAUSES
            && two.starts_with("warning: going on after ") && two.ends_with(" s: the server has recovered")),
            "{turns:?}"
        );
        reader.join().unwrap();
        cli.succeed(["verify", "a.pgark", "--deep"]).unwrap();
    }
}

#[test]
fn a_pause_that_does_not_help_ends() {
    let Some(cluster) = Cluster::start() else { return };
    let cli = TestCli::new();
    let (database, held, archive, busy) = paused(&cluster, &cli, &["--nice=active=0,pause=3s"]);
    let reader = archive.read(cli.path("a.pgark"));
    // The same load is no reason for another pause.
    let turns = held.ends_well();
    assert_eq!(turns.len(), 2, "{turns:?}");
    assert!(turns[1].ends_with(" s, though it is no better: this counts as normal from now on"), "{turns:?}");
    assert_eq!(
        database.sql(&format!("select count(*) from pg_stat_activity where query = '{BUSY}'")).trim(),
        "1"
    );
    drop(busy);
    reader.join().unwrap();
    cli.succeed(["verify", "a.pgark", "--deep"]).unwrap();
}

#[test]
fn whoever_ends_the_watch_ends_the_pause() {
    let Some(cluster) = Cluster::start() else { return };
    let cli = TestCli::new();
    let (database, mut held, archive, _busy) = paused(&cluster, &cli, &["--nice=active=0"]);
    let reader = archive.read(cli.path("a.pgark"));
    copies(&database);
    held.runs();
    let watch = "application_name = 'pgark dump watch'";
    database.sql(&format!("select pg_terminate_backend(pid) from pg_stat_activity where {watch}"));
    let turns = held.ends_well();
    assert_eq!(turns.len(), 2, "{turns:?}");
    assert!(turns[1].starts_with("warning: --nice cannot look at the server any more"), "{turns:?}");
    reader.join().unwrap();
    cli.succeed(["verify", "a.pgark", "--deep"]).unwrap();
}

#[test]
fn a_stall_is_not_what_a_pause_looks_like() {
    let Some(cluster) = Cluster::start() else { return };
    let cli = TestCli::new();
    let nice = ["--nice=active=0,pause=4s", "--stall-timeout", "1s"];
    let (_database, held, archive, _busy) = paused(&cluster, &cli, &nice);
    let reader = archive.read(cli.path("a.pgark"));
    assert_eq!(held.ends_well().len(), 2);
    reader.join().unwrap();
}

/// A primary whose standby does not replay, and somebody who writes.
#[test]
fn replicas_that_fall_behind_are_waited_for() {
    for major in [12, 18] {
        let Some(primary) = Cluster::of(major) else { continue };
        let standby = primary.standby();
        let database = TestDatabase::create(primary.server(), "nice");
        database.sql(WIDE);
        database.sql("create table log (at timestamptz); checkpoint");
        let caught_up = "exists (select from pg_stat_replication where replay_lsn >= pg_current_wal_lsn())";
        wait_until(&database, caught_up);
        let on_standby = standby.server().conninfo(database.name());
        for conninfo in [database.conninfo(), on_standby] {
            let cli = TestCli::new();
            let nice = "--nice=lag=2s,active=1000";
            let mut held = Held::start(&cli, &["dump", &conninfo, "-f", "-", "-j", "1", "--no-split", nice]);
            let archive = Archive::begins(&mut held);
            psql(standby.server(), "postgres", "select pg_wal_replay_pause()").unwrap();
            let writes = Background::run(
                &database,
                "do $$ begin for i in 1 .. 10000 loop insert into log values (now()); commit; perform pg_sleep(0.05); \
                 end loop; end $$",
            );
            held.says("warning: pausing: replay is ");
            let reader = archive.read(cli.path("a.pgark"));
            held.runs();
            drop(writes);
            psql(standby.server(), "postgres", "select pg_wal_replay_resume()").unwrap();
            held.says("going on after");
            held.ends_well();
            reader.join().unwrap();
            cli.succeed(["verify", "a.pgark", "--deep"]).unwrap();
        }
    }
}

#[test]
fn a_restore_waits_between_its_pieces() {
    let Some(cluster) = Cluster::start() else { return };
    let source = TestDatabase::create(cluster.server(), "nice");
    // Rows that take their time there, and an index behind them.
    source.sql(
        "create function slow() returns bool language sql as $$
            select current_database() not like '%nice\\_to%' or pg_catalog.pg_sleep(0.4) is not null $$;
        create table t (id int check (slow()), wide text);
        insert into t select i, repeat('x', 100000) from generate_series(1, 20) i; create index on t (id)",
    );
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let target = TestDatabase::create(cluster.server(), "nice_to");
    let arguments =
        ["restore", "a.pgark", "-d", &target.conninfo(), "--yes", "-j", "1", "-v", "--nice=active=0"];
    let mut held = Held::start(&cli, &arguments);
    let loads = "application_name = 'pgark restore worker 1' and query like 'COPY %' and state = 'active'";
    // Nobody else must do anything on that server before.
    held.says("phase=data");
    let busy = Background::run(&target, BUSY);
    held.says(PAUSES);
    let loaded = format!("not exists (select from pg_stat_activity where {loads})");
    wait_until(&target, &loaded);
    held.runs();
    assert_eq!(target.sql("select count(*) from pg_indexes where tablename = 't'").trim(), "0");
    drop(busy);
    assert_eq!(held.ends_well().len(), 2);
    assert_eq!(target.sql("select count(*) from pg_indexes where tablename = 't'").trim(), "1");
}

#[test]
fn a_restore_from_a_pipe_waits_too() {
    let Some(cluster) = Cluster::start() else { return };
    let source = TestDatabase::create(cluster.server(), "nice");
    source.sql(WIDE);
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let mut archive = Vec::new();
    File::open(cli.path("a.pgark")).unwrap().read_to_end(&mut archive).unwrap();
    let target = TestDatabase::create(cluster.server(), "nice_to");
    let arguments = ["restore", "-", "-d", &target.conninfo(), "--yes", "-j", "2", "--nice=active=0"];
    let mut held = Held::start(&cli, &arguments);
    let mut pipe = held.stdin();
    let (first, rest) = archive.split_at(archive.len() / 2);
    pipe.write_all(first).unwrap();
    let busy = Background::run(&target, BUSY);
    held.says(PAUSES);
    let rest = rest.to_vec();
    let writer = std::thread::spawn(move || pipe.write_all(&rest).unwrap());
    held.runs();
    drop(busy);
    held.says("going on after");
    writer.join().unwrap();
    assert_eq!(held.ends_well().len(), 2);
    assert_eq!(target.sql("select count(*) from wide").trim(), "40000");
}

#[test]
fn what_cannot_be_seen_is_said() {
    for server in TestServer::all() {
        let database = TestDatabase::create(&server, "nice");
        database.sql("create table t (a int)");
        let role = database.role("blind", "login");
        database.sql(&format!("grant select on t to {role}"));
        let (cli, conninfo) = (TestCli::new(), server.conninfo_as(&role, database.name()));
        let dump = |wanted: &str| {
            let outcome =
                cli.succeed(["dump", &conninfo, "-f", "a.pgark", "--force", "-j", "1", "--nice"]).unwrap();
            let warnings: Vec<&str> = outcome.stderr.lines().filter(|line| line.contains("--nice")).collect();
            assert!(
                matches!(&warnings[..], [one] if one.contains(wanted)),
                "{warnings:?}: {}",
                outcome.stderr
            );
        };
        dump(&format!("GRANT pg_read_all_stats TO {role}"));
        database.sql(&format!("alter role {role} connection limit 1"));
        dump("cannot look at the server, and nothing will pause");
        database.sql(&format!("alter role {role} connection limit 10; grant pg_read_all_stats to {role}"));
        let outcome = cli.succeed(["dump", &conninfo, "-f", "a.pgark", "--force", "--nice"]).unwrap();
        assert!(!outcome.stderr.contains("--nice"), "{}", outcome.stderr);
    }
}
