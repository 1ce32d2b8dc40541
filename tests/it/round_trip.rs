//! What goes in comes out: every fixture, on every server, through dump, verify and restore; on the newest that it is
//! for, its definitions also in another order (`any_order`).
//!
//! A case is a file `fixtures/objects/<kind>.sql`; adding one needs no Rust. Its first lines may say:
//!
//! - `-- majors: 15..` runs it on these servers only (default: all).
//! - `-- database: encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'` makes the databases with these options.
//! - `-- needs: hstore, postgres_fdw` skips a server on which one of these extensions is not installed.
//! - `-- copy: text too` dumps once more with `--copy-format text`.
//! - `-- across majors: no` is for `scripts/matrix`: the text of the same rows differs from major to major.
//! - `-- expect: replay` compares with what `pg_dump | psql` makes of the source, for the few things that
//!   change whenever PostgreSQL reads its own text again.
//! - `-- clean: refused, since …` says why `restore -c` cannot drop what it made.
//! - `-- catalog: differs, since …` says why the second dump's CATALOG is another one than the first's.
//!
//! Every server has the roles `pgark_owner`, `pgark_reader` and `"pgark Odd""Role"`; a fixture must not
//! leave anything else outside its database. `PGARK_TEST_FIXTURE=policy` runs only the files whose name
//! contains the word.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pgark::archive::{ArchiveFile, Decoder, Limits, RecordType};

use crate::any_order::replay_last_first;
use crate::support::{
    Content, TestCli, TestDatabase, TestServer, content_diff, diff, majors, oracle_dump, replay, row_hashes,
};

/// What a fixture's first lines say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Header {
    majors: Vec<u32>,
    database: String,
    needs: Vec<String>,
    text_too: bool,
    replay: bool,
    catalog_differs: bool,
    clean_is_refused: bool,
}

impl Header {
    fn parse(sql: &str) -> Result<Self, String> {
        let mut header = Self { majors: majors(".."), ..Self::default() };
        for line in sql.lines().take_while(|line| line.starts_with("--")) {
            let Some((key, value)) = line.trim_start_matches('-').split_once(':') else { continue };
            let value = value.trim();
            match key.trim() {
                "majors" => header.majors = majors(value),
                "database" => header.database = value.to_owned(),
                "needs" => header.needs = value.split(',').map(|name| name.trim().to_owned()).collect(),
                "copy" if value == "text too" => header.text_too = true,
                "expect" if value == "replay" => header.replay = true,
                "catalog" if value.starts_with("differs, since ") => header.catalog_differs = true,
                "clean" if value.starts_with("refused, since ") => header.clean_is_refused = true,
                "expect" | "catalog" | "clean" => return Err(format!("`{line}` is not known")),
                // Prose may hold a colon.
                _ => {}
            }
        }
        Ok(header)
    }
}

