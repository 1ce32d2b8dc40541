//! What a dump reads: whose snapshot, which rows.

use crate::support::{Background, Outcome, TestCli, TestDatabase, TestServer};

const MAJORS: [u32; 3] = [12, 15, 18];

fn databases(topic: &str) -> Vec<TestDatabase> {
    let servers = MAJORS.into_iter().filter_map(TestServer::of);
    servers.map(|server| TestDatabase::create(&server, topic)).collect()
}

fn dump(cli: &TestCli, database: &TestDatabase, more: &[&str]) -> Outcome {
    let conninfo = database.conninfo();
    cli.run(["dump", &conninfo, "-f", "a.pgark", "--force", "-j2"].iter().chain(more))
}

/// The lines of a table in the archive.
fn rows(cli: &TestCli, table: &str) -> Vec<String> {
    let printed = cli.succeed(["cat", "a.pgark", table, "--format", "copy"]).unwrap();
    let mut rows: Vec<String> = printed.stdout.lines().map(str::to_owned).collect();
    rows.sort();
    rows
}

/// The id of a snapshot that `holder` exports under a name that says it.
fn exported(database: &TestDatabase, holder: &Background) -> String {
    let named =
        format!("from pg_stat_activity where datname = '{}' and application_name ~ '^id '", database.name());
    holder.wait_until(&format!("select exists (select {named})"));
    let name = database.sql(&format!("select application_name {named}"));
    name.trim().trim_start_matches("id ").to_owned()
}

const EXPORT: &str = "begin isolation level repeatable read;
    select set_config('application_name', 'id ' || pg_export_snapshot(), false);
    select pg_sleep(60)";

