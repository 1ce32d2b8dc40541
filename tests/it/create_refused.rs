//! `restore -C` that is refused: before the first write, with the next step.

use crate::archive_sample::Sample;
use crate::create::{unfinished, unique};
use crate::support::{Outcome, TestCli, TestDatabase, TestServer, psql};

fn dumped(server: &TestServer, options: &str) -> (TestCli, TestDatabase) {
    let source = TestDatabase::create_named(server, &unique("source"), options);
    source.sql("create table t as select generate_series(1, 10) as a");
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    (cli, source)
}

fn restore(cli: &TestCli, target: &str, more: &[&str]) -> Outcome {
    cli.run([&["restore", "a.pgark", "-C", "-d", target, "--yes"], more].concat())
}

/// Wants this exit code and all these words on stderr.
#[track_caller]
fn refused(outcome: &Outcome, code: i32, words: &[&str]) {
    assert_eq!(outcome.code, Some(code), "{}", outcome.stderr);
    for word in words {
        assert!(outcome.stderr.contains(word), "no `{word}` in\n{}", outcome.stderr);
    }
}

fn is_there(server: &TestServer, name: &str) -> bool {
    psql(server, "postgres", &format!("select count(*) from pg_database where datname = '{name}'")).unwrap()
        == "1\n"
}

#[test]
fn a_database_of_that_name_stays_as_it_is() {
    let Some(server) = TestServer::newest() else { return };
    let (cli, source) = dumped(&server, "");
    let name = source.name();
    source.sql("insert into t values (11)");
    let outcome = restore(&cli, &server.conninfo("postgres"), &[]);
    let rename = format!("ALTER DATABASE {name} RENAME TO {name}_old");
    refused(&outcome, 12, &[&format!("the database \"{name}\" exists already"), &rename]);
    assert_eq!(source.sql("select count(*) from t"), "11\n");
    assert_eq!(unfinished(&server, name), "");
    // As a plan only, too.
    let plan = cli.run(["restore", "a.pgark", "-C", "-d", &server.conninfo("postgres"), "--dry-run"]);
    refused(&plan, 12, &["exists already"]);
}

#[test]
fn what_another_restore_left_is_named_with_its_remedy() {
    let Some(server) = TestServer::newest() else { return };
    let (cli, source) = dumped(&server, "");
    source.drop_now();
    let left = TestDatabase::create_named(&server, &format!("{}__restoring", source.name()), "");
    let outcome = restore(&cli, &server.conninfo("postgres"), &[]);
    let remedy = format!("DROP DATABASE {}", left.name());
    refused(
        &outcome,
        12,
        &["another restore is running, or one was interrupted", "nobody is at work", &remedy],
    );
    assert!(is_there(&server, left.name()) && !is_there(&server, source.name()));
    psql(&server, "postgres", &remedy).unwrap();
    assert_eq!(restore(&cli, &server.conninfo("postgres"), &[]).code, Some(0));
    assert_eq!(source.sql("select count(*) from t"), "10\n");
}

#[test]
fn a_role_without_the_rights_is_told_before_anything_is_made() {
    for server in TestServer::all() {
        let keeper = TestDatabase::create(&server, "create_rights");
        let (owner, plain, maker) =
            (keeper.role("owner", ""), keeper.role("plain", "login"), keeper.role("maker", "login createdb"));
        let (cli, source) = dumped(&server, &format!("owner \"{owner}\""));
        source.drop_now();
        let as_role = |role: &str| server.conninfo_as(role, "postgres");
        refused(
            &restore(&cli, &as_role(&plain), &[]),
            7,
            &[&format!("role \"{plain}\" may not create databases"), &format!("ALTER ROLE {plain} CREATEDB")],
        );
        refused(
            &restore(&cli, &as_role(&maker), &[]),
            7,
            &["the owner of a database", &format!("GRANT {owner} TO {maker}"), "-O"],
        );
        // The table is postgres's, so this one leaves out owners; the database is then the restoring role's.
        refused(&restore(&cli, &as_role(&maker), &["-O"]), 0, &[]);
        assert_eq!(
            source
                .sql("select pg_get_userbyid(datdba) from pg_database where datname = current_database()")
                .trim(),
            maker
        );
        source.drop_now();
        keeper.sql(&format!("drop role \"{owner}\""));
        refused(
            &restore(&cli, &server.conninfo("postgres"), &[]),
            12,
            &[&format!("role \"{owner}\" (database"), &format!("CREATE ROLE {owner}")],
        );
        assert!(!is_there(&server, source.name()) && unfinished(&server, source.name()).is_empty());
    }
}

#[test]
fn a_locale_that_the_target_lacks_is_named() {
    for server in TestServer::all() {
        let cli = TestCli::new();
        let mut sample = Sample::new(7);
        let name = unique("locale");
        sample.begin.source.database = name.clone();
        let database = &mut sample.catalog.database;
        database.owner = "postgres".to_owned();
        database.encoding = "UTF8".to_owned();
        database.locale_provider = "libc".to_owned();
        database.collate = "xx_XX.UTF-8".to_owned();
        database.ctype = "C".to_owned();
        std::fs::write(cli.path("a.pgark"), sample.write().0).unwrap();
        let outcome = restore(&cli, &server.conninfo("postgres"), &[]);
        refused(&outcome, 12, &["locale \"xx_XX.UTF-8\" (LC_COLLATE of the database; --target-locale"]);
        assert!(!is_there(&server, &name));
    }
}

#[test]
fn a_locale_provider_that_the_target_lacks_is_named_and_can_be_left_out() {
    let (Some(newer), Some(older)) = (TestServer::of(17), TestServer::of(16)) else { return };
    let (cli, source) =
        dumped(&newer, "encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'");
    let target = older.conninfo("postgres");
    let words = "PostgreSQL 17 or newer (locale provider builtin of the database; --target-locale";
    refused(&restore(&cli, &target, &[]), 12, &[words]);
    assert!(!is_there(&older, source.name()));
    refused(&restore(&cli, &target, &["--target-locale"]), 0, &[]);
    let count = psql(&older, source.name(), "select count(*) from t").unwrap();
    psql(&older, "postgres", &format!("drop database \"{}\"", source.name())).unwrap();
    assert_eq!(count, "10\n");
}

#[test]
fn a_locale_that_the_server_refuses_leaves_nothing() {
    for server in TestServer::all() {
        let cli = TestCli::new();
        let mut sample = Sample::new(8);
        let name = unique("refused");
        sample.begin.source.database = name.clone();
        let database = &mut sample.catalog.database;
        database.owner = "postgres".to_owned();
        // Some systems' locale of that name is for this encoding; here it is not.
        database.encoding = "LATIN2".to_owned();
        database.collate = "C.UTF-8".to_owned();
        database.ctype = "C".to_owned();
        std::fs::write(cli.path("a.pgark"), sample.write().0).unwrap();
        let outcome = restore(&cli, &server.conninfo("postgres"), &[]);
        let words = [
            &format!("cannot create the database \"{name}\""),
            "LC_COLLATE = 'C.UTF-8'",
            "does not match locale",
            "--target-locale",
        ];
        refused(&outcome, 9, &words);
        assert!(!is_there(&server, &name) && unfinished(&server, &name).is_empty());
    }
}

#[test]
fn the_database_to_connect_to_must_exist() {
    let Some(server) = TestServer::newest() else { return };
    let (cli, source) = dumped(&server, "");
    source.drop_now();
    let outcome = restore(&cli, &source.conninfo(), &[]);
    refused(&outcome, 7, &["-d names a database that exists, to connect to first: -d postgres"]);
}
