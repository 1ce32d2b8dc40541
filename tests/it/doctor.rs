//! `pgark doctor`, and the checks that a dump makes first: each finding brought about on a real server.

use std::time::Duration;

use pgark::context::Context;
use pgark::doctor::{Options, examine};
use pgark::server::conninfo::{Environment, Flags, resolve};
use serde_json::Value;

use crate::cli_lock::{LockHolder, wait_until};
use crate::support::{Background, Cluster, TestCli, TestDatabase, TestServer, psql};

/// What it says, with its exit code.
fn says(cli: &TestCli, arguments: &[&str]) -> (i32, Value) {
    let outcome = cli.run(["doctor"].iter().chain(arguments).chain(&["--json"]));
    let json: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{}", outcome.stderr));
    for finding in json["findings"].as_array().unwrap().iter().filter(|finding| finding["level"] != "ok") {
        assert!(finding["remedy"].is_string(), "nothing helps: {finding:#}");
    }
    (outcome.code.unwrap(), json)
}

/// The finding of a check.
#[track_caller]
fn finding<'a>(said: &'a Value, check: &str) -> &'a Value {
    let found = said["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == check);
    found.unwrap_or_else(|| panic!("no {check} in {said:#}"))
}

/// A finding has this level, and these words somewhere.
#[track_caller]
fn is(said: &Value, check: &str, level: &str, words: &[&str]) {
    let finding = finding(said, check);
    assert_eq!(finding["level"], level, "{finding:#}");
    let text = serde_json::to_string(finding).unwrap();
    for word in words {
        let word = word.replace('"', "\\\"");
        assert!(text.contains(&word), "no {word} in {text}");
    }
}

#[test]
fn a_healthy_database_fits_on_a_screen() {
    for server in TestServer::all() {
        let database = TestDatabase::create(&server, "doctor");
        database.sql("create table t (id serial primary key); select lo_create(0)");
        let cli = TestCli::new();
        let outcome = cli.run(["doctor", &database.conninfo(), "-j", "1"]);
        let what = format!("{}{}", outcome.stdout, outcome.stderr);
        assert_eq!(outcome.code, Some(0), "{what}");
        let checks = [
            "version",
            "pooler",
            "timeouts",
            "privileges",
            "row security",
            "writing",
            "locks",
            "transactions",
            "connections",
            "lock table",
            "replication",
            "disk",
            "collations",
        ];
        for check in checks {
            assert!(outcome.stdout.contains(&format!("\n  ok       {check:<13} ")), "{check}: {what}");
        }
        assert!(
            outcome.stdout.contains("\ndump:    nothing in the way\nrestore: nothing in the way\n"),
            "{what}"
        );
        assert!(outcome.stdout.lines().count() <= 24 && outcome.stderr.is_empty(), "{what}");
    }
}

#[test]
fn what_may_not_be_read_is_named_at_once_with_what_helps() {
    for server in TestServer::all() {
        let database = TestDatabase::create(&server, "doctor");
        let role = database.role("reader", "login");
        database.sql(&format!(
            "create schema closed; create schema \"Open\"; grant usage on schema \"Open\" to {role};
            create table closed.a (id int); grant select on closed.a to {role};
            create table \"Open\".b (id serial); create table \"Open\".seen (id int);
            grant select on \"Open\".seen to {role};
            select lo_create(4711); select lo_create(4712); grant select on large object 4712 to {role}"
        ));
        let (cli, conninfo) = (TestCli::new(), server.conninfo_as(&role, database.name()));
        let unreadable = [
            "table closed.a (no USAGE of schema closed)",
            "table \"Open\".b",
            "sequence \"Open\".b_id_seq",
            "large object 4711",
        ];
        let (code, said) = says(&cli, &[&conninfo]);
        assert_eq!((code, &said["dump"]), (12, &"blocks".into()));
        is(&said, "privileges", "blocks", &unreadable);
        assert_eq!(finding(&said, "privileges")["items"].as_array().unwrap().len(), 4, "{said:#}");

        let outcome = cli.run(["dump", &conninfo, "-f", "a.pgark"]);
        assert_eq!(outcome.code, Some(7), "{}", outcome.stderr);
        for cause in unreadable {
            assert!(outcome.stderr.contains(&format!("cause: {cause}\n")), "{cause}: {}", outcome.stderr);
        }

        // The remedy helps.
        let grant = match server.major {
            14.. => format!("grant pg_read_all_data to {role}"),
            _ => format!(
                "grant usage on schema \"Open\", closed to {role};
                grant select on all tables in schema \"Open\", closed to {role};
                grant select on all sequences in schema \"Open\", closed to {role}"
            ),
        };
        let remedy = finding(&said, "privileges")["remedy"].as_str().unwrap().to_lowercase();
        for statement in grant.split(';') {
            let statement = statement.trim().to_lowercase();
            assert!(remedy.contains(&statement), "no {statement} in {remedy}");
        }
        database.sql(&format!("{grant}; grant select on large object 4711 to {role}"));
        assert_eq!(says(&cli, &[&conninfo]).0, 0);
        cli.succeed(["dump", &conninfo, "-f", "a.pgark"]).unwrap();
    }
}

