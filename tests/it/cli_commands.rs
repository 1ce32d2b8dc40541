//! `dump` and `restore` as people and programs use them.

use std::process::Command;

use serde_json::Value;

use crate::support::{TestCli, TestDatabase, TestServer, diff, oracle_dump};

fn source(server: &TestServer) -> TestDatabase {
    let source = TestDatabase::create(server, "source");
    source.sql(
        "create table orders (id int primary key, note text); \
         insert into orders select i, repeat('x', i % 40) from generate_series(1, 5000) i; \
         create view recent as select * from orders where id > 4000; create index on orders (note);",
    );
    source
}

fn last_json(text: &str) -> Value {
    let line = text.lines().last().unwrap_or_default();
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn stdout_has_the_summary_and_nothing_else() {
    let Some(server) = TestServer::newest() else { return };
    let (source, target) = (source(&server), TestDatabase::create(&server, "target"));
    let cli = TestCli::new();
    let label = ["--label", "app.git_sha=9c1e02f", "--label", "note=a=b c"];
    let dump =
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark", "--json"].iter().chain(&label)).unwrap();
    let json = last_json(&dump.stdout);
    assert_eq!(dump.stdout.lines().count(), 1, "{}", dump.stdout);
    assert_eq!(
        (&json["event"], &json["exit_code"], &json["rows"]),
        (&"summary".into(), &0.into(), &5000.into())
    );
    let info = cli.succeed(["info", "a.pgark", "--json"]).unwrap();
    let info: Value = serde_json::from_str(&info.stdout).unwrap();
    assert_eq!(info["identity"], json["identity"]);
    assert_eq!(
        (&info["labels"]["app.git_sha"], &info["labels"]["note"]),
        (&"9c1e02f".into(), &"a=b c".into())
    );
    let restore = cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes", "--json"]).unwrap();
    let restored = last_json(&restore.stdout);
    assert_eq!(restore.stdout.lines().count(), 1, "{}", restore.stdout);
    assert_eq!((&restored["rows"], &restored["identity"]), (&5000.into(), &json["identity"]));
    assert_eq!(
        target.sql("select count(*), sum(length(note)) from orders"),
        source.sql("select count(*), sum(length(note)) from orders")
    );
}

#[test]
fn a_dump_of_definitions_only_is_what_pg_dump_s_is() {
    for server in TestServer::all() {
        let (source, target) = (source(&server), TestDatabase::create(&server, "target"));
        source.sql(
            "create sequence s; select nextval('s'); select lo_create(77);
            create materialized view counted as select count(*) from orders;
            create table secret (id int); alter table secret enable row level security;",
        );
        let cli = TestCli::new();
        cli.succeed(["dump", "-s", &source.conninfo(), "-f", "s.pgark"]).unwrap();
        cli.succeed(["verify", "s.pgark"]).unwrap();
        let info = cli.succeed(["info", "s.pgark"]).unwrap();
        assert!(info.stdout.contains("none: definitions only"), "{}", info.stdout);
        cli.succeed(["restore", "s.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
        assert_eq!(
            target.sql("select count(*) from orders; select is_called from s; select count(*) from pg_largeobject_metadata"),
            "0\nf\n0\n"
        );
        assert_eq!(target.sql("select relispopulated from pg_class where relname = 'counted'"), "f\n");
        let differences = diff(&oracle_dump(&source).unwrap(), &oracle_dump(&target).unwrap());
        assert!(differences.is_empty(), "on {}:\n{}", server.major, differences.join("\n"));
    }
}

#[test]
fn a_failure_is_json_too_where_that_was_asked_for() {
    let cli = TestCli::new();
    let outcome = cli.run(["dump", "-h", "127.0.0.1", "-p", "1", "app", "-f", "a.pgark", "--json"]);
    let json = last_json(&outcome.stdout);
    assert_eq!((outcome.code, &json["event"], &json["exit_code"]), (Some(6), &"error".into(), &6.into()));
    assert!(outcome.stderr.starts_with("error: cannot connect"), "{}", outcome.stderr);
    let outcome = cli.run(["dump", "-h", "127.0.0.1", "-p", "1", "app", "-f", "-", "--json"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(6), ""));
}

#[test]
fn people_get_words_and_logs_get_key_value_lines() {
    let Some(server) = TestServer::newest() else { return };
    let source = source(&server);
    let cli = TestCli::new();
    let words = cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark", "--progress", "none"]).unwrap();
    assert_eq!(words.stdout, "");
    assert!(words.stderr.starts_with("done  a.pgark  "), "{}", words.stderr);
    assert!(
        words.stderr.contains("1 table  5 000 rows") && words.stderr.contains("verify: pgark verify a.pgark")
    );
    // Not a terminal: lines for a log.
    let plain = cli.succeed(["dump", &source.conninfo(), "-f", "b.pgark"]).unwrap();
    let last = plain.stderr.lines().last().unwrap();
    for pair in [" dump done archive=b.pgark ", " tables=1 rows=5000 ", " warnings=0 ", " identity=sha256:"] {
        assert!(last.contains(pair), "{pair}: {last}");
    }
    let quiet = cli.succeed(["dump", &source.conninfo(), "-f", "c.pgark", "-q"]).unwrap();
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    let json = cli.succeed(["dump", &source.conninfo(), "-f", "d.pgark", "--progress", "json"]).unwrap();
    let events: Vec<Value> = json.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&events[0]["event"], json.stdout.as_str()), (&"connected".into(), ""));
    assert_eq!(events.last().unwrap()["event"], "summary");
    let refused = cli.run(["dump", &source.conninfo(), "-f", "d.pgark", "--progress", "json"]);
    assert_eq!((&last_json(&refused.stderr)["exit_code"], refused.code), (&12.into(), Some(12)));
}

#[test]
fn a_drawn_bar_is_erased_again() {
    let Some(server) = TestServer::newest() else { return };
    let source = source(&server);
    // Long enough for some pictures.
    source.sql("create table slow as select i, repeat(md5(i::text), 20) x from generate_series(1, 60000) i");
    let cli = TestCli::new();
    let drawn = cli
        .succeed(["dump", &source.conninfo(), "-f", "a.pgark", "--progress", "bar", "-Z", "9", "-j", "1"])
        .unwrap();
    let pictures = drawn.stderr.matches("A\u{1b}[J").count();
    assert!(pictures > 0, "{}", drawn.stderr);
    let (_, after) = drawn.stderr.rsplit_once("\u{1b}[J").unwrap();
    assert!(after.starts_with("done  "), "{after:?}");
}

#[test]
fn an_archive_goes_through_a_pipe() {
    let Some(server) = TestServer::newest() else { return };
    let (source, target) = (source(&server), TestDatabase::create(&server, "target"));
    let cli = TestCli::new();
    let binary = env!("CARGO_BIN_EXE_pgark");
    let run = |yes: &str| {
        let script = format!(
            "'{binary}' dump '{}' -f - | '{binary}' restore - -d '{}' {yes}; echo ${{PIPESTATUS[@]}}",
            source.conninfo(),
            target.conninfo()
        );
        let output = Command::new("bash").args(["-c", &script]).current_dir(cli.folder()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr))
    };
    let (codes, stderr) = run("");
    assert!(codes.trim().ends_with("12") && stderr.contains("--yes"), "{codes}{stderr}");
    let (codes, stderr) = run("--yes");
    assert_eq!(codes, "0 0\n", "{stderr}");
    assert_eq!(target.sql("select count(*) from orders"), "5000\n");
}

