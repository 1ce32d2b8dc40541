//! Every option of pg_restore 18 that selects, beside the same of `pgark restore`: what is in the target then. The differences
//! that are meant stand with each case, and in `docs/options.md`.

use std::collections::BTreeSet;

use crate::selection::fixture;
use crate::selection_restore::{Source, Words};
use crate::support::{
    LabelProvider, TestDatabase, TestServer, content_diff, differences, oracle_archive, oracle_toc,
    row_hashes,
};
use crate::tablespace::Tablespace;

/// What schemas and tables need that names leave out.
const BASE: &str = "create schema app; create schema audit_log; create schema \"Odd \"\"schema\";
    create type app.mood as enum ('sad', 'happy');
    create domain app.email as text check (value like '%@%');
    create type \"Odd \"\"schema\".pair as (a int, b app.mood);
    create function app.touch() returns trigger language plpgsql as 'begin return new; end';";
/// Schemas only.
const SCHEMAS: &str = "create schema app; create schema audit_log; create schema \"Odd \"\"schema\";";
/// What a foreign table needs.
const FAR: &str = "create foreign data wrapper nowhere; create server far foreign data wrapper nowhere;";

/// Words of both tools.
#[derive(Debug)]
struct Case {
    /// What is there before: SQL.
    sql: String,
    /// The same, for pg_restore alone.
    their_sql: &'static str,
    /// What is there before: parts of the archive.
    parts: &'static [Words],
    /// pg_restore's words.
    theirs: Words,
    /// Ours.
    ours: Words,
    /// Statements that pg_restore tries in vain.
    errors: usize,
    /// What only one of them makes: `-` pg_restore, `+` pgark.
    intended: &'static [&'static str],
}

fn case(sql: &[&str], parts: &'static [Words], theirs: Words, ours: Words) -> Case {
    Case { sql: sql.concat(), their_sql: "", parts, theirs, ours, errors: 0, intended: &[] }
}

fn same(words: Words) -> Case {
    case(&[], &[], words, words)
}

impl Case {
    fn but(self, intended: &'static [&'static str]) -> Self {
        Self { intended, ..self }
    }

    fn errors(self, errors: usize) -> Self {
        Self { errors, ..self }
    }

    fn their_sql(self, their_sql: &'static str) -> Self {
        Self { their_sql, ..self }
    }
}

const PRE_DATA: Words = &["--section=pre-data"];
const DATA: Words = &["--section=data"];
const POST_DATA: Words = &["--section=post-data"];

