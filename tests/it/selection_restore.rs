//! What takes part in a restore where the words mean more here than for pg_restore (`selection_pg_restore`), compared with pg_dump
//! 18 if it has them; and what a part needs.

use crate::selection::fixture;
use crate::support::{TestCli, TestDatabase, TestServer, differences, oracle_archive, oracle_restore};

/// Words of a command line.
pub type Words = &'static [&'static str];

/// A source with an archive of each tool.
pub struct Source {
    pub database: TestDatabase,
    pub cli: TestCli,
}

impl Source {
    fn new(server: &TestServer, topic: &str) -> Self {
        Self::of(fixture(server, topic))
    }

    pub fn of(database: TestDatabase) -> Self {
        let source = Self { database, cli: TestCli::new() };
        oracle_archive(&source.database, &[], &source.cli.path("all.dump")).unwrap();
        source.cli.succeed(["dump", &source.database.conninfo(), "-f", "all.pgark"]).unwrap();
        source
    }

    /// A database with what `sections` and names of pg_restore make of the archive.
    pub fn target(&self, topic: &str, before: &[&[&str]]) -> TestDatabase {
        let target = TestDatabase::create(self.database.server(), topic);
        for words in before {
            self.oracle(&target, words);
        }
        target
    }

    pub fn oracle(&self, target: &TestDatabase, words: &[&str]) -> String {
        oracle_restore(&self.cli.path("all.dump"), target, words)
    }

    #[track_caller]
    pub fn pgark(&self, target: &TestDatabase, words: &[&str]) {
        let conninfo = target.conninfo();
        let restore = ["restore", "all.pgark", "-d", &conninfo, "--yes"];
        self.cli.succeed(restore.iter().chain(words)).unwrap();
    }
}