#[test]
fn keep_going_lists_what_failed_and_ends_with_3() {
    let Some(server) = TestServer::newest() else { return };
    let (source, target) = (source(&server), TestDatabase::create(&server, "target"));
    source.sql(&format!(
        "create function here(int) returns int immutable language plpgsql as $$ begin \
         if current_database() <> '{}' then raise exception 'not here' using hint = 'go home'; end if; return $1; end $$; \
         create index orders_here on orders (public.here(id));",
        source.name()
    ));
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let stopped = cli.run(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]);
    assert_eq!(stopped.code, Some(9), "{}", stopped.stderr);
    for expected in [
        "error: cannot restore index",
        "cause: not here (SQLSTATE P0001)",
        "statement: CREATE INDEX orders_here",
        "PL/pgSQL function public.here(integer)",
        "hint:  the server says: go home",
        "5 000 rows",
        "stay in the target",
    ] {
        assert!(stopped.stderr.contains(expected), "{expected}: {}", stopped.stderr);
    }
    let target = TestDatabase::create(&server, "second");
    let going = cli.run(["restore", "a.pgark", "-d", &target.conninfo(), "--yes", "--keep-going", "--json"]);
    assert_eq!(going.code, Some(3), "{}", going.stderr);
    let json = last_json(&going.stdout);
    assert_eq!((&json["exit_code"], json["failed"].as_array().unwrap().len()), (&3.into(), 1), "{json}");
    assert_eq!(target.sql("select count(*) from recent"), "1000\n");
}

