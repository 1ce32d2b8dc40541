//! Restores from pipes, and from archives that are not what they were: nothing damaged is ever called a success.
//!
//! `PGARK_TEST_DAMAGES` says how many samples of each kind of damage meet a real server (40).

use std::io::Write;
use std::ops::Range;
use std::process::Stdio;

use pgark::archive::{
    ArchiveFile, Decoder, Error, Limits, RecordType, StreamReader, TocEntry, Use, check_features, gaps,
};
use pgark::manifest::{Begin, Catalog, Late};

use crate::archive_sample::Sample;
use crate::support::{Outcome, Random, TestCli, TestDatabase, TestServer, differences};

/// Something of everything that holds data, and definitions of every phase.
const SOURCE: &str = "
    create table a (id int generated always as identity primary key, t text);
    insert into a (t) select md5(i::text) from generate_series(1, 400) i;
    create table b (id int primary key, a int references a, x bytea);
    insert into b select i, i, decode(md5(i::text), 'hex') from generate_series(1, 300) i;
    create table c as select i, repeat(md5(i::text), 3) as t from generate_series(1, 300) i;
    create table nothing (x int);
    create index on c (i);
    create view v as select a.t, b.x from a join b on b.a = a.id;
    create materialized view m as select count(*) from v;
    create sequence s start 7;
    select nextval('s'), nextval('s');
    select lo_create(0), lo_from_bytea(0, decode(repeat(md5('x'), 500), 'hex'));
    select lo_put(lo_create(0), 9000, 'after a hole');
    create function f() returns trigger language plpgsql as 'begin return new; end';
    create trigger g before insert on b for each row execute function f();
";

fn source(server: &TestServer) -> TestDatabase {
    let database = TestDatabase::create(server, "stream_source");
    database.sql(SOURCE);
    database
}