fn cases() -> Vec<Case> {
    vec![
        same(&[]),
        // pg_restore refreshes materialized views, though only definitions are asked for; pg_dump -s does not.
        same(&["-s"]).but(&["table app.counts: content differs: unpopulated instead of 0/0"]),
        // With foreign keys pg_restore's order of rows would fail.
        case(&[], &[PRE_DATA], &["-a"], &["-a"]),
        same(PRE_DATA),
        case(&[], &[PRE_DATA], DATA, DATA),
        case(&[], &[PRE_DATA, DATA], POST_DATA, POST_DATA),
        same(&["--section=pre-data", "--section=post-data"]),
        // A schema that is there stays as it is; one that is not is made, with what is its own.
        // What ties a table to a publication is there where both are; pg_restore tries it anyway.
        case(&[SCHEMAS, FAR], &[], &["-n", "app"], &["-n", "app"]).errors(2),
        case(&[FAR], &[], &["-n", "app"], &["-n", "APP"])
            .their_sql("create schema app;")
            .errors(2)
            .but(&["+ACL - SCHEMA app", "+COMMENT - SCHEMA app"]),
        case(&[SCHEMAS, FAR], &[&["-n", "app"]], &["-n", "Odd \"schema"], &["-n", "\"Odd \"*"]),
        // -N leaves out the schema itself.
        same(&["-N", "audit_log", "--no-publications"]).but(&["-SCHEMA - audit_log"]),
        same(&["--no-comments"]),
        same(&["--no-policies"]),
        same(&["--no-publications"]),
        same(&["-x"]),
        same(&["-O"]),
        case(&[BASE], &[], &["-t", "users"], &["-t", "users", "--only"]),
        // -t takes along what hangs on the table.
        case(&[BASE], &[], &["-t", "users"], &["-t", "users"]).but(&[
            "+COMMENT app POLICY own_rows ON users",
            "+CONSTRAINT app users users_pkey",
            "+FK CONSTRAINT app users users_boss_fkey",
            "+POLICY app users own_rows",
            "+ROW SECURITY app users",
            "+SEQUENCE app users_id_seq",
            "+TRIGGER app users touch",
            "sequence app.users_id_seq: was not in the source",
        ]),
        case(
            &[BASE],
            &[],
            &["-t", "orders", "-n", "audit_log"],
            &["-t", "orders", "-n", "audit_log", "--only"],
        ),
        case(&[BASE], &[], &["-t", "free", "-t", "cache"], &["-t", "free", "-t", "cache", "--only"]),
        case(&[BASE], &[], &["-t", "cache", "--strict-names"], &["-t", "cache", "--only", "--strict-names"]),
        case(&[BASE], &[&["-t", "users"]], &["-t", "happy"], &["-t", "happy", "--only"]),
        case(&[], &[PRE_DATA], &["-I", "orders_what"], &["-I", "orders_what"]),
        case(&[], &[PRE_DATA], &["-I", "Orders note"], &["-I", "\"Orders note\""]),
        case(&[], &[PRE_DATA], &["-T", "users touch"], &["--trigger", "users touch"]),
        case(&[SCHEMAS], &[], &["-P", "run(integer)"], &["-P", "run(integer)"]),
        case(&[SCHEMAS], &[], &["-P", "add(integer, integer)"], &["-P", "add(integer, integer)"]),
        case(&[SCHEMAS], &[], &["-P", "total(integer)"], &["-P", "total"]),
        case(&[BASE], &[], &["--filter", "rules"], &["--filter", "rules"])
            .but(&["+CONSTRAINT app cache cache_pkey"]),
        // Comments and privileges are parts of our entries.
        case(&[], &[], &["-L", "theirs.list"], &["-L", "ours.list"])
            .but(&["+ACL - SCHEMA app", "+COMMENT - SCHEMA app"]),
    ]
}

/// What is in a database, a line each.
fn objects(source: &Source, database: &TestDatabase) -> BTreeSet<String> {
    let file = source.cli.path("objects.dump");
    oracle_archive(database, &["-s"], &file).unwrap();
    oracle_toc(&file).unwrap().into_iter().collect()
}

/// What only one of them has; nothing is the same in every word of its definition.
fn compared(source: &Source, expected: &TestDatabase, found: &TestDatabase) -> Vec<String> {
    let all = differences(expected, found);
    let (theirs, ours) = (objects(source, expected), objects(source, found));
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>, sign: &str| -> Vec<String> {
        a.difference(b).map(|line| format!("{sign}{line}")).collect()
    };
    let rows = content_diff(&row_hashes(expected).unwrap(), &row_hashes(found).unwrap());
    let lines = [only(&theirs, &ours, "-"), only(&ours, &theirs, "+"), rows].concat();
    if lines.is_empty() { all } else { lines }
}

