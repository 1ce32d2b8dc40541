//! What takes part in a dump, compared with pg_dump 18 and the same words: the entries of both archives.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Background, TestCli, TestDatabase, TestServer, oracle_archive, oracle_toc};

/// The database that selections are tried on.
pub fn fixture(server: &TestServer, topic: &str) -> TestDatabase {
    let database = TestDatabase::create(server, topic);
    let sql: Vec<&str> = include_str!("selection.sql")
        .lines()
        .filter(|line| !line.ends_with("--@ 15..") || server.major >= 15)
        .collect();
    database.sql(&sql.join("\n"));
    database
}

/// An entry as `pg_restore -l` prints it; a function without its arguments, and large objects as one.
fn entry(object: &Value) -> Option<String> {
    let text = |key: &str| object[key].as_str();
    let (schema, name) = (text("schema").unwrap_or("-"), text("name").unwrap_or_default());
    let on_table = |desc: &str| Some(format!("{desc} {schema} {} {name}", text("table").unwrap_or("?")));
    let desc = match text("kind")? {
        "key" => return on_table("CONSTRAINT"),
        "foreign_key" => return on_table("FK CONSTRAINT"),
        kind @ ("trigger" | "rule" | "default" | "policy") => return on_table(&kind.to_uppercase()),
        "enum" | "composite" | "range" | "base_type" => "TYPE",
        "refresh" => "MATERIALIZED VIEW DATA",
        "sequence_value" => "SEQUENCE SET",
        "statistics_object" => "STATISTICS",
        "ts_configuration" => "TEXT SEARCH CONFIGURATION",
        "ts_dictionary" => "TEXT SEARCH DICTIONARY",
        "foreign_server" => "SERVER",
        "large_object" => return Some("BLOB METADATA".to_owned()),
        "large_object_data" => return Some("BLOBS".to_owned()),
        "default_acl" => return Some(format!("DEFAULT ACL {schema}")),
        "cast" => return Some("CAST".to_owned()),
        "publication_table" => return Some(format!("PUBLICATION TABLE {schema} {name}")),
        "publication_schema" => return Some("PUBLICATION TABLES IN SCHEMA".to_owned()),
        other => return Some(format!("{} {schema} {name}", other.replace('_', " ").to_uppercase())),
    };
    Some(format!("{desc} {schema} {name}"))
}

/// The same of a line of pg_restore's. Comments and privileges are parts of pgark's entries.
fn oracle_entry(line: &str) -> Option<String> {
    let whole = |desc: &str| line.starts_with(&format!("{desc} ")).then(|| desc.to_owned());
    if line.starts_with("COMMENT ") || line.starts_with("ACL ") {
        return None;
    }
    if let Some(found) =
        ["BLOB METADATA", "BLOBS", "CAST", "PUBLICATION TABLES IN SCHEMA"].into_iter().find_map(whole)
    {
        return Some(found);
    }
    if line.starts_with("DEFAULT ACL ") {
        return line.split(" DEFAULT PRIVILEGES").next().map(str::to_owned);
    }
    if let Some(rest) = line.strip_prefix("PUBLICATION TABLE ") {
        let mut words = rest.split(' ');
        return Some(format!("PUBLICATION TABLE {} {}", words.next()?, words.nth(1)?));
    }
    // Arguments.
    let has_arguments = ["FUNCTION ", "PROCEDURE ", "AGGREGATE "].iter().any(|desc| line.starts_with(desc));
    Some(if has_arguments { line.split('(').next()?.to_owned() } else { line.to_owned() })
}

/// Entries, each with a number.
type Entries = BTreeSet<(String, usize)>;