/// The fixtures to run, by name.
fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/objects");
    let wanted = std::env::var("PGARK_TEST_FIXTURE").unwrap_or_default();
    let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("fixtures/objects can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .filter(|path| stem(path).contains(&wanted))
        .collect();
    files.sort();
    files
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Runs every fixture on one server and reports all that fail, not only the first.
fn round_trips(major: u32) {
    let Some(server) = TestServer::of(major) else { return };
    let files = fixtures();
    assert!(!files.is_empty(), "no fixture matches: nothing would be proved");
    let mut failures = Vec::new();
    for file in files {
        if let Err(failure) = round_trip(&server, &file) {
            failures.push(format!("== {} on PostgreSQL {major}\n{failure}", stem(&file)));
        }
    }
    assert!(failures.is_empty(), "{} fixtures fail\n{}", failures.len(), failures.join("\n"));
}

fn round_trip(server: &TestServer, file: &Path) -> Result<(), String> {
    let sql = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let header = Header::parse(&sql)?;
    if !header.majors.contains(&server.major) {
        return Ok(());
    }
    let database = |topic| TestDatabase::create_with(server, topic, &header.database);
    let (source, target) = (database("source"), database("target"));
    if let Some(missing) = header.needs.iter().find(|name| !available(&source, name)) {
        println!("skipped: {} on PostgreSQL {} needs {missing}", stem(file), server.major);
        return Ok(());
    }
    source.run_sql_file(file).map_err(|error| format!("the fixture itself fails: {error}"))?;
    let rows = row_hashes(&source)?;
    let definitions = if header.replay {
        let copy = database("replay");
        replay(&source, &copy)?;
        oracle_dump(&copy)?
    } else {
        oracle_dump(&source)?
    };

    let cli = TestCli::new();
    if header.text_too {
        let text = database("text");
        cli.succeed(["dump", &source.conninfo(), "-f", "text.pgark", "--copy-format", "text"])?;
        cli.succeed(["restore", "text.pgark", "-d", &text.conninfo(), "--yes"])?;
        let differences = content_diff(&rows, &row_hashes(&text)?);
        if !differences.is_empty() {
            return Err(format!("as text:\n{}", differences.join("\n")));
        }
    }
    cli.succeed(["dump", &source.conninfo(), "-f", "first.pgark", "-j", "2"])?;
    cli.succeed(["verify", "first.pgark"])?;
    cli.succeed(["restore", "first.pgark", "-d", &target.conninfo(), "--yes"])?;

    let mut differences = diff(&definitions, &oracle_dump(&target)?);
    differences.extend(content_diff(&rows, &row_hashes(&target)?));
    if !differences.is_empty() {
        return Err(differences.join("\n"));
    }
    // Dumping must not have changed the source, and what was restored can be dumped again.
    differences = content_diff(&rows, &row_hashes(&source)?);
    if !differences.is_empty() {
        return Err(format!("the source changed:\n{}", differences.join("\n")));
    }
    cli.succeed(["dump", &target.conninfo(), "-f", "second.pgark", "-j", "2"])?;
    cli.succeed(["verify", "second.pgark"])?;
    if header.replay {
        return Ok(());
    }
    let (first, second) = (catalog(&cli.path("first.pgark"))?, catalog(&cli.path("second.pgark"))?);
    // Once is enough: what an entry depends on hardly differs from server to server.
    if header.majors.last() == Some(&server.major) {
        replay_last_first(&first, || database("order"))?;
    }
    match (first == second, header.catalog_differs) {
        (false, false) => {
            let differences = diff(&pretty(&first), &pretty(&second));
            Err(format!("the second dump has another CATALOG:\n{}", differences.join("\n")))
        }
        (true, true) => Err("the header says that CATALOG differs, but it does not".to_owned()),
        _ if header.majors.last() == Some(&server.major) => {
            cleaned(&cli, &target, &header, &definitions, &rows)
        }
        _ => Ok(()),
    }
}

/// Everything that a restore made, another one can drop and make again.
fn cleaned(
    cli: &TestCli,
    target: &TestDatabase,
    header: &Header,
    definitions: &str,
    rows: &BTreeMap<String, Content>,
) -> Result<(), String> {
    let outcome = cli.run(["restore", "first.pgark", "-c", "-d", &target.conninfo(), "--yes"]);
    let wanted = if header.clean_is_refused { 12 } else { 0 };
    if outcome.code != Some(wanted) {
        return Err(format!("-c ends with {:?}:\n{}", outcome.code, outcome.stderr));
    }
    let mut differences = diff(definitions, &oracle_dump(target)?);
    differences.extend(content_diff(rows, &row_hashes(target)?));
    match differences.is_empty() {
        true => Ok(()),
        false => Err(format!("after -c:\n{}", differences.join("\n"))),
    }
}

/// The bytes of CATALOG.
fn catalog(archive: &Path) -> Result<Vec<u8>, String> {
    let read = || {
        let file = ArchiveFile::open(archive, Limits::default())?;
        let record = file.toc().iter().find(|entry| entry.record_type == RecordType::Catalog);
        let (mut stored, mut raw) = (Vec::new(), Vec::new());
        let record = record.expect("every archive has one");
        file.read_frame(record, &mut Decoder::new()?, &mut stored, &mut raw)?;
        Ok::<_, pgark::archive::Error>(raw)
    };
    read().map_err(|error| error.to_string())
}

/// JSON with a line for each value.
fn pretty(json: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(json).expect("verified");
    serde_json::to_string_pretty(&value).expect("it was JSON")
}

fn available(database: &TestDatabase, extension: &str) -> bool {
    let sql = format!("select count(*) from pg_available_extensions where name = '{extension}'");
    database.sql(&sql).trim() == "1"
}

/// One test per server, so that the test runner spreads them over the cores.
macro_rules! round_trips {
    ($($name:ident = $major:literal),*) => {
        $(#[test] fn $name() { round_trips($major); })*
    };
}

round_trips! {
    fixtures_round_trip_on_12 = 12,
    fixtures_round_trip_on_13 = 13,
    fixtures_round_trip_on_14 = 14,
    fixtures_round_trip_on_15 = 15,
    fixtures_round_trip_on_16 = 16,
    fixtures_round_trip_on_17 = 17,
    fixtures_round_trip_on_18 = 18
}

#[test]
fn a_header_is_read_from_the_first_lines() {
    let sql =
        "-- Row security: policies.\n-- majors: 15..\n-- needs: hstore, citext\n\n-- majors: 18\nselect 1;";
    let header = Header::parse(sql).unwrap();
    assert_eq!(header.majors, [15, 16, 17, 18]);
    assert_eq!(header.needs, ["hstore", "citext"]);
    assert!(!header.replay && header.database.is_empty());
    assert!(Header::parse("-- expect: luck").is_err());
    assert!(Header::parse("-- catalog: differs").is_err());
    assert!(Header::parse("-- catalog: differs, since it has a reason").unwrap().catalog_differs);
}
