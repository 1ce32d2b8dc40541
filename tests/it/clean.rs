//! `restore -c`: drops what it makes, and nothing unless everything can be dropped. The judge is `pg_restore --clean
//! --if-exists`.

use std::fs;

use crate::support::{
    Background, TestCli, TestDatabase, TestServer, content_diff, diff, differences, oracle_archive,
    oracle_dump, oracle_restore, row_hashes,
};

const SOURCE: &str = "
    create schema app;
    create type app.mood as enum ('sad', 'ok');
    create function app.low(text) returns text language sql immutable as 'select lower($1)';
    create table app.users (id int primary key, name text not null, mood app.mood default 'ok');
    create table app.orders (id serial primary key, user_id int references app.users, note text);
    create index on app.orders (app.low(note));
    create view app.named as select o.id, u.name from app.orders o join app.users u on u.id = o.user_id;
    create table app.events (at date not null) partition by range (at);
    create table app.events_1 partition of app.events for values from ('2020-01-01') to ('2021-01-01');
    create index on app.events (at);
    insert into app.users select i, 'user ' || i from generate_series(1, 100) i;
    insert into app.orders (user_id, note) select i, 'note ' || i from generate_series(1, 100) i;
    insert into app.events values ('2020-05-05');
    select lo_from_bytea(4711, '\\x00ff');
    grant select on app.users to public;
";

/// What others have done to it since: other columns, other dependencies, another order, things that are gone.
const DRIFT: &str = "
    delete from app.orders where id > 50;
    alter table app.users add column more app.mood;
    alter table app.users add column first_order int references app.orders;
    alter table app.orders alter column note set default app.low('X');
    drop view app.named;
    select lo_unlink(4711);
    create table mine (a int);
    insert into mine values (1);
";

/// Source, and a target that was the same once.
fn pair(server: &TestServer) -> (TestCli, TestDatabase, TestDatabase) {
    let (source, target) =
        (TestDatabase::create(server, "clean_source"), TestDatabase::create(server, "clean_target"));
    source.sql(SOURCE);
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
    (cli, source, target)
}

#[test]
fn a_target_that_has_changed_comes_back_as_with_pg_restore() {
    for server in [12, 18].into_iter().filter_map(TestServer::of) {
        let (cli, source, target) = pair(&server);
        let judge = TestDatabase::create(&server, "clean_judge");
        let file = cli.path("judge.dump");
        oracle_archive(&source, &["-Fc"], &file).unwrap();
        oracle_restore(&file, &judge, &[]);
        for database in [&target, &judge] {
            database.sql("create table mine (a int); insert into mine values (1)");
            database.sql("delete from app.orders where id > 50; drop view app.named; select lo_unlink(4711)");
        }
        oracle_restore(&file, &judge, &["--clean", "--if-exists"]);
        let restored =
            cli.succeed(["restore", "a.pgark", "-c", "--if-exists", "-d", &target.conninfo(), "--yes"]);
        let said = restored.unwrap().stderr;
        assert!(said.contains("  drop       4 tables with their rows"), "{said}");
        let differences = differences(&judge, &target);
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }
}

#[test]
fn another_order_of_dependencies_does_not_matter() {
    for server in [12, 18].into_iter().filter_map(TestServer::of) {
        let (cli, source, target) = pair(&server);
        target.sql(DRIFT);
        cli.succeed(["restore", "a.pgark", "-c", "-d", &target.conninfo(), "--yes"]).unwrap();
        assert_eq!(target.sql("select a from mine"), "1\n");
        target.sql("drop table mine");
        let differences = differences(&source, &target);
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }
}

#[test]
fn what_hangs_on_it_is_named_before_anything_is_dropped() {
    for server in [12, 18].into_iter().filter_map(TestServer::of) {
        let (cli, _, target) = pair(&server);
        target.sql(
            "create view public.mine as select name from app.users;
            create table public.theirs (id int references app.users, m app.mood);
            create domain app.extra as int",
        );
        let before = oracle_dump(&target).unwrap();
        for words in [&["--yes"][..], &["--dry-run"]] {
            let conninfo = target.conninfo();
            let outcome = cli.run([&["restore", "a.pgark", "-c", "-d", &conninfo], words].concat());
            assert_eq!(outcome.code, Some(12), "{}", outcome.stderr);
            for wanted in [
                "view public.mine depends on",
                "theirs_id_fkey on table public.theirs depends on",
                "column m of table public.theirs depends on type app.mood",
                "type app.extra depends on schema app",
                "nothing was dropped",
            ] {
                assert!(outcome.stderr.contains(wanted), "no `{wanted}` in\n{}", outcome.stderr);
            }
        }
        assert_eq!(before, oracle_dump(&target).unwrap());
    }
}

