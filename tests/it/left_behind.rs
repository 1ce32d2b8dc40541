//! What neither an archive nor a target shows by itself: it is said, or refused.

use crate::support::{TestCli, TestDatabase, TestServer};

#[test]
fn what_a_dump_leaves_behind_is_a_warning() {
    for server in TestServer::all() {
        let source = TestDatabase::create(&server, "left_behind");
        source.sql(
            "create table t (a int); insert into t values (1), (1);
            create function pg_catalog.pgark_in_system() returns int language sql as 'select 1';
            create table information_schema.pgark_in_system (a int);
            create domain information_schema.pgark_domain as int;
            create extension btree_gin;
            create table member (a int); insert into member values (1); alter extension btree_gin add table member;
            create policy p on member using (true)",
        );
        let built = source.try_sql("create unique index concurrently \"In valid\" on t (a)");
        assert!(built.is_err(), "the index should not have been built");
        let cli = TestCli::new();
        let dumped = cli.run(["dump", &source.conninfo(), "-f", "x.pgark"]);
        assert_eq!(dumped.code, Some(0), "{}", dumped.stderr);
        let said: Vec<&str> =
            dumped.stderr.lines().filter_map(|line| line.strip_prefix("warning: ")).collect();
        let left = [
            "index public.\"In valid\"",
            "pgark_in_system()",
            "table information_schema.",
            "pgark_domain",
            "policy p on public.member",
            "table public.member belongs",
        ];
        for part in left {
            assert!(said.iter().any(|line| line.contains(part)), "{part} on {}: {said:?}", server.major);
        }
        assert_eq!(said.len(), left.len(), "on {}: {said:?}", server.major);
    }
}

#[test]
fn a_body_that_postgresql_cannot_print_is_a_warning() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "left_behind");
    source.sql(
        "create function two(a int, int, int) returns int language sql return a + $2 - $3;
        create function one(a int, int, int) returns int language sql return a + $2;
        create function neither(int, int) returns int language sql return $1 - $2;",
    );
    let cli = TestCli::new();
    let dumped = cli.run(["dump", &source.conninfo(), "-f", "x.pgark"]);
    assert_eq!(dumped.code, Some(0), "{}", dumped.stderr);
    let said: Vec<&str> = dumped.stderr.lines().filter_map(|line| line.strip_prefix("warning: ")).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].starts_with("function public.two(integer,integer,integer) cannot be restored"),
        "{said:?}"
    );
    let schema = cli.succeed(["schema", "x.pgark"]).unwrap().stdout;
    assert!(schema.contains("RETURN (a + $2)") && schema.contains("RETURN ($1 - $2)"), "{schema}");
}

#[test]
fn a_target_whose_default_privileges_would_change_what_is_restored_is_refused() {
    let Some(server) = TestServer::newest() else { return };
    let (source, target) =
        (TestDatabase::create(&server, "plain"), TestDatabase::create(&server, "privileged"));
    source.sql("create table t (a int)");
    target.sql("alter default privileges grant all on tables to public");
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "x.pgark"]).unwrap();
    let restored = cli.run(["restore", "x.pgark", "-d", &target.conninfo(), "--yes"]);
    assert_eq!(restored.code, Some(12), "{}", restored.stderr);
    assert!(restored.stderr.contains("default privileges of role"), "{}", restored.stderr);
}

#[test]
fn a_role_that_only_a_setting_names_is_missed_before_anything_is_written() {
    let Some(server) = TestServer::newest() else { return };
    let (source, target) =
        (TestDatabase::create(&server, "setting"), TestDatabase::create(&server, "no_role"));
    source.sql("create table t (a int)");
    let role = source.role("set_only", "");
    source.sql(&format!("alter role \"{role}\" in database {} set work_mem = '9MB'", source.name()));
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "x.pgark"]).unwrap();
    source.sql(&format!("drop role \"{role}\""));
    let restored = cli.run(["restore", "x.pgark", "-d", &target.conninfo(), "--yes"]);
    assert_eq!(restored.code, Some(12), "{}", restored.stderr);
    assert!(restored.stderr.contains(&role), "{}", restored.stderr);
    // Without owners the setting alone is what fails.
    let restored = cli.run(["restore", "x.pgark", "-d", &target.conninfo(), "--yes", "-O"]);
    assert_eq!(restored.code, Some(3), "{}", restored.stderr);
    assert!(restored.stderr.contains("work_mem"), "{}", restored.stderr);
}
