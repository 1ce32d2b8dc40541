//! Optimizer statistics come back: pg_dump 18 says the same of source and target.

use std::process::Stdio;

use crate::support::{TestCli, TestDatabase, TestServer, diff, oracle_statistics};

/// Something of everything that has statistics. Autovacuum is off, since it would make new ones.
const CONTENT: &str = r#"
create schema "We ird";
create table "We ird"."T ""q" (a int primary key, "B c" text, c int[], d numeric, unique (d, a))
    with (autovacuum_enabled = false);
insert into "We ird"."T ""q"
    select i, 'x' || i % 7 || ' ''q" \', array[i % 3, i], nullif(i % 10, 0) from generate_series(1, 3000) i;
create index "I x" on "We ird"."T ""q" (("B c" || 'y'), a, (a % 5));
create index partial on "We ird"."T ""q" (c) where a > 10;
create table parent (a int) with (autovacuum_enabled = false);
create table child (b date) inherits (parent) with (autovacuum_enabled = false);
insert into parent select i % 4 from generate_series(1, 500) i;
insert into child select i, '2000-01-01'::date + i from generate_series(1, 500) i;
create table parted (a int, b text) partition by range (a);
create table part_1 partition of parted for values from (0) to (100) with (autovacuum_enabled = false);
create table part_2 partition of parted for values from (100) to (200) with (autovacuum_enabled = false);
insert into parted select i, i % 3 from generate_series(0, 199) i;
create index on parted ((a + 1));
alter table parted add primary key (a);
create table ranges (a int4range, b tstzrange) with (autovacuum_enabled = false);
insert into ranges select int4range(i, i + i % 5), tstzrange('2020-01-01', null) from generate_series(1, 200) i;
create materialized view mv with (autovacuum_enabled = false) as select a, count(*) n from parent group by a;
create index on mv ((n * 2));
create materialized view unfilled with (autovacuum_enabled = false) as select 1 a with no data;
create table empty (a int) with (autovacuum_enabled = false);
create table never (a int) with (autovacuum_enabled = false);
create foreign data wrapper w;
create server s foreign data wrapper w;
create foreign table ft (a int) server s;
vacuum analyze "We ird"."T ""q", parent, child, parted, ranges, mv;
analyze empty;
"#;

/// Statistics of a foreign table that cannot be analyzed, since its wrapper does nothing.
const FOREIGN: &str = "
select pg_restore_relation_stats('schemaname', 'public', 'relname', 'ft', 'relpages', 7, 'reltuples', 9::real);
select pg_restore_attribute_stats('schemaname', 'public', 'relname', 'ft', 'attname', 'a', 'inherited', false,
    'null_frac', 0.5::real, 'most_common_vals', '{1}'::text, 'most_common_freqs', '{0.25}'::real[])";

fn same(source: &TestDatabase, target: &TestDatabase) {
    let (before, after) = (oracle_statistics(source).unwrap(), oracle_statistics(target).unwrap());
    assert!(before.contains("pg_restore_attribute_stats"), "{before}");
    assert_eq!(diff(&before, &after), Vec::<String>::new(), "from {}", source.server().major);
}

#[test]
fn statistics_of_every_source_come_back_on_18() {
    let Some(newest) = TestServer::newest().filter(|server| server.major >= 18) else { return };
    for server in TestServer::all() {
        let (source, target) =
            (TestDatabase::create(&server, "statistics"), TestDatabase::create(&newest, "statistics"));
        source.sql(CONTENT);
        if server.major >= 18 {
            source.sql(FOREIGN);
        }
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        cli.succeed(["verify", "a.pgark", "--deep"]).unwrap();
        let restored = cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
        assert!(!restored.stderr.contains("statistics of"), "{}", restored.stderr);
        same(&source, &target);
        // And again, from what was restored.
        if server.major >= 18 {
            let second = TestDatabase::create(&newest, "statistics_again");
            cli.succeed(["dump", &target.conninfo(), "-f", "b.pgark"]).unwrap();
            cli.succeed(["restore", "b.pgark", "-d", &second.conninfo(), "--yes"]).unwrap();
            same(&source, &second);
        }
    }
}

#[test]
fn statistics_come_back_from_a_pipe() {
    let Some(server) = TestServer::newest().filter(|server| server.major >= 18) else { return };
    let (source, target) =
        (TestDatabase::create(&server, "statistics"), TestDatabase::create(&server, "statistics"));
    source.sql(CONTENT);
    let cli = TestCli::new();
    let mut dump = cli.command(["dump", &source.conninfo(), "-f", "-"]);
    let mut dump = dump.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut restore = cli.command(["restore", "-", "-d", &target.conninfo(), "--yes"]);
    let restored = restore.stdin(dump.stdout.take().unwrap()).output().unwrap();
    assert!(dump.wait().unwrap().success());
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    same(&source, &target);
}

