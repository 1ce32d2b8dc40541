//! `restore -c -C`: the old database stays, whole and as it is, until the new one takes its place.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::create::unique;
use crate::support::{Background, Outcome, TestCli, TestDatabase, TestServer, psql};

/// Dumps a database with large objects, and changes it then: `old` says which one is there. The view's refresh takes so
/// long that a test can step in, but only while the new database is unfinished.
fn changed(server: &TestServer, seconds: u32) -> (TestCli, TestDatabase) {
    let database = TestDatabase::create_named(server, &unique("replace"), "");
    database.sql(&format!(
        "create table t (a int primary key); insert into t select generate_series(1, 1000);
        select lo_from_bytea(4711, '\\x00ff');
        create materialized view m as
            select case when current_database() ~ '__restoring$' then pg_sleep({seconds})::text end as slept"
    ));
    let cli = TestCli::new();
    cli.succeed(["dump", "-b", &database.conninfo(), "-f", "a.pgark"]).unwrap();
    database.sql("create table old (a int); delete from t where a > 500; select lo_unlink(4711)");
    (cli, database)
}

fn words<'a>(target: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["restore", "a.pgark", "-c", "-C", "-d", target], more].concat()
}

/// The state of a database: the old or the new one, and who may connect.
fn state(database: &TestDatabase) -> String {
    database.sql(
        "select to_regclass('old') is not null, (select count(*) from t),
            (select count(*) from pg_largeobject_metadata),
            (select datallowconn and datconnlimit = -1 and not datistemplate from pg_database
             where datname = current_database())",
    )
}

const OLD: &str = "t|500|0|t\n";
const NEW: &str = "f|1000|1|t\n";

/// Names that look like the database's.
fn names(database: &TestDatabase) -> String {
    let sql = format!(
        "select string_agg(datname, ' ' order by datname) from pg_database where starts_with(datname, '{}')",
        database.name()
    );
    psql(database.server(), "postgres", &sql).unwrap().trim().to_owned()
}

#[track_caller]
fn says(outcome: &Outcome, code: i32, wanted: &[&str]) {
    assert_eq!(outcome.code, Some(code), "{}", outcome.stderr);
    for word in wanted {
        assert!(outcome.stderr.contains(word), "no `{word}` in\n{}", outcome.stderr);
    }
}

/// Somebody at work on the database.
fn guest(database: &TestDatabase) -> Background {
    let guest = Background::run(database, "begin; select count(*) from t; select pg_sleep(60)");
    guest.wait_until(&format!(
        "select count(*) = 1 from pg_stat_activity where datname = '{}' and query ~ 'pg_sleep'",
        database.name()
    ));
    guest
}

