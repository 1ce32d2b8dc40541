//! Restoring into a server older than the source: it is tried, with a warning, and what does not exist there is named.

use crate::support::{TestCli, TestDatabase, TestServer, content_diff, majors, row_hashes};

#[test]
fn what_an_older_server_knows_arrives() {
    let Some(newest) = TestServer::newest() else { return };
    let source = TestDatabase::create(&newest, "newer");
    source.sql(
        "create schema s;
        create table s.p (id int generated always as identity primary key, t text not null default 'x', n numeric[]);
        create table s.c (p int not null references s.p on delete cascade deferrable, d date check (d > '2000-01-01'));
        create index on s.c (d desc) include (p);
        create view s.v as select id, t from s.p join s.c on p = id;
        create function s.f(int) returns int language plpgsql as 'begin return $1 + 1; end';
        insert into s.p (t, n) select 'row ' || i, array[i, null] from generate_series(1, 100) i;
        insert into s.c select i, '2020-01-01'::date + i from generate_series(1, 100) i;
        grant usage on schema public to public",
    );
    let rows = row_hashes(&source).unwrap();
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    for server in majors("12..17").into_iter().filter_map(TestServer::of) {
        let target = TestDatabase::create(&server, "older");
        let restored = cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
        assert!(restored.stderr.contains("the target is older than the source"), "{}", restored.stderr);
        let differences = content_diff(&rows, &row_hashes(&target).unwrap());
        assert!(differences.is_empty(), "{}: {}", server.major, differences.join("\n"));
        // Nobody but its owner may create in `public`, as in the source.
        let public = "select count(*) from pg_namespace, aclexplode(nspacl) a
                      where nspname = 'public' and a.grantee = 0 and a.privilege_type = 'CREATE'";
        assert_eq!(target.sql(public).trim(), "0", "{}", server.major);
    }
}

#[test]
fn a_clause_that_does_not_exist_there_is_an_error_that_names_it() {
    let Some(newest) = TestServer::newest() else { return };
    let cases = [
        ("create table t (a int, b int generated always as (a * 2) virtual)", 17, "table public.t"),
        ("create table t (a int, constraint \"c\" check (a > 0) not enforced)", 17, "check c ON public.t"),
        ("create table t (a int unique nulls not distinct)", 14, "t_a_key ON public.t"),
        ("create view v with (security_invoker) as select 1 as a", 14, "view public.v"),
        ("create function f() returns int language sql return 1", 13, "function public.f()"),
    ];
    for (number, (sql, major, object)) in cases.into_iter().enumerate() {
        let Some(older) = TestServer::of(major) else { return };
        let source = TestDatabase::create(&newest, "clause");
        source.sql(sql);
        let target = TestDatabase::create(&older, "no_clause");
        let cli = TestCli::new();
        let archive = format!("{number}.pgark");
        cli.succeed(["dump", &source.conninfo(), "-f", &archive]).unwrap();
        let restored = cli.run(["restore", &archive, "-d", &target.conninfo(), "--yes"]);
        assert_eq!(restored.code, Some(9), "{sql}: {}", restored.stderr);
        for part in [object, "the target may be older than the source", "statement: "] {
            assert!(restored.stderr.contains(part), "{sql}: no {part:?} in {}", restored.stderr);
        }
    }
}