#[test]
fn what_is_hidden_from_the_role_is_named() {
    for server in TestServer::all() {
        let database = TestDatabase::create(&server, "doctor");
        let role = database.role("reader", "login");
        database.sql(&format!(
            "create table t (id int); alter table t enable row level security; grant select on t to {role};
            create foreign data wrapper w; create server s foreign data wrapper w;
            create user mapping for postgres server s options (secret 'x');
            create subscription sub connection 'host=nowhere' publication p with (connect = false)"
        ));
        let cli = TestCli::new();
        let (code, said) = says(&cli, &[&server.conninfo_as(&role, database.name())]);
        assert_eq!(code, 12);
        is(&said, "row security", "blocks", &["public.t", "BYPASSRLS"]);
        is(&said, "subscriptions", "blocks", &["--skip-unsupported"]);
        assert_eq!(finding(&said, "subscriptions")["items"], serde_json::json!(["sub"]));
        is(&said, "user mappings", "warning", &["for postgres at server s"]);
        is(&said, "writing", "warning", &["GRANT CREATE ON DATABASE"]);
        let (code, said) = says(&cli, &[&database.conninfo()]);
        assert_eq!((code, &said["dump"]), (0, &"ok".into()), "{said:#}");
    }
}

#[test]
fn others_in_the_way_are_named() {
    for server in TestServer::all() {
        let database = TestDatabase::create(&server, "doctor");
        database.sql("create table orders (id int); create table other (id int)");
        {
            let _holder = LockHolder::new(&database);
            let (code, said) = says(&TestCli::new(), &[&database.conninfo()]);
            assert_eq!((code, &said["dump"]), (0, &"warning".into()));
            is(
                &said,
                "locks",
                "warning",
                &["AccessExclusiveLock on public.orders", "pg_sleep", "--lock-wait-timeout"],
            );
            is(&said, "transactions", "ok", &[]);
        }
        let old = Background::run(&database, "begin; select id from other; select pg_sleep(60)");
        old.wait_until("select count(*) = 1 from pg_stat_activity where query = 'select pg_sleep(60)'");
        // Nobody waits for ten minutes in a test.
        let flags = Flags { dbname: Some(database.conninfo()), ..Flags::default() };
        let conninfo = resolve(&flags, &Environment::process()).unwrap();
        let options = Options { jobs: 1, long_transaction: Duration::ZERO, archive: None, output: None };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let said = runtime.block_on(examine(&Context::silent(), &conninfo, &options)).unwrap();
        let said = serde_json::to_value(said).unwrap();
        is(&said, "transactions", "warning", &["background of", "pg_sleep", "pg_terminate_backend"]);
        is(&said, "locks", "ok", &[]);
    }
}

#[test]
fn room_for_sessions_is_counted() {
    for server in TestServer::all() {
        let database = TestDatabase::create(&server, "doctor");
        let role = database.role("few", "login connection limit 3");
        let said = says(&TestCli::new(), &[&server.conninfo_as(&role, database.name()), "-j", "8"]).1;
        is(&said, "connections", "warning", &["room for 2 of 8 sessions", "connection limit of 3"]);
    }
}