#[test]
fn a_pipe_from_dump_to_restore_makes_an_equal_database() {
    for server in TestServer::all() {
        let (source, target) = (source(&server), TestDatabase::create(&server, "stream_target"));
        let cli = TestCli::new();
        let mut dump = cli.command(["dump", &source.conninfo(), "-f", "-", "-j", "2"]);
        let mut dump = dump.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut restore = cli.command(["restore", "-", "-d", &target.conninfo(), "-j", "2", "--yes"]);
        let restore =
            restore.stdin(dump.stdout.take().unwrap()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let restored = restore.spawn().unwrap().wait_with_output().unwrap();
        let dumped = dump.wait_with_output().unwrap();
        for output in [&dumped, &restored] {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let differences = differences(&source, &target);
        assert!(differences.is_empty(), "on {}:\n{}", server.major, differences.join("\n"));
    }
}

/// How an archive is damaged.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// Bytes from here on are missing.
    Cut(usize),
    /// The byte here is another one.
    Change(usize, u8),
}

impl Damage {
    fn apply(self, good: &[u8]) -> Vec<u8> {
        let mut bytes = good.to_vec();
        match self {
            Self::Cut(at) => bytes.truncate(at),
            Self::Change(at, mask) => bytes[at] ^= mask,
        }
        bytes
    }
}

/// Spread over the archive: as many cuts as changes.
fn damages(random: &mut Random, len: usize) -> Vec<Damage> {
    let count = std::env::var("PGARK_TEST_DAMAGES").map_or(40, |count| count.parse().expect("a number"));
    let place = |point: f64| (point * len as f64) as usize;
    let mut damages: Vec<Damage> =
        random.spread(count).into_iter().map(|at| Damage::Cut(place(at))).collect();
    for point in random.spread(count) {
        damages.push(Damage::Change(place(point), 1 << random.below(8)));
    }
    damages
}

/// Targets for many restores: one is used again as long as nothing was written to it.
struct Targets {
    server: TestServer,
    current: Option<TestDatabase>,
}

impl Targets {
    fn next(&mut self) -> &TestDatabase {
        if self.current.as_ref().is_none_or(|target| objects(target) > 0) {
            self.current = Some(TestDatabase::create(&self.server, "damaged_target"));
        }
        self.current.as_ref().expect("invariant: just made")
    }
}

/// How many objects of users there are, large ones included.
fn objects(database: &TestDatabase) -> usize {
    let sql = "select (select count(*) from pg_class where oid >= 16384) + (select count(*) from pg_proc where oid >= 16384)
        + (select count(*) from pg_largeobject_metadata)";
    database.sql(sql).trim().parse().expect("a number")
}

/// What comes after the rows: indexes, keys, triggers.
fn post_data(database: &TestDatabase) -> String {
    database.sql(
        "select conname from pg_constraint where oid >= 16384 and contype in ('p', 'f', 'u') union all
        select tgname from pg_trigger where oid >= 16384 union all
        select indexrelid::regclass::text from pg_index where indexrelid >= 16384 and indrelid >= 16384
            and indrelid not in (select reltoastrelid from pg_class)",
    )
}

fn archive(cli: &TestCli, source: &TestDatabase) -> Vec<u8> {
    cli.succeed(["dump", &source.conninfo(), "-f", "good.pgark"]).unwrap();
    std::fs::read(cli.path("good.pgark")).unwrap()
}

#[test]
fn a_damaged_stream_is_never_a_success() {
    let Some(server) = TestServer::newest() else { return };
    let cli = TestCli::new();
    let good = archive(&cli, &source(&server));
    let mut targets = Targets { server, current: None };
    let mut random = Random::new("damaged streams");
    for damage in damages(&mut random, good.len()) {
        let target = targets.next();
        let mut restore = cli.command(["restore", "-", "-d", &target.conninfo(), "-j", "2", "--yes"]);
        let restore = restore.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut restore = restore.spawn().unwrap();
        // It may end before it has read everything.
        let _closed = restore.stdin.take().unwrap().write_all(&damage.apply(&good));
        let output = restore.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{damage:?} of {}:\n{stderr}", good.len());
        assert!(!stderr.contains("panicked"), "{stderr}");
        assert_eq!(post_data(target), "", "{damage:?}: the stream was not known to be good yet");
    }
}

/// The payloads of rows, which alone are checked while they are restored, with the tables that they belong to.
fn payloads(good: &[u8]) -> Vec<(Range<usize>, String)> {
    let archive = ArchiveFile::from_source(Box::new(good.to_vec()), Limits::default()).unwrap();
    let catalog = archive.catalog().unwrap();
    let rows =
        archive.toc().iter().filter(|entry| entry.record_type == RecordType::Data && entry.raw_len > 0);
    let payload = |entry: &TocEntry| {
        let start = entry.offset as usize + entry.header_len as usize;
        let label = catalog.entries[entry.object_id as usize - 1].label.clone();
        (start..start + entry.stored_len as usize, label)
    };
    rows.map(payload).collect()
}

#[test]
fn a_damaged_file_is_refused_before_the_first_write_or_before_its_rows() {
    let Some(server) = TestServer::newest() else { return };
    let cli = TestCli::new();
    let good = archive(&cli, &source(&server));
    let payloads = payloads(&good);
    let mut targets = Targets { server, current: None };
    let mut random = Random::new("damaged files");
    let (mut early, mut late) = (0, 0);
    for damage in damages(&mut random, good.len()) {
        std::fs::write(cli.path("bad.pgark"), damage.apply(&good)).unwrap();
        let target = targets.next();
        let outcome: Outcome =
            cli.run(["restore", "bad.pgark", "-d", &target.conninfo(), "-j", "2", "--yes"]);
        assert_eq!(outcome.code, Some(4), "{damage:?} of {}:\n{}", good.len(), outcome.stderr);
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
        let hit = match damage {
            Damage::Change(at, _) => payloads.iter().find(|(payload, _)| payload.contains(&at)),
            Damage::Cut(_) => None,
        };
        let Some((_, label)) = hit else {
            assert_eq!(objects(target), 0, "{damage:?}: something was written\n{}", outcome.stderr);
            early += 1;
            continue;
        };
        late += 1;
        assert!(outcome.stderr.contains("damaged"), "{}", outcome.stderr);
        let table = label.rsplit_once("public.").map_or("pg_largeobject", |(_, table)| table);
        // Small tables come with their rows or not at all.
        if target.sql(&format!("select to_regclass('{table}') is null")).trim() == "t" {
            continue;
        }
        let sql = format!("select count(*) from {table}");
        assert_eq!(target.sql(&sql).trim(), "0", "{damage:?}: damaged rows of {label} arrived");
    }
    println!("{early} refused before the first write, {late} when their rows were read");
    assert!(early > 0 && late > 0, "{early} and {late}: the samples miss a kind");
}

/// What `pgark restore FILE` reads, in its order.
fn read_as_file(bytes: &[u8]) -> Result<(), Error> {
    let file = ArchiveFile::from_source(Box::new(bytes.to_vec()), Limits::default())?;
    check_features(&file.begin()?, Use::Restore)?;
    file.check_non_data()?;
    let (catalog, late) = (file.catalog()?, file.late()?);
    file.check_complete(&catalog, &late)?;
    let (mut decoder, mut stored, mut raw) = (Decoder::new()?, Vec::new(), Vec::new());
    for entry in file.toc().iter().filter(|entry| entry.record_type == RecordType::Data && entry.raw_len > 0)
    {
        file.read_frame(entry, &mut decoder, &mut stored, &mut raw)?;
    }
    Ok(())
}

/// What `pgark restore -` reads, in its order.
fn read_as_stream(bytes: &[u8]) -> Result<(), Error> {
    let mut reader = StreamReader::new(bytes, Limits::default())?;
    let (mut catalog, mut late, mut raw) = (Catalog::default(), Late::default(), Vec::new());
    while let Some(record) = reader.next_record()? {
        match record.header.record_type {
            RecordType::Begin => check_features(&reader.json::<Begin>()?, Use::Restore)?,
            RecordType::Catalog => catalog = reader.json()?,
            RecordType::Late => late = reader.json()?,
            RecordType::Data => reader.decode(&mut raw)?,
            _ => {}
        }
    }
    match gaps(reader.contents(), &catalog, &late).into_iter().next() {
        Some(gap) => Err(Error::Incomplete(gap)),
        None => Ok(()),
    }
}

#[test]
fn no_changed_byte_and_no_truncation_passes_what_a_restore_reads() {
    let (good, _) = Sample::new(1).write();
    for read in [read_as_file, read_as_stream] {
        read(&good).unwrap();
        let mut bad = good.clone();
        for at in 0..good.len() {
            for mask in [0x01, 0x80, 0xff] {
                bad[at] = good[at] ^ mask;
                assert!(read(&bad).is_err(), "byte {at} ^ {mask:#x} of {}", good.len());
            }
            bad[at] = good[at];
            assert!(read(&good[..at]).is_err(), "cut at {at} of {}", good.len());
        }
    }
}