#[test]
fn every_option_selects_what_it_does_for_pg_restore() {
    let Some(server) = TestServer::newest() else { return };
    let source = Source::of(fixture(&server, "pg_restore"));
    std::fs::write(source.cli.path("rules"), "include table cache\nexclude schema audit_log\n").unwrap();
    let write = |file: &str, list: String, at: usize| {
        let kinds = ["schema", "enum", "composite", "domain", "SCHEMA", "TYPE", "DOMAIN"];
        let is_listed =
            |line: &&str| line.split_whitespace().nth(at).is_some_and(|kind| kinds.contains(&kind));
        let lines = list.lines().filter(is_listed);
        std::fs::write(source.cli.path(file), lines.collect::<Vec<_>>().join("\n")).unwrap();
    };
    let mut pg_restore = source.cli.program(crate::support::tool("pg_restore"));
    let list = pg_restore.args(["-l", "all.dump"]).output().unwrap();
    write("theirs.list", String::from_utf8(list.stdout).unwrap(), 3);
    write("ours.list", source.cli.succeed(["list", "all.pgark", "--toc"]).unwrap().stdout, 2);
    let mut wrong = Vec::new();
    for case in cases() {
        let targets = ["expected", "found"].map(|topic| TestDatabase::create(&server, topic));
        let [expected, found] = &targets;
        expected.sql(case.their_sql);
        for target in &targets {
            target.sql(&case.sql);
            case.parts.iter().for_each(|words| drop(source.oracle(target, words)));
        }
        let path = |word: &&str| match word.ends_with(".list") || *word == "rules" {
            true => source.cli.path(word).to_str().unwrap().to_owned(),
            false => (*word).to_owned(),
        };
        let theirs: Vec<String> = case.theirs.iter().map(path).collect();
        let theirs: Vec<&str> = theirs.iter().map(String::as_str).collect();
        let said = source.oracle(expected, &theirs);
        let conninfo = found.conninfo();
        let restore = ["restore", "all.pgark", "-d", &conninfo, "--yes"];
        let outcome = source.cli.run(restore.iter().chain(case.ours));
        let errors = said.split_once("errors ignored on restore: ").map_or("0", |(_, errors)| errors.trim());
        if errors != case.errors.to_string() || outcome.code != Some(0) {
            wrong.push(format!("{case:?}: {said}{}", outcome.stderr));
            continue;
        }
        let differences = compared(&source, expected, found);
        if differences != case.intended {
            wrong.push(format!("{case:?}: {differences:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let target = TestDatabase::create(&server, "strict");
    for words in [["-n", "nothing"], ["-t", "nothing"], ["-I", "nothing"], ["-P", "nothing()"]] {
        let said = source.oracle(&target, &[&words[..], &["--strict-names"]].concat());
        assert!(said.contains("not found"), "{words:?}: {said}");
        let conninfo = target.conninfo();
        let restore = ["restore", "all.pgark", "-d", &conninfo, "--yes", "--strict-names"];
        let outcome = source.cli.run(restore.iter().chain(&words));
        assert_eq!(outcome.code, Some(12), "{words:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("no matching"), "{words:?}: {}", outcome.stderr);
    }
}

#[test]
fn classes_are_left_out_as_by_pg_restore() {
    let Some(server) = TestServer::newest() else { return };
    // Targets never load it.
    let provider = LabelProvider::of(&server);
    let fast = Tablespace::create(&server, "left_out");
    let database = TestDatabase::create(&server, "left_out");
    if let Some(provider) = &provider {
        let (name, library) = (database.name(), provider.library());
        database.sql(&format!("alter database {name} set session_preload_libraries = '{library}'"));
        database
            .sql("create table labelled (a int); security label for pgark_label on table labelled is 'x'");
    }
    database.sql(
        &"create access method \"Other\" type table handler heap_tableam_handler;
        create table odd (a int primary key using index tablespace FAST) using \"Other\" tablespace FAST;
        create table parted (a int) partition by list (a) using \"Other\" tablespace FAST;
        create publication own for table odd;
        create subscription \"Own\" connection 'host=nowhere' publication own with (connect = false, slot_name = none);
        comment on publication own is 'own'; comment on subscription \"Own\" is 'own'"
            .replace("FAST", &fast.name),
    );
    let source = Source::of(database);
    for words in [
        &["--no-security-labels"][..],
        &["--no-security-labels", "--no-tablespaces"],
        &["--no-security-labels", "--no-table-access-method"],
        &["--no-security-labels", "--no-subscriptions"],
        &["--no-security-labels", "--no-publications", "--no-comments"],
    ] {
        let (expected, found) = (source.target("expected", &[]), source.target("found", &[]));
        assert_eq!(source.oracle(&expected, words), "", "{words:?}");
        source.pgark(&found, words);
        assert_eq!(compared(&source, &expected, &found), Vec::<String>::new(), "{words:?}");
        assert!(!differences(&source.database, &found).is_empty(), "{words:?}: nothing was left out");
    }
}