#[test]
fn timeouts_and_read_only_settings_are_told() {
    for server in TestServer::all() {
        let database = TestDatabase::create(&server, "doctor");
        let role = database.role("timed", "login");
        let name = database.name();
        database.sql(&format!(
            "alter role {role} set statement_timeout = '5s';
            alter database {name} set lock_timeout = '1s';
            alter role {role} in database {name} set idle_in_transaction_session_timeout = '2s';
            alter database {name} set default_transaction_read_only = on;
            set default_transaction_read_only = off"
        ));
        let (code, said) = says(&TestCli::new(), &[&server.conninfo_as(&role, name)]);
        let whose = [
            format!("statement_timeout = 5s (role {role})"),
            format!("lock_timeout = 1s (database {name})"),
            format!("idle_in_transaction_session_timeout = 2s (role {role} in this database)"),
        ];
        is(&said, "timeouts", "ok", &whose.each_ref().map(String::as_str));
        is(&said, "writing", "blocks", &["read-only"]);
        assert_eq!((code, &said["dump"], &said["restore"]), (0, &"ok".into(), &"blocks".into()), "{said:#}");
    }
}

#[test]
fn a_lock_table_that_is_too_small_is_said_before_it_overflows() {
    for major in [12, 18] {
        let Some(cluster) = Cluster::of(major) else { continue };
        let server = cluster.server();
        cluster.shrink_lock_table();
        let database = TestDatabase::create(server, "doctor");
        // A lock table of 20 * (10 + 5); statements of few tables, for the same reason.
        let make = |from: u32, to: u32| {
            for first in (from..to).step_by(50) {
                let last = to.min(first + 50) - 1;
                database.sql(&format!(
                    "do $$ begin for i in {first} .. {last} loop execute format('create table t%s (a int)', i); \
                     end loop; end $$"
                ));
            }
        };
        // The catalogs that a dump reads take a good part of it, too.
        make(0, 40);
        let (cli, conninfo) = (TestCli::new(), database.conninfo());
        is(&says(&cli, &[&conninfo, "-j", "1"]).1, "lock table", "ok", &["40 tables"]);
        cli.succeed(["dump", &conninfo, "-f", "fits.pgark", "-j", "1"]).unwrap();
        make(40, 310);
        let (code, said) = says(&cli, &[&conninfo, "-j", "1"]);
        is(
            &said,
            "lock table",
            "warning",
            &["310 tables", "in a lock table for 300", "max_locks_per_transaction = 2"],
        );
        assert_eq!(code, 0);
        // Whether it works depends on what else the server has taken; it is said in any case.
        let dumped = cli.run(["dump", &conninfo, "-f", "a.pgark", "-j", "1"]).stderr;
        assert_eq!(dumped.matches("warning: room for locks is short: 310 tables").count(), 1, "{dumped}");
        make(310, 650);
        let (code, said) = says(&cli, &[&conninfo, "-j", "1"]);
        is(&said, "lock table", "blocks", &["650 tables"]);
        assert_eq!(code, 12);
        let refused = cli.run(["dump", &conninfo, "-f", "b.pgark", "-j", "1"]);
        assert_eq!(refused.code, Some(12), "{}", refused.stderr);
        assert!(
            refused.stderr.contains("ALTER SYSTEM SET max_locks_per_transaction = 6"),
            "{}",
            refused.stderr
        );
        // It is true, also where the server's spare shared memory takes in several hundred more.
        make(650, 1500);
        let all = "do $$ declare r regclass; begin for r in select oid from pg_class where relkind = 'r' and \
            relnamespace = 'public'::regnamespace loop execute format('lock table %s in access share mode', r); end loop; end $$";
        let failed = database.try_sql(all).unwrap_err();
        assert!(failed.contains("out of shared memory"), "{failed}");
    }
}

#[test]
fn an_archive_is_compared_with_its_target() {
    let Some(server) = TestServer::newest() else { return };
    let (source, target) =
        (TestDatabase::create(&server, "doctor"), TestDatabase::create(&server, "doctor_to"));
    let role = source.role("gone", "");
    source.sql(&format!("create table t (id int); alter table t owner to {role}"));
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let to = [&*target.conninfo(), "--archive", "a.pgark"];
    let (code, said) = says(&cli, &to);
    assert_eq!((code, &said["restore"]), (0, &"ok".into()), "{said:#}");
    is(&said, "archive", "ok", &["1 tables"]);
    source.sql(&format!("reassign owned by {role} to postgres; drop role {role}"));
    let (code, said) = says(&cli, &to);
    assert_eq!((code, &said["dump"]), (12, &"ok".into()));
    is(&said, "archive", "blocks", &["lacks", &role]);
    let (code, said) = says(&cli, &[&source.conninfo(), "--archive", "a.pgark"]);
    assert_eq!(code, 12);
    assert!(said.to_string().contains("the database is not empty"), "{said:#}");
    let outcome = cli.run(["doctor", &target.conninfo(), "--archive", "none.pgark"]);
    assert_eq!(outcome.code, Some(5), "{}", outcome.stderr);
}