#[test]
fn rows_alone_come_in_the_order_of_foreign_keys() {
    let Some(server) = TestServer::newest() else { return };
    let source = Source::new(&server, "rows_alone");
    // pg_restore's own -a fails here: rows of orders come before those of users.
    let whole = source.target("whole", &[&[]]);
    let conninfo = source.database.conninfo();
    source.cli.succeed(["dump", &conninfo, "-f", "rows.pgark", "-a"]).unwrap();
    for archive in ["all.pgark", "rows.pgark"] {
        let target = source.target("target", &[&["-s"]]);
        let restore = ["restore", archive, "-d", &target.conninfo(), "--yes", "-a"];
        source.cli.succeed(restore).unwrap();
        let differences = differences(&whole, &target);
        // It is not refreshed.
        assert_eq!(differences, ["table app.counts: 0 rows instead of 2"], "{archive}");
    }
    // Where the tables are missing, nothing is begun.
    let empty = source.target("empty", &[]);
    let outcome = source.cli.run(["restore", "rows.pgark", "-d", &empty.conninfo(), "--yes"]);
    assert_eq!(outcome.code, Some(12), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("table app.users (needed by table data app.users)"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_part_goes_into_a_database_that_has_the_rest() {
    let Some(server) = TestServer::newest() else { return };
    let source = Source::new(&server, "rest");
    let target = TestDatabase::create(&server, "rest_target");
    let conninfo = target.conninfo();
    let restore = |words: &[&str]| {
        source.cli.run(["restore", "all.pgark", "-d", &conninfo, "--yes"].iter().chain(words))
    };
    target.sql("create table public.mine (a int); comment on schema public is 'mine'");
    let everything = restore(&[]);
    assert_eq!(everything.code, Some(12), "{}", everything.stderr);
    let lacking = restore(&["-t", "orders", "-n", "app"]);
    assert_eq!(lacking.code, Some(12), "{}", lacking.stderr);
    for what in ["schema app", "table app.users", "sequence app.free", "function app.touch()"] {
        assert!(lacking.stderr.contains(&format!("{what} (needed by ")), "{what}: {}", lacking.stderr);
    }
    // The rest of it is in no schema.
    let rest =
        restore(&["-N", "app", "-N", "Odd*", "-N", "*_log", "--exclude-extension", "*", "--no-publications"]);
    assert_eq!(rest.code, Some(12), "{}", rest.stderr);
    target.sql("create foreign data wrapper nowhere; create server far foreign data wrapper nowhere");
    let app = restore(&["-n", "app"]);
    assert_eq!(app.code, Some(0), "{}", app.stderr);
    assert_eq!(target.sql("select obj_description('public'::regnamespace)").trim(), "mine");
    let again = restore(&["-n", "app"]);
    assert_eq!(again.code, Some(12), "{}", again.stderr);
    assert!(again.stderr.contains("it has table app.users"), "{}", again.stderr);
    // A schema that is there stays; what is in it is made.
    target.sql("drop table app.cache");
    let cache = restore(&["-t", "cache"]);
    assert_eq!(cache.code, Some(0), "{}", cache.stderr);
    assert_eq!(target.sql("select count(*) from app.cache").trim(), "1");
    let only = restore(&["-t", "audit_log.orders", "--only", "--keep-going"]);
    assert_eq!(only.code, Some(3), "{}", only.stderr);
    assert!(only.stderr.contains("the target lacks schema audit_log"), "{}", only.stderr);
    target.sql("create schema audit_log");
    let only = restore(&["-t", "audit_log.orders", "--only"]);
    assert_eq!(only.code, Some(0), "{}", only.stderr);
    assert_eq!(target.sql("select count(*) from audit_log.orders").trim(), "2");
    assert_eq!(
        target.sql("select count(*) from pg_index where indrelid = 'audit_log.orders'::regclass").trim(),
        "0"
    );
}

#[test]
fn a_list_says_what_is_restored_and_in_which_order() {
    let Some(server) = TestServer::newest() else { return };
    let source = Source::new(&server, "list");
    let toc = source.cli.succeed(["list", "all.pgark", "--toc"]).unwrap().stdout;
    let file = source.cli.path("list");
    let restore = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let target = TestDatabase::create(&server, "list_target");
        let conninfo = target.conninfo();
        let outcome = source.cli.run(["restore", "all.pgark", "-d", &conninfo, "--yes", "-L", "list"]);
        (target, outcome)
    };
    // As it is, it is everything.
    let (target, outcome) = restore(&toc);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(differences(&source.target("whole", &[&[]]), &target), Vec::<String>::new());
    // Commented out, and turned round.
    let lines: Vec<String> = toc
        .lines()
        .map(|line| {
            if line.contains("audit_log") || line.contains("publication") {
                format!(";{line}")
            } else {
                line.to_owned()
            }
        })
        .collect();
    let (target, outcome) = restore(&lines.join("\n"));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(target.sql("select count(*) from pg_namespace where nspname = 'audit_log'").trim(), "0");
    assert_eq!(target.sql("select count(*) from app.users").trim(), "3");
    let schemas: Vec<&str> = toc.lines().filter(|line| line.contains(" schema ")).collect();
    let turned: Vec<&str> = schemas.iter().rev().copied().collect();
    for order in [&schemas, &turned] {
        let (target, outcome) = restore(&order.join("\n"));
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        let made = target
            .sql("select nspname from pg_namespace where oid >= 16384 and nspname !~ '^pg_' order by oid");
        let wanted: Vec<bool> =
            order.iter().zip(made.lines()).map(|(line, name)| line.contains(name)).collect();
        assert_eq!(wanted, [true, true, true], "{order:?}: {made}");
    }
    for (text, said) in [
        ("table\n", "does not begin with the number"),
        ("1\n1\n", "twice"),
        ("100000\n", "no matching entries were found for pattern \"100000\""),
    ] {
        let (_, outcome) = restore(text);
        assert!(matches!(outcome.code, Some(2 | 12)), "{text}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(said), "{text}: {}", outcome.stderr);
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
    let cases: &[(&str, Words, Words)] = &[
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
