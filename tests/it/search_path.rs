//! Unqualified names mean after a restore what they meant before: search_path travels with the database.

use crate::support::{TestCli, TestDatabase, TestServer, content_diff, diff, oracle_dump, row_hashes};

/// A schema that only the search_path names; a function body, a trigger and a view over it.
const APP: &str = "
create schema coder_app;
create table coder_app.users (id int primary key, name text not null);
create table coder_app.audit (at timestamptz, name text);
create function coder_app.user_count() returns bigint language sql as 'select count(*) from users';
create function coder_app.log() returns trigger language plpgsql as $$
begin
    insert into audit values (now(), new.name);
    return new;
end $$;
create trigger log after insert on coder_app.users for each row execute function coder_app.log();
create view coder_app.names as select name from coder_app.users;
insert into coder_app.users values (1, 'one'), (2, 'two');";

/// `prepare` says how the source's sessions come to their search_path.
fn survives(server: &TestServer, prepare: impl Fn(&TestDatabase)) {
    let (source, target) =
        (TestDatabase::create(server, "path_source"), TestDatabase::create(server, "path_target"));
    prepare(&source);
    source.sql(APP);
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let info = cli.succeed(["info", "a.pgark"]).unwrap();
    assert!(info.stdout.contains("search_path") && info.stdout.contains("coder_app"), "{}", info.stdout);
    cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
    assert_eq!(diff(&oracle_dump(&source).unwrap(), &oracle_dump(&target).unwrap()), Vec::<String>::new());
    assert_eq!(
        content_diff(&row_hashes(&source).unwrap(), &row_hashes(&target).unwrap()),
        Vec::<String>::new()
    );
    for database in [&source, &target] {
        assert_eq!(database.sql("show search_path").trim(), "coder_app, public");
        // The trigger fires, and its body finds its table; so does the function's.
        database.sql("insert into users values (3, 'three')");
        assert_eq!(database.sql("select user_count(), count(*) from audit").trim(), "3|3");
    }
}

#[test]
fn a_search_path_of_the_database_comes_back() {
    for server in TestServer::all() {
        survives(&server, |source| {
            source.sql(&format!("alter database {} set search_path = coder_app, public", source.name()));
        });
    }
}

#[test]
fn a_search_path_of_a_role_in_the_database_comes_back() {
    let Some(server) = TestServer::newest() else { return };
    survives(&server, |source| {
        let name = source.name();
        source.sql(&format!("alter role postgres in database {name} set search_path = coder_app, public"));
    });
}

/// A materialized view over a function whose body needs a search_path.
const STORED: &str = "
create schema coder_app;
create table coder_app.users (id int);
insert into coder_app.users values (1), (2);
create function coder_app.user_count() returns bigint language sql stable set search_path = coder_app
    as 'select count(*) from users';
create materialized view coder_app.counted as select coder_app.user_count() as n;
create materialized view coder_app.twice as select n * 2 as n from coder_app.counted;
alter function coder_app.user_count() reset search_path;";

#[test]
fn a_refresh_finds_what_the_search_path_of_the_database_finds() {
    for server in TestServer::all() {
        let (source, target) =
            (TestDatabase::create(&server, "path_source"), TestDatabase::create(&server, "path_target"));
        source.sql(&format!("alter database {} set search_path = coder_app, public", source.name()));
        source.sql(STORED);
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        let restored = cli.run(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]);
        assert_eq!(target.sql("show search_path").trim(), "coder_app, public");
        assert_eq!(target.sql("select count(*) from users").trim(), "2");
        if server.major < 17 {
            assert_eq!(restored.code, Some(0), "{}", restored.stderr);
            assert_eq!(target.sql("select n from twice").trim(), "4");
        } else {
            // The server itself empties it for a refresh: in the source the view could not be filled again either.
            assert!(source.try_sql("refresh materialized view coder_app.counted").is_err());
            assert_eq!(restored.code, Some(3), "{}", restored.stderr);
            for part in [
                "coder_app.counted: relation \"users\" does not exist",
                "coder_app.twice: not restored because",
            ] {
                assert!(restored.stderr.contains(part), "{part}: {}", restored.stderr);
            }
            assert!(target.try_sql("select n from counted").is_err());
        }
    }
}