#[test]
fn collations_of_another_library_are_named() {
    for server in TestServer::all() {
        let database = TestDatabase::create(&server, "doctor");
        if database.try_sql("create collation german (provider = icu, locale = 'de')").is_err() {
            println!("skipped: PostgreSQL {} was built without ICU", server.major);
            continue;
        }
        database.sql("create table t (a text collate german)");
        let cli = TestCli::new();
        is(&says(&cli, &[&database.conninfo()]).1, "collations", "ok", &[]);
        database.sql("update pg_collation set collversion = '1.0' where collname = 'german'");
        let said = says(&cli, &[&database.conninfo()]).1;
        is(&said, "collations", "warning", &["public.german", "made with 1.0", "REINDEX", "REFRESH VERSION"]);
    }
}

#[test]
fn room_for_the_archive_is_looked_at() {
    let Some(server) = TestServer::newest() else { return };
    let database = TestDatabase::create(&server, "doctor");
    database.sql("create table t as select repeat(i::text, 100) from generate_series(1, 1000) i");
    let cli = TestCli::new();
    for output in ["a.pgark", "."] {
        let (code, said) = says(&cli, &[&database.conninfo(), "--output", output]);
        assert_eq!(code, 0);
        is(&said, "disk", "ok", &["without indexes", &format!("MB are free at {output}")]);
    }
    // A file system without any room.
    is(
        &says(&cli, &[&database.conninfo(), "--output", "/proc/a.pgark"]).1,
        "disk",
        "warning",
        &["0 MB are free", "-f -"],
    );
    let (code, said) = says(&cli, &[&database.conninfo(), "--output", "no/such/a.pgark"]);
    is(&said, "disk", "blocks", &["no/such does not exist"]);
    assert_eq!((code, &said["restore"]), (12, &"ok".into()));
}

#[test]
fn what_replication_does_to_a_restore_is_said() {
    for major in [12, 18] {
        let Some(primary) = Cluster::of(major) else { continue };
        let server = primary.server();
        let database = TestDatabase::create(server, "doctor");
        let cli = TestCli::new();
        is(&says(&cli, &[&database.conninfo()]).1, "replication", "ok", &["no replicas"]);
        let _standby = primary.standby();
        wait_until(&database, "exists (select from pg_stat_replication where state = 'streaming')");
        database.sql("select pg_create_physical_replication_slot('for_gotten', true)");
        for sql in [
            "alter system set synchronous_commit = local",
            "alter system set synchronous_standby_names = 'ANY 1 (nobody)'",
            "select pg_reload_conf()",
        ] {
            psql(server, "postgres", sql).unwrap();
        }
        wait_until(&database, "current_setting('synchronous_standby_names') <> ''");
        let (code, said) = says(&cli, &[&database.conninfo()]);
        assert_eq!((code, &said["dump"], &said["restore"]), (0, &"ok".into(), &"warning".into()), "{said:#}");
        is(&said, "replication", "ok", &["1 replica(s)", "walreceiver: streaming", "--nice"]);
        is(&said, "slots", "warning", &["replication slot for_gotten", "pg_drop_replication_slot"]);
        is(&said, "synchronous", "warning", &["ANY 1 (nobody)"]);
    }
}

#[test]
fn a_closed_schema_public_is_said() {
    let Some(server) = TestServer::newest() else { return };
    let database = TestDatabase::create(&server, "doctor");
    let role = database.role("writer", "login");
    database.sql(&format!("grant create on database {} to {role}", database.name()));
    let said = says(&TestCli::new(), &[&server.conninfo_as(&role, database.name())]).1;
    is(&said, "writing", "warning", &[&format!("GRANT CREATE ON SCHEMA public TO {role}")]);
}

#[test]
fn who_cannot_connect_is_told_why() {
    let Some(server) = TestServer::newest() else { return };
    let outcome = TestCli::new().run(["doctor", &server.conninfo("pgark_no_such_database")]);
    assert_eq!(outcome.code, Some(7), "{}", outcome.stderr);
    let outcome = TestCli::new().run(["doctor", "host=/nowhere dbname=x user=y", "--json"]);
    assert_eq!(outcome.code, Some(6));
    let said: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(said["exit_code"], 6, "{said}");
}