#[test]
fn a_snapshot_of_another_session_is_read() {
    for database in databases("reading") {
        database.sql("create table t (a int); insert into t values (1); create table u (a int)");
        let holder = Background::run(&database, EXPORT);
        let id = exported(&database, &holder);
        database.sql("insert into t values (2); create table later ()");
        let cli = TestCli::new();
        let done = dump(&cli, &database, &["--snapshot", &id]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        assert_eq!(rows(&cli, "public.t"), ["1"]);
        let list = cli.succeed(["list", "a.pgark"]).unwrap();
        assert!(!list.stdout.contains("later"), "{}", list.stdout);

        // In the snapshot it has other rows than it has now, which nobody could read any more.
        database.sql("insert into u values (7); truncate u");
        let refused = dump(&cli, &database, &["--snapshot", &id]);
        assert_eq!(refused.code, Some(12), "{}", refused.stderr);
        assert!(refused.stderr.contains("rewritten since the snapshot"), "{}", refused.stderr);
        database.sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name ~ '^id '");
        drop(holder);
        let refused = dump(&cli, &database, &["--snapshot", "no such"]);
        assert_eq!(refused.code, Some(12), "{}", refused.stderr);
        assert!(refused.stderr.contains("cannot use the snapshot \"no such\""), "{}", refused.stderr);
        // What was there before is still there.
        assert_eq!(rows(&cli, "public.t"), ["1"]);
    }
}

#[test]
fn a_serializable_dump_waits_until_nobody_can_disturb_it() {
    for database in databases("reading") {
        database.sql("create table t (a int); insert into t values (1)");
        let writer = Background::run(
            &database,
            "begin isolation level serializable; select * from t; insert into t values (2); select pg_sleep(60)",
        );
        let active = format!("from pg_stat_activity where datname = '{}'", database.name());
        writer.wait_until(&format!("select exists (select {active} and query ~ '^ ?select pg_sleep')"));
        let cli = TestCli::new();
        let conninfo = database.conninfo();
        let running = cli.spawn(["dump", &conninfo, "-f", "a.pgark", "--serializable-deferrable", "-j2"]);
        writer.wait_until(&format!("select exists (select {active} and wait_event = 'SafeSnapshot')"));
        drop(writer);
        let done = running.wait();
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        assert_eq!(rows(&cli, "public.t"), ["1"]);
        let refused = dump(&cli, &database, &["--serializable-deferrable", "--snapshot", "x"]);
        assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    }
}

#[test]
fn rows_that_policies_hide_are_left_out_where_that_is_asked_for() {
    for database in databases("reading") {
        let reader = database.role("reader", "login");
        database.sql(&format!(
            "create table t (a int); insert into t select generate_series(1, 9);
             alter table t enable row level security; create policy p on t using (a > 7);
             create table open (a int); insert into open values (5);
             grant select on t, open to {reader}"
        ));
        let cli = TestCli::new();
        let conninfo = database.server().conninfo_as(&reader, database.name());
        let refused = cli.run(["dump", &conninfo, "-f", "a.pgark"]);
        assert_eq!(refused.code, Some(7), "{}", refused.stderr);
        assert!(refused.stderr.contains("--enable-row-security"), "{}", refused.stderr);
        let done = cli.succeed(["dump", &conninfo, "-f", "a.pgark", "--enable-row-security", "-j2"]).unwrap();
        let said = "row security: of public.t only the rows that this role may see";
        assert!(done.stderr.contains(said), "{}", done.stderr);
        assert!(!done.stderr.contains("public.open"), "{}", done.stderr);
        assert_eq!(rows(&cli, "public.t"), ["8", "9"]);
        assert_eq!(rows(&cli, "public.open"), ["5"]);
    }
}

#[test]
fn some_rows_of_a_table_are_dumped() {
    for database in databases("reading") {
        database.sql(
            "create schema \"a=b\";
             create table \"a=b\".\"T \"\"x\" (id int, note text, twice int generated always as (id * 2) stored);
             insert into \"a=b\".\"T \"\"x\" select i, repeat('x', 700) || i from generate_series(1, 3000) i;
             create table parted (id int) partition by list (id);
             create table parted_1 partition of parted for values in (1, 2);
             create table parted_rest partition of parted default;
             insert into parted values (1), (2), (3), (4);
             create table t (id int); insert into t values (1), (2); analyze",
        );
        let cli = TestCli::new();
        let wanted = [
            "--where",
            "\"a=b\".*=id % 1000 = 0 -- or so",
            "--where",
            "parted=id in (2, 4)",
            "--split-above",
            "64kB",
        ];
        let done = dump(&cli, &database, &wanted);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        let kept = rows(&cli, "\"a=b\".\"T \"\"x\"");
        assert_eq!(kept.len(), 3);
        assert!(kept.iter().all(|row| row.contains("000\t")), "{kept:?}");
        assert_eq!(rows(&cli, "public.parted_1"), ["2"]);
        assert_eq!(rows(&cli, "public.parted_rest"), ["4"]);
        assert_eq!(rows(&cli, "public.t"), ["1", "2"]);
        cli.succeed(["verify", "a.pgark", "--deep"]).unwrap();

        let target = TestDatabase::create(database.server(), "reading_to");
        cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
        let sums = target.sql("select count(*), sum(id), sum(twice) from \"a=b\".\"T \"\"x\"");
        assert_eq!(sums.trim(), "3|6000|12000");
        // Statistics of all rows would not be those of some.
        let counted = target.sql("select reltuples from pg_class where relname = 'T \"x'");
        assert_eq!(counted.trim(), "3");

        for (wrong, said) in [
            ("t=id >", "syntax error"),
            ("t=no > 1", "column \"no\" does not exist"),
            ("t=true) union select 1 from (select 1", "syntax error"),
            ("t=true), (true", "must be type boolean"),
            ("t=true); drop table t; --", "syntax error"),
            ("nothing=true", "no matching tables for --where"),
        ] {
            let refused = dump(&cli, &database, &["--where", wrong]);
            assert_eq!(refused.code, Some(if wrong.starts_with('n') { 12 } else { 2 }), "{}", refused.stderr);
            assert!(refused.stderr.contains(said), "{wrong}: {}", refused.stderr);
        }
        assert_eq!(rows(&cli, "public.t"), ["1", "2"]);
    }
}