#[test]
fn the_catalog_does_not_know_of_statistics() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "statistics");
    source.sql("create table t (a int) with (autovacuum_enabled = false); insert into t values (1), (2)");
    let cli = TestCli::new();
    let objects = |archive: &str| {
        let listed = cli.succeed(["list", archive, "--json"]).unwrap();
        let list: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
        list["objects"].clone()
    };
    cli.succeed(["dump", &source.conninfo(), "-f", "before.pgark"]).unwrap();
    source.sql("analyze t");
    cli.succeed(["dump", &source.conninfo(), "-f", "after.pgark"]).unwrap();
    cli.succeed(["dump", &source.conninfo(), "-f", "without.pgark", "--no-statistics"]).unwrap();
    assert_eq!(objects("before.pgark"), objects("after.pgark"));
    let info = |archive: &str| cli.succeed(["info", archive]).unwrap().stdout;
    assert!(info("after.pgark").contains("1 relation, 1 column"), "{}", info("after.pgark"));
    assert!(info("without.pgark").contains("none: a restore runs ANALYZE"));
}

#[test]
fn what_has_no_statistics_is_analyzed() {
    let Some(server) = TestServer::newest().filter(|server| server.major >= 18) else { return };
    let source = TestDatabase::create(&server, "statistics");
    source.sql(
        "create table known (a int) with (autovacuum_enabled = false);
        create table extended (a int, b int) with (autovacuum_enabled = false);
        create statistics x on a, b from extended;
        create table rows (a int) with (autovacuum_enabled = false);
        insert into known select generate_series(1, 100);
        insert into extended select i, i from generate_series(1, 100) i;
        insert into rows select generate_series(1, 100);
        analyze known, extended;
        update pg_class set reltuples = 77 where relname = 'known'",
    );
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let question = "select (select reltuples from pg_class where relname = 'known'),
        (select reltuples from pg_class where relname = 'rows'),
        (select count(*) from pg_stats where tablename in ('known', 'extended', 'rows')),
        (select count(*) from pg_statistic_ext_data)";
    let restored = |options: &[&str]| {
        let target = TestDatabase::create(&server, "statistics");
        let arguments = ["restore", "a.pgark", "-d", &target.conninfo(), "--yes"];
        cli.succeed(arguments.iter().chain(options)).unwrap();
        target.sql(question).trim().to_owned()
    };
    assert_eq!(restored(&[]), "77|100|4|1");
    assert_eq!(restored(&["--no-statistics"]), "100|100|4|1");
    assert_eq!(restored(&["--no-analyze"]), "77|-1|3|0");
    assert_eq!(restored(&["--no-analyze", "--no-statistics"]), "-1|-1|0|0");
}

#[test]
fn a_value_that_the_target_does_not_take_is_a_warning() {
    let Some(server) = TestServer::newest().filter(|server| server.major >= 18) else { return };
    let (source, target) =
        (TestDatabase::create(&server, "statistics"), TestDatabase::create(&server, "statistics"));
    // A domain whose check the most common value does not satisfy any more.
    source.sql(
        "create domain even as int;
        create table t (a even, b int) with (autovacuum_enabled = false);
        insert into t select 1, 2 from generate_series(1, 10);
        analyze t;
        update t set a = 2;
        alter domain even add check (value % 2 = 0)",
    );
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let restored = cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes", "--json"]).unwrap();
    let summary: serde_json::Value = serde_json::from_str(restored.stdout.lines().last().unwrap()).unwrap();
    let said = summary["warnings"].to_string();
    assert!(said.contains("cannot restore all statistics of table public.t: "), "{summary}");
    // The table is analyzed instead.
    assert_eq!(
        target.sql("select most_common_vals from pg_stats where tablename = 't' order by attname").trim(),
        "{2}\n{2}"
    );
}

#[test]
fn statistics_may_be_no_utf_8() {
    let Some(server) = TestServer::newest().filter(|server| server.major >= 18) else { return };
    let ascii = "encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'";
    let (source, target) = (
        TestDatabase::create_with(&server, "statistics", ascii),
        TestDatabase::create_with(&server, "statistics", ascii),
    );
    source.sql(
        r#"do $$ begin
            execute convert_from('create table "t\351" (a text) with (autovacuum_enabled = false)', 'SQL_ASCII');
            execute convert_from('insert into "t\351" select ''x\377'' from generate_series(1, 10)', 'SQL_ASCII');
        end $$;
        analyze"#,
    );
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes", "--no-analyze"]).unwrap();
    same(&source, &target);
}

#[test]
fn statistics_without_an_equivalent_in_utf_8_do_not_end_a_dump() {
    let Some(server) = TestServer::newest().filter(|server| server.major >= 18) else { return };
    let japanese = "encoding 'EUC_JP' lc_collate 'C' lc_ctype 'C'";
    let (source, target) = (
        TestDatabase::create_with(&server, "statistics", japanese),
        TestDatabase::create_with(&server, "statistics", japanese),
    );
    // Row 9 of JIS X 0208 is empty.
    source.sql(
        r"create table t (a text) with (autovacuum_enabled = false);
        insert into t select convert_from('\xa9a1', 'EUC_JP') from generate_series(1, 10);
        analyze t",
    );
    let cli = TestCli::new();
    let dumped = cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    assert!(dumped.stderr.contains("are not carried"), "{}", dumped.stderr);
    cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
    assert_eq!(target.sql("select count(*) from pg_stats where tablename = 't'").trim(), "1");
}