#[test]
fn what_only_the_server_finds_is_undone() {
    for server in [12, 18].into_iter().filter_map(TestServer::of) {
        let (cli, _, target) = pair(&server);
        // Casts are not looked for by name.
        target.sql("create cast (app.mood as int) with inout");
        let before = oracle_dump(&target).unwrap();
        let outcome = cli.run(["restore", "a.pgark", "-c", "-d", &target.conninfo(), "--yes"]);
        assert_eq!(outcome.code, Some(12), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("nothing was dropped"), "{}", outcome.stderr);
        assert_eq!(before, oracle_dump(&target).unwrap());
    }
}

#[test]
fn only_what_is_selected_is_dropped() {
    let Some(server) = TestServer::newest() else { return };
    let (cli, source, target) = pair(&server);
    target.sql("truncate app.events; delete from app.orders; drop view app.named");
    cli.succeed(["restore", "a.pgark", "-c", "-t", "app.orders", "-d", &target.conninfo(), "--yes"]).unwrap();
    assert_eq!(target.sql("select count(*) from app.orders"), "100\n");
    assert_eq!(target.sql("select count(*) from app.events"), "0\n");
    source.sql("truncate app.events; drop view app.named");
    assert!(diff(&oracle_dump(&source).unwrap(), &oracle_dump(&target).unwrap()).is_empty());
}

#[test]
fn a_damaged_archive_costs_nothing() {
    let Some(server) = TestServer::newest() else { return };
    let (cli, _, target) = pair(&server);
    let before = (oracle_dump(&target).unwrap(), row_hashes(&target).unwrap());
    let bytes = fs::read(cli.path("a.pgark")).unwrap();
    // Rows are found when they are read, and then it would be too late.
    let file = pgark::archive::ArchiveFile::open(&cli.path("a.pgark"), pgark::archive::Limits::default());
    let rows = file.unwrap();
    let record = rows.toc().iter().filter(|entry| entry.record_type == pgark::archive::RecordType::Data);
    let last = record.max_by_key(|entry| entry.stored_len).unwrap();
    let mut damaged = bytes;
    let at = usize::try_from(last.offset + last.record_len()).unwrap() - 5;
    damaged[at] ^= 1;
    fs::write(cli.path("b.pgark"), damaged).unwrap();
    let outcome = cli.run(["restore", "b.pgark", "-c", "-d", &target.conninfo(), "--yes"]);
    assert_eq!(outcome.code, Some(4), "{}", outcome.stderr);
    assert_eq!(before.0, oracle_dump(&target).unwrap());
    assert!(content_diff(&before.1, &row_hashes(&target).unwrap()).is_empty());
    // Whether a pipe is whole shows itself at its end.
    let mut command = cli.command(["restore", "-", "-c", "-d", &target.conninfo(), "--yes"]);
    let output = command.stdin(fs::File::open(cli.path("a.pgark")).unwrap()).output().unwrap();
    assert_eq!(output.status.code(), Some(12), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn whoever_holds_a_lock_is_named_or_ended() {
    let Some(server) = TestServer::newest() else { return };
    let (cli, source, target) = pair(&server);
    let guest =
        Background::run(&target, "begin; lock table app.users in access share mode; select pg_sleep(60)");
    guest.wait_until(&format!(
        "select count(*) = 1 from pg_stat_activity where datname = '{}' and query ~ 'pg_sleep' and state = 'active'
         and pid <> pg_backend_pid()",
        target.name()
    ));
    let conninfo = target.conninfo();
    let restore = ["restore", "a.pgark", "-c", "-d", &conninfo];
    let outcome = cli.run([&restore[..], &["--yes"]].concat());
    assert_eq!(outcome.code, Some(11), "{}", outcome.stderr);
    let named = format!("role postgres (background of {})", target.name());
    assert!(outcome.stderr.contains(&named), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("--terminate-connections"), "{}", outcome.stderr);
    let ending = [&restore[..], &["--terminate-connections"]].concat();
    let outcome = cli.run([&ending[..], &["--yes"]].concat());
    assert_eq!(outcome.code, Some(12), "{}", outcome.stderr);
    assert!(outcome.stderr.contains(&format!("--yes={}", target.name())), "{}", outcome.stderr);
    let yes = format!("--yes={}", target.name());
    cli.succeed([&ending[..], &[&yes]].concat()).unwrap();
    assert!(guest.wait().is_err());
    assert!(diff(&oracle_dump(&source).unwrap(), &oracle_dump(&target).unwrap()).is_empty());
}