fn wait_for_refresh(database: &TestDatabase) {
    let started = Instant::now();
    let sql = format!(
        "select count(*) from pg_stat_activity
        where datname = '{}__restoring' and query ~* 'refresh' and state = 'active'",
        database.name()
    );
    while psql(database.server(), "postgres", &sql).unwrap() == "0\n" {
        assert!(started.elapsed() < Duration::from_secs(60), "it never refreshes");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_database_is_replaced_while_others_are_connected() {
    for server in [12, 18].into_iter().filter_map(TestServer::of) {
        let (cli, database) = changed(&server, 0);
        let postgres = server.conninfo("postgres");
        let guest = guest(&database);
        let named = format!("role postgres (background of {})", database.name());
        says(
            &cli.run(words(&postgres, &["--yes"])),
            12,
            &["1 other session", &named, "--terminate-connections"],
        );
        assert_eq!(names(&database), database.name());
        let plain = cli.run(words(&postgres, &["--terminate-connections", "--yes"]));
        says(&plain, 12, &["--yes is not enough", &format!("--yes={}", database.name())]);
        let wrong = cli.run(words(&postgres, &["--terminate-connections", "--yes=other"]));
        says(&wrong, 12, &["--yes=other is not the name"]);
        assert_eq!(state(&database), OLD);
        let yes = format!("--yes={}", database.name());
        let outcome = cli.run(words(&postgres, &["--terminate-connections", &yes]));
        says(&outcome, 0, &["replace    database", &named]);
        assert!(guest.wait().is_err());
        assert_eq!((state(&database), names(&database)), (NEW.to_owned(), database.name().to_owned()));
        // Where there is none, there is nothing to lose.
        database.drop_now();
        cli.succeed(words(&postgres, &["--yes"])).unwrap();
        assert_eq!(state(&database), NEW);
    }
}

#[test]
fn an_interrupted_restore_leaves_the_old_database_and_its_guests() {
    for server in [12, 18].into_iter().filter_map(TestServer::of) {
        let (cli, database) = changed(&server, 60);
        let guest = guest(&database);
        let (postgres, yes) = (server.conninfo("postgres"), format!("--yes={}", database.name()));
        let running = cli.spawn(words(&postgres, &["--terminate-connections", &yes]));
        wait_for_refresh(&database);
        assert_eq!(state(&database), OLD);
        running.signal(Signal::INT);
        says(&running.wait(), 130, &["interrupted", "__restoring was removed"]);
        assert_eq!((state(&database), names(&database)), (OLD.to_owned(), database.name().to_owned()));
        let running = cli.spawn(words(&postgres, &["--terminate-connections", &yes]));
        wait_for_refresh(&database);
        running.signal(Signal::KILL);
        running.wait();
        assert_eq!(state(&database), OLD);
        let there = format!(
            "select count(*) = 1 from pg_stat_activity where datname = '{}' and query ~ 'pg_sleep'",
            database.name()
        );
        guest.wait_until(&there);
        let end = format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}__restoring'",
            database.name()
        );
        psql(&server, "postgres", &end).unwrap();
        psql(&server, "postgres", &format!("drop database {}__restoring", database.name())).unwrap();
    }
}

#[test]
fn whoever_connects_at_the_last_moment_does_not_cost_the_restore() {
    let Some(server) = TestServer::newest() else { return };
    let (cli, database) = changed(&server, 2);
    let (postgres, yes) = (server.conninfo("postgres"), format!("--yes={}", database.name()));
    let running = cli.spawn(words(&postgres, &[&yes]));
    wait_for_refresh(&database);
    let late = guest(&database);
    let outcome = running.wait();
    let rename = format!("ALTER DATABASE {0}__restoring RENAME TO {0}", database.name());
    says(&outcome, 9, &["being accessed by other users", "everything arrived in the database", &rename]);
    assert_eq!(state(&database), OLD);
    drop(late);
    psql(&server, "postgres", &format!("drop database {}__restoring", database.name())).unwrap();
    // With leave to end them, those who come later go, too.
    let running = cli.spawn(words(&postgres, &["--terminate-connections", &yes]));
    wait_for_refresh(&database);
    let late = guest(&database);
    says(&running.wait(), 0, &[]);
    assert!(late.wait().is_err());
    assert_eq!((state(&database), names(&database)), (NEW.to_owned(), database.name().to_owned()));
}

#[test]
fn what_the_server_would_not_drop_is_said_beforehand() {
    let Some(server) = TestServer::newest() else { return };
    let (cli, database) = changed(&server, 0);
    let yes = format!("--yes={}", database.name());
    let within = cli.run(words(&database.conninfo(), &[&yes]));
    says(&within, 12, &["is the one that is connected to", "-d postgres"]);
    let other = database.role("other", "login createdb");
    let not_mine = server.conninfo_as(&other, "postgres");
    says(&cli.run(words(&not_mine, &[&yes, "-O"])), 7, &["only its owner or a superuser"]);
    let postgres = server.conninfo("postgres");
    psql(&server, "postgres", &format!("create database {}__replaced", database.name())).unwrap();
    says(&cli.run(words(&postgres, &[&yes])), 12, &["__replaced", "could not be dropped", "DROP DATABASE"]);
    psql(&server, "postgres", &format!("drop database {}__replaced", database.name())).unwrap();
    // A template cannot be dropped as it is.
    let template = |is: bool| {
        psql(&server, "postgres", &format!("alter database {} is_template {is}", database.name())).unwrap()
    };
    template(true);
    cli.succeed(words(&postgres, &[&yes])).unwrap();
    assert_eq!((state(&database), names(&database)), (NEW.to_owned(), database.name().to_owned()));
}
