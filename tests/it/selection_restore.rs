//! What takes part in a restore, compared with pg_restore 18, or where the words mean more here, with pg_dump 18.

use crate::selection::fixture;
use crate::support::{
    TestCli, TestDatabase, TestServer, content_diff, diff, oracle_archive, oracle_dump, oracle_restore,
    row_hashes,
};

/// A source with an archive of each tool.
struct Source {
    database: TestDatabase,
    cli: TestCli,
}

impl Source {
    fn new(server: &TestServer, topic: &str) -> Self {
        let source = Self { database: fixture(server, topic), cli: TestCli::new() };
        oracle_archive(&source.database, &[], &source.cli.path("all.dump")).unwrap();
        source.cli.succeed(["dump", &source.database.conninfo(), "-f", "all.pgark"]).unwrap();
        source
    }

    /// A database with what `sections` and names of pg_restore make of the archive.
    fn target(&self, topic: &str, before: &[&[&str]]) -> TestDatabase {
        let target = TestDatabase::create(self.database.server(), topic);
        for words in before {
            self.oracle(&target, words);
        }
        target
    }

    fn oracle(&self, target: &TestDatabase, words: &[&str]) -> String {
        oracle_restore(&self.cli.path("all.dump"), target, words)
    }

    #[track_caller]
    fn pgark(&self, target: &TestDatabase, words: &[&str]) {
        let conninfo = target.conninfo();
        let restore = ["restore", "all.pgark", "-d", &conninfo, "--yes"];
        self.cli.succeed(restore.iter().chain(words)).unwrap();
    }
}

/// What differs in definitions and rows.
fn differences(expected: &TestDatabase, found: &TestDatabase) -> Vec<String> {
    let mut differences = diff(&oracle_dump(expected).unwrap(), &oracle_dump(found).unwrap());
    differences.extend(content_diff(&row_hashes(expected).unwrap(), &row_hashes(found).unwrap()));
    differences
}

#[test]
fn the_same_words_restore_the_same_objects_as_with_pg_restore() {
    let Some(server) = TestServer::newest() else { return };
    let source = Source::new(&server, "restored");
    let definitions: &[&str] = &["-s"];
    let pre_data: &[&str] = &["--section=pre-data"];
    let data: &[&str] = &["--section=data"];
    let cases: &[(&[&[&str]], &[&str], &[&str])] = &[
        // What is there before, pg_restore's words, ours.
        (&[], &["-s"], &["-s"]),
        (&[definitions], &["-a"], &["-a"]),
        (&[], pre_data, pre_data),
        (&[pre_data], data, data),
        (&[pre_data, data], &["--section=post-data"], &["--section=post-data"]),
        (&[pre_data], &["-I", "orders_what"], &["-I", "orders_what"]),
        (&[pre_data], &["-I", "Orders note"], &["-I", "\"Orders note\"", "--strict-names"]),
        (&[pre_data], &["-T", "users touch", "-n", "app"], &["--trigger", "\"users touch\"", "-n", "app"]),
        (&[&["-n", "nothing"]], &["-P", "run(integer)"], &["-P", "run(integer)", "-n", "audit_log"]),
        (&[], &["--no-comments"], &["--no-comments"]),
        (&[], &["--no-policies"], &["--no-policies"]),
        (&[], &["--no-publications"], &["--no-publications"]),
        (&[], &["-x"], &["-x"]),
        (
            &[],
            &["--no-tablespaces", "--no-table-access-method", "--no-security-labels"],
            &["--no-tablespaces", "--no-table-access-method", "--no-security-labels"],
        ),
    ];
    for (before, words, ours) in cases {
        let (expected, found) = (source.target("expected", before), source.target("found", before));
        if words.contains(&"-P") {
            // pg_restore -P does not make the schema; nor do we.
            for target in [&expected, &found] {
                target.sql("create schema audit_log");
            }
        }
        let said = source.oracle(&expected, words);
        assert_eq!(said, "", "{words:?}");
        source.pgark(&found, ours);
        // pg_restore fills materialized views, though only definitions are asked for; pg_dump -s does not.
        let intended: &[&str] = match *words {
            ["-s"] => &["table app.counts: content differs: unpopulated instead of 0/0"],
            _ => &[],
        };
        assert_eq!(differences(&expected, &found), intended, "{words:?}");
    }
}

#[test]
fn names_select_at_restore_what_they_select_at_dump() {
    let Some(server) = TestServer::newest() else { return };
    let source = Source::new(&server, "named");
    // What is in no schema, and what tables need.
    let server_far = "create foreign data wrapper nowhere; create server far foreign data wrapper nowhere";
    let base = "create schema app; create schema audit_log; create schema \"Odd \"\"schema\";
        create type app.mood as enum ('sad', 'happy');
        create domain app.email as text check (value like '%@%');
        create type \"Odd \"\"schema\".pair as (a int, b app.mood);
        create function app.touch() returns trigger language plpgsql as 'begin return new; end';";
    let cases: &[(&str, &[&str], &[&str])] = &[
        (server_far, &["-n", "app"], &["-n", "APP"]),
        (server_far, &["-n", "audit_log", "-n", "app"], &["-n", "a*"]),
        (base, &["-t", "app.users"], &["-t", "users"]),
        (base, &["-t", "app.users", "-t", "app.events"], &["-t", "app.(users|events)"]),
        (base, &["--table-and-children", "app.base"], &["--table-and-children", "base"]),
        (
            base,
            &["-t", "app.cache", "--exclude-table-data", "app.cache"],
            &["-t", "cache", "--exclude-table-data", "c*"],
        ),
        (
            base,
            &["-t", "app.base", "-t", "app.cache", "-T", "*.cache"],
            &["-t", "*a*e", "-n", "app", "-T", "cache"],
        ),
    ];
    for (before, words, ours) in cases {
        let (expected, found) = (source.target("expected", &[]), source.target("found", &[]));
        let part = source.cli.path("part.dump");
        oracle_archive(&source.database, words, &part).unwrap();
        for target in [&expected, &found] {
            target.sql(before);
        }
        assert_eq!(oracle_restore(&part, &expected, &[]), "", "{words:?}");
        source.pgark(&found, ours);
        assert_eq!(differences(&expected, &found), Vec::<String>::new(), "{words:?}");
    }
}
