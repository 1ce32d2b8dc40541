//! Settings of the database, on both sides, that would end a session or bend what it reads and writes.

use std::time::Duration;

use crate::support::{TestCli, TestDatabase, TestServer, content_diff, diff, oracle_dump, row_hashes};

/// What a restore must not inherit from its target.
const OF_TARGET: [&str; 12] = [
    "array_nulls = off",
    "transform_null_equals = on",
    "default_transaction_read_only = on",
    "default_transaction_isolation = serializable",
    "standard_conforming_strings = off",
    "statement_timeout = '5s'",
    "search_path = elsewhere",
    "check_function_bodies = on",
    "xmloption = document",
    "datestyle = 'German, DMY'",
    "intervalstyle = sql_standard",
    "client_encoding = LATIN1",
];

/// `regproc` makes the rows text, which is where values depend on settings.
const SOURCE: &str = "
    create table t (a text[] default array[null, 'NULL']::text[], i interval, d date, r regproc, check (a <> null));
    insert into t values ('{NULL,\"NULL\"}', '-1 mon +2 days', '2020-02-03', 'now'), (null, null, null, null);
    create view v as select a is null as is_null, a = null as equals_null from t;
    create function f() returns int language sql as 'select 1 from t';
";

#[test]
fn what_the_target_has_by_default_changes_nothing() {
    let Some(server) = TestServer::newest() else { return };
    let (source, target) =
        (TestDatabase::create(&server, "set_source"), TestDatabase::create(&server, "set_target"));
    source.sql(SOURCE);
    let (definitions, rows) = (oracle_dump(&source).unwrap(), row_hashes(&source).unwrap());
    for setting in OF_TARGET {
        target.sql(&format!(
            "set default_transaction_read_only = off; alter database {} set {setting}",
            target.name()
        ));
    }
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "x.pgark"]).unwrap();
    cli.succeed(["restore", "x.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
    target
        .sql(&format!("set default_transaction_read_only = off; alter database {} reset all", target.name()));
    let mut differences = diff(&definitions, &oracle_dump(&target).unwrap());
    differences.extend(content_diff(&rows, &row_hashes(&target).unwrap()));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn a_dump_waits_for_locks_longer_than_the_sources_timeouts() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "timeouts");
    source.sql("create table t as select 1 as a");
    for timeout in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] {
        source.sql(&format!("alter database {} set {timeout} = '500ms'", source.name()));
    }
    let cli = TestCli::new();
    std::thread::scope(|scope| {
        let holder = scope.spawn(|| {
            source.sql("set statement_timeout = 0; begin; lock table t; select pg_sleep(2); commit");
        });
        std::thread::sleep(Duration::from_millis(700));
        cli.succeed(["dump", &source.conninfo(), "-f", "x.pgark"]).unwrap();
        holder.join().unwrap();
    });
}