#[test]
fn what_only_comes_later_does_not_fall_with_what_failed() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "source");
    source.sql(&format!(
        "create function here(int) returns int immutable language plpgsql as $$ begin \
         if current_database() <> '{}' then raise exception 'not here'; end if; return $1; end $$; \
         create table t (a int); insert into t values (1); create index t_here on t (public.here(a)); \
         create table refused (a int check (public.here(a) = a)); insert into refused values (1); \
         create unique index on refused (a); \
         create table named (c regclass); insert into named values ('t'); \
         create domain positive as int; create table signed (a positive); insert into signed values (-1); \
         alter domain positive add constraint above check (value > 0) not valid;",
        source.name()
    ));
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let target = TestDatabase::create(&server, "target");
    let going = cli.run(["restore", "a.pgark", "-d", &target.conninfo(), "--yes", "--keep-going", "--json"]);
    assert_eq!(going.code, Some(3), "{}", going.stderr);
    // Rows that may name an index wait for all of them, and a domain's check for all rows; they need none.
    assert_eq!(target.sql("select c from named"), "t\n");
    assert_eq!(
        target.sql("select conname from pg_constraint where contypid = 'positive'::regtype"),
        "above\n"
    );
    let json = last_json(&going.stdout);
    let mut failed: Vec<String> =
        json["failed"].as_array().unwrap().iter().map(|failure| failure.to_string()).collect();
    failed.sort();
    let expected = ["index public.refused_a_idx", "index public.t_here", "table data public.refused"];
    assert_eq!(failed.len(), expected.len(), "{failed:?}");
    assert!(failed.iter().zip(expected).all(|(found, label)| found.contains(label)), "{failed:?}");
}

#[test]
fn a_schema_script_makes_the_same_definitions() {
    let Some(server) = TestServer::newest() else { return };
    let (source, target) = (source(&server), TestDatabase::create(&server, "target"));
    source.sql(
        "create schema \"Odd;\n\\! name\"; create table \"Odd;\n\\! name\".t (a int check (a > 0)); \
         comment on schema \"Odd;\n\\! name\" is 'a ''quoted'' \\ comment'; \
         grant select on orders to pgark_reader; alter table orders owner to pgark_owner; \
         create materialized view m as select count(*) from orders; comment on schema public is 'ours';",
    );
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let script = cli.succeed(["schema", "a.pgark"]).unwrap().stdout;
    std::fs::write(cli.path("schema.sql"), &script).unwrap();
    target.run_sql_file(&cli.path("schema.sql")).unwrap();
    let (expected, found) =
        (crate::support::oracle_dump(&source).unwrap(), crate::support::oracle_dump(&target).unwrap());
    let differences = crate::support::diff(&expected, &found);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
