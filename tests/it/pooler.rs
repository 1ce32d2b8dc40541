//! PgBouncer in between: session mode works, the other modes are refused, and nothing is left on the sessions behind it.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use crate::support::{PgBouncer, TestCli, TestDatabase, TestServer, content_diff, psql, row_hashes, tool};

/// What a session could keep of its last client, then a wait: so that several are asked at the same time.
const STATE: &str = "begin;
    select concat_ws(' ',
        (select string_agg(name || '=' || setting, ',' order by name) from pg_settings where source = 'session'),
        (select count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'),
        (select count(*) from pg_prepared_statements), (select count(*) from pg_cursors where name <> ''),
        (select count(*) from pg_listening_channels()), pg_my_temp_schema() = 0,
        current_user, session_user);
    select pg_sleep(0.3);
    rollback;";

/// The different states of the sessions that so many clients get at the same time.
fn states(cli: &TestCli, conninfo: &str, clients: usize) -> BTreeSet<String> {
    let start = |_| {
        let mut command = cli.program(tool("psql"));
        command.args(["-XAtqw", "-v", "ON_ERROR_STOP=1", "-c", STATE, "-d", conninfo]);
        command.stdout(Stdio::piped()).spawn().unwrap()
    };
    let running: Vec<_> = (0..clients).map(start).collect();
    let text =
        |child: std::process::Child| String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    running.into_iter().map(text).collect()
}

/// Sessions that a database has, but for those that do nothing at all.
fn busy(database: &TestDatabase) -> String {
    let sql = format!(
        "select count(*) from pg_stat_activity where datname = '{}' and pid <> pg_backend_pid() \
         and (state <> 'idle' or xact_start is not null)",
        database.name()
    );
    database.sql(&sql).trim().to_owned()
}

fn source(server: &TestServer) -> TestDatabase {
    let source = TestDatabase::create(server, "pooler");
    source.sql(
        "create table t (id int primary key, s text); insert into t select i, md5(i::text) from generate_series(1, 5000) i;
        create function f() returns int language sql as 'select 1'; create index on t (s)",
    );
    source
}

#[test]
fn session_mode_works() {
    for server in TestServer::all() {
        let (source, target) = (source(&server), TestDatabase::create(&server, "pooler_target"));
        let Some(pooler) = PgBouncer::start(&server, "pool_mode = session\ndefault_pool_size = 8") else {
            return;
        };
        let cli = TestCli::new();
        let fresh = states(&cli, &pooler.conninfo(target.name()), 8);
        cli.succeed(["dump", &pooler.conninfo(source.name()), "-f", "x.pgark", "-j4"]).unwrap();
        cli.succeed(["restore", "x.pgark", "-d", &pooler.conninfo(target.name()), "--yes", "-j4"]).unwrap();
        assert_eq!(
            content_diff(&row_hashes(&source).unwrap(), &row_hashes(&target).unwrap()),
            Vec::<String>::new()
        );
        assert_eq!(states(&cli, &pooler.conninfo(source.name()), 8), fresh, "{}", server.major);
        assert_eq!(states(&cli, &pooler.conninfo(target.name()), 8), fresh, "{}", server.major);
        assert_eq!((busy(&source), busy(&target)), ("0".into(), "0".into()), "{}", server.major);
    }
}

#[test]
fn transaction_and_statement_mode_are_refused() {
    for server in TestServer::all() {
        let (source, target) = (source(&server), TestDatabase::create(&server, "pooler_target"));
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "x.pgark"]).unwrap();
        for (mode, settings) in [
            ("transaction", ""),
            ("transaction", "server_round_robin = 1"),
            ("transaction", "default_pool_size = 1"),
            ("statement", ""),
        ] {
            let Some(pooler) = PgBouncer::start(&server, &format!("pool_mode = {mode}\n{settings}")) else {
                return;
            };
            for database in [&source, &target] {
                let conninfo = pooler.conninfo(database.name());
                // With several sessions in the pool, the one that was used last is not the only choice.
                let before = (mode == "transaction").then(|| states(&cli, &conninfo, 3));
                let outcome = match database.name() == source.name() {
                    true => cli.run(["dump", &conninfo, "-f", "no.pgark"]),
                    false => cli.run(["restore", "x.pgark", "-d", &conninfo, "--yes"]),
                };
                let said = &outcome.stderr;
                assert_eq!(outcome.code, Some(12), "{mode} {settings} on {}: {said}", server.major);
                assert!(said.contains(&format!("pooler in {mode} mode is in between")), "{said}");
                assert!(said.contains(&format!("-h 127.0.0.1 -p {}", server.port)), "{said}");
                assert!(outcome.time < Duration::from_secs(3), "{:?}", outcome.time);
                if let Some(before) = before {
                    assert_eq!(states(&cli, &conninfo, 3), before, "{mode} {settings} on {}", server.major);
                }
                assert_eq!(busy(database), "0", "{mode} {settings} on {}", server.major);
            }
            assert!(!cli.path("no.pgark").exists());
            assert_eq!(target.sql("select count(*) from pg_class where relname = 't'").trim(), "0");
        }
    }
}

