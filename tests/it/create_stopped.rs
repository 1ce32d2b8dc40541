//! `restore -C` that does not reach its end: nothing carries the name, and what is left is said.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::create::{unfinished, unique};
use crate::support::{Outcome, Running, TestCli, TestDatabase, TestServer, psql};

/// Dumps a database with these contents and drops it.
fn archived(server: &TestServer, options: &str, contents: &str) -> (TestCli, TestDatabase) {
    let source = TestDatabase::create_named(server, &unique("stop"), options);
    source.sql("create table t (a int primary key); insert into t select generate_series(1, 1000)");
    source.sql(contents);
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    source.drop_now();
    (cli, source)
}

/// A view whose refresh takes so long that the test can step in, but only while the database is unfinished.
fn slow(seconds: u32) -> String {
    format!(
        "create materialized view m as
            select case when current_database() ~ '__restoring$' then pg_sleep({seconds})::text end as slept"
    )
}

fn restore(cli: &TestCli, target: &str, more: &[&str]) -> Running {
    cli.spawn([&["restore", "a.pgark", "-C", "-d", target, "--yes"], more].concat())
}

/// Waits until the restore refreshes its view.
fn wait_for_refresh(server: &TestServer, building: &str) {
    let started = Instant::now();
    let sql = format!(
        "select count(*) from pg_stat_activity where datname = '{building}' and query ~* 'refresh' and state = 'active'"
    );
    while psql(server, "postgres", &sql).unwrap() == "0\n" {
        assert!(started.elapsed() < Duration::from_secs(60), "it never refreshes");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn is_there(server: &TestServer, name: &str) -> bool {
    psql(server, "postgres", &format!("select count(*) from pg_database where datname = '{name}'")).unwrap()
        == "1\n"
}

#[track_caller]
fn says(outcome: &Outcome, code: i32, words: &[&str]) {
    assert_eq!(outcome.code, Some(code), "{}", outcome.stderr);
    for word in words {
        assert!(outcome.stderr.contains(word), "no `{word}` in\n{}", outcome.stderr);
    }
}

#[test]
fn an_interrupted_restore_removes_what_it_made() {
    for server in TestServer::all() {
        let (cli, source) = archived(&server, "", &slow(60));
        let building = format!("{}__restoring", source.name());
        let running = restore(&cli, &server.conninfo("postgres"), &[]);
        wait_for_refresh(&server, &building);
        assert!(!is_there(&server, source.name()));
        running.signal(Signal::INT);
        let outcome = running.wait();
        says(&outcome, 130, &["interrupted", &format!("{building} was removed")]);
        assert!(!outcome.stderr.contains("stay in the target"), "{}", outcome.stderr);
        assert!(!is_there(&server, &building) && !is_there(&server, source.name()));
    }
}

#[test]
fn a_killed_restore_leaves_the_other_name_only() {
    let Some(server) = TestServer::newest() else { return };
    let (cli, source) = archived(&server, "", &slow(60));
    let building = format!("{}__restoring", source.name());
    let running = restore(&cli, &server.conninfo("postgres"), &[]);
    wait_for_refresh(&server, &building);
    running.signal(Signal::KILL);
    running.wait();
    assert!(is_there(&server, &building) && !is_there(&server, source.name()));
    let again = restore(&cli, &server.conninfo("postgres"), &[]).wait();
    says(&again, 12, &[&format!("DROP DATABASE {building}")]);
    let left = psql(&server, "postgres", &format!("drop database {building} with (force)"));
    left.unwrap();
}

#[test]
fn a_restore_that_fails_removes_what_it_made_unless_it_goes_on() {
    for server in TestServer::all() {
        let keeper = TestDatabase::create(&server, "create_fail");
        let owner = keeper.role("owner", "login createdb");
        let trigger = "create function e() returns event_trigger language plpgsql as 'begin end';
            create event trigger e on ddl_command_start execute function e()";
        let (cli, source) = archived(&server, &format!("owner \"{owner}\""), trigger);
        // Only superusers may make event triggers.
        let target = server.conninfo_as(&owner, "postgres");
        let outcome = restore(&cli, &target, &["-O"]).wait();
        let removed = format!("{}__restoring was removed", source.name());
        says(&outcome, 7, &["event trigger e", &removed]);
        assert!(unfinished(&server, source.name()).is_empty() && !is_there(&server, source.name()));
        let outcome = restore(&cli, &target, &["-O", "--keep-going"]).wait();
        says(&outcome, 3, &["failed: event trigger e"]);
        assert_eq!(source.sql("select count(*) from t"), "1000\n");
        assert!(unfinished(&server, source.name()).is_empty());
    }
}

#[test]
fn whoever_is_on_the_database_at_the_end_does_not_cost_the_restore() {
    let Some(server) = TestServer::newest() else { return };
    let (cli, source) = archived(&server, "", &slow(3));
    let building = format!("{}__restoring", source.name());
    let running = restore(&cli, &server.conninfo("postgres"), &[]);
    wait_for_refresh(&server, &building);
    let guest = std::thread::spawn({
        let (server, building) = (server.clone(), building.clone());
        move || psql(&server, &building, "select pg_sleep(60)")
    });
    let outcome = running.wait();
    let rename = format!("ALTER DATABASE {building} RENAME TO {}", source.name());
    says(&outcome, 9, &["being accessed by other users", "everything arrived in the database", &rename]);
    psql(
        &server,
        "postgres",
        &format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{building}'"),
    )
    .unwrap();
    let _ended = guest.join();
    psql(&server, "postgres", &rename).unwrap();
    assert_eq!(source.sql("select count(*) from t"), "1000\n");
}

#[test]
fn a_setting_that_cannot_be_made_costs_nothing_else() {
    let Some(server) = TestServer::newest() else { return };
    let keeper = TestDatabase::create(&server, "create_set");
    let owner = keeper.role("owner", "login createdb");
    let source = TestDatabase::create_named(&server, &unique("set"), &format!("owner \"{owner}\""));
    let name = source.name();
    source.sql(&format!(
        "alter database {name} set log_statement = 'ddl'; alter database {name} set work_mem = '9MB';
        comment on database {name} is 'mine'; create table t as select 1 as a; alter table t owner to \"{owner}\""
    ));
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    source.drop_now();
    // Only superusers may set log_statement.
    let outcome = restore(&cli, &server.conninfo_as(&owner, "postgres"), &[]).wait();
    says(&outcome, 3, &["failed: setting log_statement"]);
    let kept = "select current_setting('work_mem'), shobj_description(oid, 'pg_database') from pg_database
        where datname = current_database()";
    assert_eq!(source.sql(kept), "9MB|mine\n");
}
