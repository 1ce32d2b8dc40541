//! `restore -1`: all or nothing.

use std::fs;

use crate::support::{Cluster, TestCli, TestDatabase, TestServer, differences};

const SOURCE: &str = "
    create schema app;
    create table app.users (id int primary key, name text not null);
    create table app.orders (id serial primary key, user_id int references app.users);
    create table app.parts (at int) partition by range (at);
    create table app.parts_1 partition of app.parts for values from (0) to (1000);
    create index on app.parts (at);
    create view app.named as select o.id, u.name from app.orders o join app.users u on u.id = o.user_id;
    insert into app.users select i, 'user ' || i from generate_series(1, 100) i;
    insert into app.orders (user_id) select i from generate_series(1, 100) i;
    insert into app.parts select generate_series(0, 999);
    select lo_from_bytea(4711, '\\x00ff');
    comment on large object 4711 is 'mine';
    grant select on app.users to public;
    create function app.noise() returns event_trigger language plpgsql as 'begin end';
    create event trigger noise on ddl_command_end execute function app.noise();
    alter database {db} set work_mem = '9MB';
";

/// A view that can be filled in the source only.
const FAILS: &str = "
    create function app.here() returns int language plpgsql as
        'begin if current_database() <> ''{db}'' then raise ''not here''; end if; return 1; end';
    create materialized view app.m as select app.here() as a";

fn source(server: &TestServer, more: &str) -> (TestCli, TestDatabase) {
    let source = TestDatabase::create(server, "single_source");
    source.sql(&SOURCE.replace("{db}", source.name()));
    source.sql(&more.replace("{db}", source.name()));
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    (cli, source)
}

#[test]
fn all_of_it_arrives_from_a_file_and_from_a_pipe() {
    for server in [12, 18].into_iter().filter_map(TestServer::of) {
        let (cli, source) = source(&server, "");
        let target = TestDatabase::create(&server, "single_target");
        cli.succeed(["restore", "a.pgark", "-1", "-d", &target.conninfo(), "--yes"]).unwrap();
        assert_eq!(differences(&source, &target), [""; 0]);
        assert_eq!(target.sql("show work_mem"), "9MB\n");
        // Nothing is lost when a pipe turns out to be damaged, so -c may read one.
        target.sql("delete from app.orders; drop view app.named");
        let arguments = ["restore", "-", "-1", "-c", "-d", &target.conninfo(), "--yes"];
        let mut command = cli.command(arguments);
        let output = command.stdin(fs::File::open(cli.path("a.pgark")).unwrap()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(differences(&source, &target), [""; 0]);
    }
}

#[test]
fn whatever_fails_undoes_everything() {
    for server in [12, 18].into_iter().filter_map(TestServer::of) {
        let (cli, _) = source(&server, FAILS);
        let target = TestDatabase::create(&server, "single_target");
        let restore = |words: &[&str]| {
            let conninfo = target.conninfo();
            cli.run([&["restore", "a.pgark", "-d", &conninfo, "--yes"], words].concat())
        };
        // A refresh that fails ends with exit 3 otherwise.
        let outcome = restore(&["-1"]);
        assert_eq!(outcome.code, Some(9), "{}", outcome.stderr);
        for wanted in ["not here", "the target is as before"] {
            assert!(outcome.stderr.contains(wanted), "no `{wanted}` in\n{}", outcome.stderr);
        }
        assert_eq!(target.sql("select count(*) from pg_namespace where nspname = 'app'"), "0\n");
        assert_eq!(target.sql("select count(*) from pg_largeobject_metadata"), "0\n");
        // What was dropped is there again, too.
        target.sql("create schema app; create table app.users (old int); insert into app.users values (1)");
        let outcome = restore(&["-1", "-c"]);
        assert_eq!(outcome.code, Some(9), "{}", outcome.stderr);
        assert_eq!(target.sql("select old from app.users"), "1\n");
    }
}

#[test]
fn smaller_transactions_bring_the_same() {
    let Some(server) = TestServer::newest() else { return };
    let (cli, source) = source(&server, "");
    let target = TestDatabase::create(&server, "single_target");
    let size = ["restore", "a.pgark", "--transaction-size", "1", "-d", &target.conninfo(), "--yes"];
    cli.succeed(size).unwrap();
    assert_eq!(differences(&source, &target), [""; 0]);
}

#[test]
fn what_the_lock_table_cannot_hold_is_refused_beforehand() {
    let Some(cluster) = Cluster::of(18) else { return };
    let server = cluster.server();
    let source = TestDatabase::create(server, "single_locks");
    source.sql(
        "do $$ begin for i in 1 .. 250 loop execute format('create table t%s (a int primary key)', i); end loop; end $$",
    );
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    cluster.shrink_lock_table();
    let target = TestDatabase::create(server, "single_locks_to");
    let conninfo = target.conninfo();
    let restore =
        |words: &[&str]| cli.run([&["restore", "a.pgark", "-d", &conninfo, "--yes"], words].concat());
    let refused = restore(&["-1"]);
    assert_eq!(refused.code, Some(12), "{}", refused.stderr);
    for wanted in ["1000 locks in one transaction", "or leave out -1"] {
        assert!(refused.stderr.contains(wanted), "no `{wanted}` in\n{}", refused.stderr);
    }
    assert_eq!(restore(&[]).code, Some(0));
    // Dropping is divided, too, and that is said.
    let cleaned = restore(&["-c"]);
    assert_eq!(cleaned.code, Some(0), "{}", cleaned.stderr);
    assert!(cleaned.stderr.contains("too many to be dropped in one transaction"), "{}", cleaned.stderr);
}