/// The entries that both tools dump with these words, as sorted lists.
fn both(cli: &TestCli, database: &TestDatabase, words: &[&str]) -> (Entries, Entries) {
    let file = cli.path("oracle.dump");
    oracle_archive(database, words, &file).unwrap_or_else(|error| panic!("{words:?}: {error}"));
    let expected = oracle_toc(&file).unwrap().iter().filter_map(|line| oracle_entry(line)).collect();
    let conninfo = database.conninfo();
    let dump = ["dump", &conninfo, "-f", "a.pgark", "--force"];
    cli.succeed(dump.iter().chain(words)).unwrap();
    // It is whole: what its catalog promises is there.
    cli.succeed(["verify", "a.pgark", "--deep"]).unwrap();
    let list = cli.succeed(["list", "a.pgark", "--json"]).unwrap().stdout;
    let list: Value = serde_json::from_str(&list).unwrap();
    // A line of pg_restore's is one.
    let found = list["objects"].as_array().unwrap().iter().filter_map(entry);
    let found = found.map(|entry| entry.replace('\n', " ")).collect();
    (counted(expected), counted(found))
}

/// Each entry with its number: overloads have equal names.
fn counted(entries: Vec<String>) -> Entries {
    let mut counted = BTreeSet::new();
    for entry in entries {
        // However many large objects there are, pg_dump has a few entries for them.
        if entry.starts_with("BLOB") {
            counted.insert((entry, 1));
            continue;
        }
        let mut number = 1;
        while !counted.insert((entry.clone(), number)) {
            number += 1;
        }
    }
    counted
}

/// What only one of them dumps, one line each: `-` pg_dump, `+` pgark.
fn differences(cli: &TestCli, database: &TestDatabase, words: &[&str]) -> Vec<String> {
    let (expected, found) = both(cli, database, words);
    let missing = expected.difference(&found).map(|(entry, _)| format!("-{entry}"));
    missing.chain(found.difference(&expected).map(|(entry, _)| format!("+{entry}"))).collect()
}