#[test]
fn the_doctor_says_which_pooler_is_in_between() {
    for server in TestServer::all() {
        let source = source(&server);
        let cli = TestCli::new();
        for (mode, level, checks) in
            [("session", "ok", true), ("transaction", "blocks", true), ("statement", "blocks", false)]
        {
            let Some(pooler) = PgBouncer::start(&server, &format!("pool_mode = {mode}")) else { return };
            let conninfo = pooler.conninfo(source.name());
            let before = (mode != "statement").then(|| states(&cli, &conninfo, 2));
            let outcome = cli.run(["doctor", &conninfo, "--json"]);
            let said: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
            let findings = said["findings"].as_array().unwrap();
            let finding = findings.iter().find(|finding| finding["check"] == "pooler").unwrap();
            let text = finding.to_string();
            assert_eq!(finding["level"], level, "{mode} on {}: {text}", server.major);
            assert!(text.contains(&format!("pooler in {mode} mode is in between")), "{text}");
            let code = if level == "ok" { 0 } else { 12 };
            assert_eq!((outcome.code, &said["dump"]), (Some(code), &level.into()), "{said:#}");
            assert_eq!(said["restore"], level, "{said:#}");
            if level == "blocks" {
                assert!(text.contains(&format!("-h 127.0.0.1 -p {}", server.port)), "{text}");
            }
            if level == "blocks" {
                let outcome = cli.run(["doctor", &conninfo, "--archive", "any.pgark"]);
                assert!(outcome.stdout.contains("the archive is not compared"), "{}", outcome.stdout);
            }
            // The rest of the screen can be had in a transaction.
            assert_eq!(findings.iter().any(|finding| finding["check"] == "privileges"), checks, "{said:#}");
            assert_eq!(
                before.clone(),
                before.map(|_| states(&cli, &conninfo, 2)),
                "{mode} on {}",
                server.major
            );
            assert_eq!(busy(&source), "0", "{mode} on {}", server.major);
        }
    }
}

#[test]
fn a_database_is_made_through_session_mode() {
    for server in TestServer::all() {
        let source = source(&server);
        let Some(pooler) = PgBouncer::start(&server, "pool_mode = session\ndefault_pool_size = 8") else {
            return;
        };
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "x.pgark"]).unwrap();
        let before = row_hashes(&source).unwrap();
        source.drop_now();
        let conninfo = pooler.conninfo("postgres");
        let made = cli.succeed(["restore", "x.pgark", "-C", "-d", &conninfo, "--yes", "-j4"]);
        made.unwrap_or_else(|error| panic!("{}: {error}", server.major));
        assert_eq!(row_hashes(&source).unwrap(), before, "{}", server.major);
        // One that fails is removed, whatever sessions the pooler keeps. (One that knows the name from before may refuse it for
        // some seconds.)
        source.drop_now();
        let Some(mut pooler) = PgBouncer::start(&server, "pool_mode = session\ndefault_pool_size = 8") else {
            return;
        };
        let conninfo = pooler.conninfo("postgres");
        let name = source.name();
        let mut archive = std::fs::read(cli.path("x.pgark")).unwrap();
        let middle = archive.len() / 2;
        archive[middle] ^= 0xff;
        std::fs::write(cli.path("y.pgark"), archive).unwrap();
        let outcome = cli.run(["restore", "y.pgark", "-C", "-d", &conninfo, "--yes", "-j4"]);
        assert_eq!(outcome.code, Some(4), "{}", outcome.stderr);
        let left = psql(
            &server,
            "postgres",
            &format!("select datname from pg_database where datname like '{name}%'"),
        );
        // Nobody can remove anything through a pooler that is gone, but what stays is said.
        let stays = outcome.stderr.contains(&format!("the unfinished database {name}__restoring stays"));
        assert_eq!(stays, pooler.has_exited(), "{}: {}", server.major, outcome.stderr);
        match stays {
            // The server may have done by now what it was told last.
            true => psql(&server, "postgres", &format!("drop database if exists {name}__restoring"))
                .map(drop)
                .unwrap(),
            false => assert_eq!(left.unwrap(), "", "{}: {}", server.major, outcome.stderr),
        }
    }
}

#[test]
fn transaction_mode_is_noticed_among_many_clients() {
    let Some(server) = TestServer::newest() else { return };
    let source = source(&server);
    let Some(pooler) = PgBouncer::start(&server, "pool_mode = transaction\ndefault_pool_size = 6") else {
        return;
    };
    let cli = TestCli::new();
    std::fs::write(cli.path("load.sql"), "select count(*) from t;\n").unwrap();
    let mut load = cli.program(tool("pgbench"));
    load.args(["-n", "-c", "8", "-T", "60", "-f", "load.sql"]).arg(pooler.conninfo(source.name()));
    let mut load = load.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let working = format!(
        "select count(*) > 0 from pg_stat_activity where datname = '{}' and application_name = 'pgbench'",
        source.name()
    );
    while source.sql(&working).trim() != "t" {
        assert!(load.try_wait().unwrap().is_none(), "pgbench has ended");
    }
    let outcomes: Vec<_> =
        (0..10).map(|_| cli.run(["dump", &pooler.conninfo(source.name()), "-f", "no.pgark"])).collect();
    load.kill().unwrap();
    load.wait().unwrap();
    for outcome in outcomes {
        assert_eq!(outcome.code, Some(12), "{}", outcome.stderr);
        assert!(outcome.time < Duration::from_secs(3), "{:?}", outcome.time);
    }
}

#[test]
fn a_full_pool_in_session_mode_is_not_taken_for_another_mode() {
    let Some(server) = TestServer::newest() else { return };
    let source = source(&server);
    let settings = "pool_mode = session\ndefault_pool_size = 1\nquery_wait_timeout = 2";
    let Some(pooler) = PgBouncer::start(&server, settings) else { return };
    let outcome = TestCli::new().run(["dump", &pooler.conninfo(source.name()), "-f", "no.pgark", "-j1"]);
    assert_ne!(outcome.code, Some(12), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("query_wait_timeout"), "{}", outcome.stderr);
}