#[test]
fn the_same_words_dump_the_same_objects() {
    let Some(server) = TestServer::newest() else { return };
    let database = fixture(&server, "selection");
    let cli = TestCli::new();
    // What hangs on a table comes with it, its statistics objects too; pg_dump leaves those out.
    let statistics: &[&str] = &["+STATISTICS app orders_stats"];
    // A statement that ties two objects together could only fail where one of them is left out.
    let old_partition: &[&str] = &[
        "-INDEX ATTACH audit_log events_old_kind_idx",
        "-INDEX ATTACH audit_log events_old_pkey",
        "-PUBLICATION TABLE app orders",
        "-PUBLICATION TABLE app users",
        "-TABLE ATTACH audit_log events_old",
    ];
    type Words<'a> = &'a [&'a str];
    let cases: &[(Words<'_>, Words<'_>)] = &[
        (&[], &[]),
        (&["-n", "app"], &[]),
        (&["-n", "APP", "-n", "audit*"], &[]),
        (&["-n", "\"Odd \"\"schema\""], &[]),
        (&["-N", "app"], old_partition),
        (&["-N", "*_log", "-N", "\"Odd\"*"], &["-PUBLICATION TABLES IN SCHEMA"]),
        (&["-t", "app.users"], &[]),
        (&["-t", "app.*"], statistics),
        (&["-t", "*.orders", "-n", "app"], statistics),
        (&["-t", "*.orders", "-T", "audit_log.*"], statistics),
        (&["-t", "\"Odd \"\"schema\".\"Orders\""], &[]),
        (&["-t", "\"Odd\"*.*"], &[]),
        (&["-t", "app.(users|happy|counts|free|remote)"], &[]),
        (&["-T", "app.orders"], &["-PUBLICATION TABLE app orders"]),
        (&["-T", "app.*", "-T", "*.derived"], old_partition),
        (&["--table-and-children", "app.base"], &[]),
        (&["--exclude-table-and-children", "app.base"], &[]),
        (&["--exclude-table-data", "app.users"], &[]),
        (&["--exclude-table-data", "app.*"], &[]),
        (&["--exclude-table-data-and-children", "app.events"], &[]),
        (&["--exclude-table-data", "app.counts", "--exclude-table-data", "app.free"], &[]),
        (&["-e", "citext"], &[]),
        (&["--exclude-extension", "cit*"], &[]),
        (&["-n", "app", "-e", "citext"], &[]),
        (&["-s"], &[]),
        (&["-s", "-b"], &[]),
        (&["-s", "--sequence-data"], &[]),
        (&["-a"], &[]),
        (&["-a", "-n", "app"], &[]),
        (&["-a", "-t", "app.users"], &[]),
        (&["-a", "-B"], &[]),
        (&["--section", "pre-data"], &[]),
        (&["--section", "data"], &[]),
        (&["--section", "post-data"], &[]),
        (&["--section", "pre-data", "--section", "post-data", "-n", "app"], &[]),
        (&["-B"], &[]),
        (&["-n", "app", "-b"], &[]),
        (&["-n", "app", "-b", "-B"], &[]),
        (&["--no-policies"], &[]),
        (&["--no-publications"], &[]),
        (&["--no-subscriptions"], &[]),
        (&["-x"], &[]),
        (&["--no-unlogged-table-data"], &[]),
        (&["-n", "app", "-t", "nothing*", "-t", "app.cache"], &[]),
    ];
    let mut wrong = Vec::new();
    for (words, intended) in cases {
        let found = differences(&cli, &database, words);
        if found != *intended {
            wrong.push(format!("{words:?}: {found:#?}, not {intended:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn patterns_match_what_they_match_for_pg_dump() {
    let Some(server) = TestServer::newest() else { return };
    let database = TestDatabase::create(&server, "patterns");
    database.sql(
        "create schema s; create schema \"S x\"; create schema \"a.b\";
        create table s.t (); create table s.\"T\" (); create table s.\"t?\" (); create table s.tt ();
        create table s.\"t$1\" (); create table s.\"a[]\" (); create table s.\"a|b\" (); create table s.a1 ();
        create table s.\"q\"\"q\" (); create table s.\"x.y\" (); create table s.\"été\" (); create table s.\"ÉTÉ\" ();
        create table s.\"l1\nl2\" (); create table s.\"b{c\" (); create table s.\"back\\slash\" ();
        create table public.t (); create table public.p (); create table \"S x\".t (); create table \"a.b\".t ()",
    );
    let own = format!("{}.s.t", database.name());
    let cli = TestCli::new();
    for pattern in [
        "t",
        "T",
        "\"T\"",
        "s.t",
        "S.T",
        "*.t",
        "*.t?",
        "s.\"t?\"",
        "s.t*",
        "s.*",
        "\"S x\".t",
        "\"a.b\".*",
        "s.t$1",
        "s.a[]",
        "s.\"a|b\"",
        "s.(a1|t)",
        "s.(a1|tt)",
        "s.a[0-9]",
        "s.\"q\"\"q\"",
        "s.\"x.y\"",
        "s.été",
        "s.ÉTÉ",
        "s.\"été\"",
        "s.l1?l2",
        "s.t{2}",
        "s.b\\{c",
        "s.back\\\\slash",
        "s.\"back\\slash\"",
        "s.\"t",
        "*s*.t",
        "p",
        "?",
        "",
        &own,
    ] {
        let one = [pattern, "s.tt"].map(|pattern| ["-t", pattern]);
        assert_eq!(differences(&cli, &database, one.as_flattened()), Vec::<String>::new(), "{pattern}");
        let schema = pattern.split('.').next().unwrap_or_default();
        // pg_dump would dump pg_catalog, too, which nobody can restore.
        if !schema.contains('*') && !pattern.starts_with(database.name()) {
            let one = [schema, "\"a.b\""].map(|pattern| ["-n", pattern]);
            assert_eq!(differences(&cli, &database, one.as_flattened()), Vec::<String>::new(), "-n {schema}");
        }
    }
}

#[test]
fn a_filter_file_says_the_same_as_the_words() {
    let Some(server) = TestServer::newest() else { return };
    let database = fixture(&server, "filter");
    let cli = TestCli::new();
    let file = cli.path("rules");
    let path = file.to_str().unwrap();
    for rules in [
        "include schema app\nexclude table app.orders # not these\n",
        "include table \"Odd \"\"schema\".\"Orders\"\ninclude table_and_children app.base\n",
        "exclude table_data app.*\nexclude table_data_and_children app.base\n",
        "exclude schema *_log\nexclude table_and_children app.events\nexclude extension citext\n",
        "include extension citext\n",
    ] {
        std::fs::write(&file, rules).unwrap();
        let links = |line: &String| line.contains(" ATTACH ") || line.contains("PUBLICATION TABLE");
        let mut found = differences(&cli, &database, &["--filter", path]);
        found.retain(|line| !links(line));
        assert_eq!(found, Vec::<String>::new(), "{rules}");
    }
}

#[test]
fn names_that_match_nothing_are_said() {
    let Some(server) = TestServer::newest() else { return };
    let database = fixture(&server, "no_match");
    let cli = TestCli::new();
    let conninfo = database.conninfo();
    let refused = |words: &[&str]| {
        let outcome = cli.run(["dump", &conninfo, "-f", "a.pgark"].iter().chain(words));
        assert!(!cli.path("a.pgark").exists());
        (outcome.code, outcome.stderr)
    };
    for (words, code, said) in [
        // Not in the search_path.
        (vec!["-t", "users"], 12, "no matching tables were found"),
        (vec!["-n", "App"], 0, ""),
        (vec!["-n", "\"App\""], 12, "no matching schemas were found"),
        (vec!["-e", "nothing"], 12, "no matching extensions were found"),
        (vec!["-t", "app.users", "-t", "app.nothing", "--strict-names"], 12, "for pattern \"app.nothing\""),
        (vec!["-t", "other.app.users"], 2, "names the database \"other\""),
        (vec!["-t", "a.b.c.d"], 2, "too many dotted names"),
        (vec!["-t", "app.(users"], 2, "no valid pattern"),
    ] {
        if code == 0 {
            continue;
        }
        let (found, stderr) = refused(&words);
        assert_eq!(found, Some(code), "{words:?}: {stderr}");
        assert!(stderr.contains(said), "{words:?}: {stderr}");
    }
    // A setting of the database changes where names are looked for, as for psql.
    database.sql(&format!("alter database {} set search_path = audit_log, app", database.name()));
    for words in [&["-t", "orders"][..], &["-t", "users", "-t", "orders"], &["-T", "orders"]] {
        let mut found = differences(&cli, &database, words);
        found.retain(|line| !line.contains("PUBLICATION TABLE"));
        assert_eq!(found, Vec::<String>::new(), "{words:?}");
    }
}

#[test]
fn what_is_not_selected_is_neither_locked_nor_read() {
    for server in TestServer::all() {
        let database = fixture(&server, "not_locked");
        let role = database.role("reader", "login");
        database.sql(&format!(
            "grant usage on schema app to \"{role}\"; grant select on app.users to \"{role}\""
        ));
        // Its identity's sequence comes with it.
        database.sql(&format!("grant select on app.users_id_seq to \"{role}\""));
        database.sql("alter table app.users disable row level security");
        // Somebody alters everything else, and the role may not read it.
        let holder = Background::run(
            &database,
            "begin; lock app.orders, audit_log.orders, app.events, \"Odd \"\"schema\".\"Orders\"
            in access exclusive mode; select pg_sleep(600)",
        );
        holder.wait_until(&format!(
            "select count(*) > 3 from pg_locks l join pg_database d on d.oid = l.database
            where d.datname = '{}' and l.mode = 'AccessExclusiveLock' and l.granted",
            database.name()
        ));
        let cli = TestCli::new();
        let conninfo = server.conninfo_as(&role, database.name());
        let dump =
            ["dump", &conninfo, "-f", "a.pgark", "-t", "app.users", "--lock-wait-timeout", "20s", "--force"];
        let outcome = cli.run(dump);
        assert_eq!(outcome.code, Some(0), "{}: {}", server.major, outcome.stderr);
    }
}
