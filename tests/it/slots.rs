//! Few connections: fewer sessions and a warning, never a failure.

use std::net::{Shutdown, TcpListener};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::cli_lock::wait_until;
use crate::support::{Background, Cluster, Outcome, TestCli, TestDatabase, TestServer, psql, row_hashes};

/// Tables of several sizes, an index, a sequence and a view, which belong to `owner`.
fn fill(database: &TestDatabase, owner: &str) {
    let (server, name) = (database.server(), database.name());
    psql(server, "postgres", &format!("alter database {name} owner to {owner}")).unwrap();
    database.sql(&format!(
        "create schema own authorization {owner};
        set role {owner};
        set search_path = own;
        create table big (id int primary key, t text);
        insert into big select i, repeat(i::text, 20) from generate_series(1, 20000) i;
        create index on big (t);
        create table small (id serial primary key, t text);
        insert into small (t) values ('a'), ('b'), (null);
        create view seen as select id, s.t from big join small s using (id);
        create materialized view kept as select count(*) from big",
    ));
}

/// The warnings of a run that ended well.
fn warnings(outcome: &Outcome) -> Vec<&str> {
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    outcome.stderr.lines().filter(|line| line.starts_with("warning: ")).collect()
}

/// Sessions that have ended are counted until their processes are gone.
fn all_gone(database: &TestDatabase) {
    wait_until(database, "not exists (select from pg_stat_activity where application_name like 'pgark%')");
}

#[track_caller]
fn only(warnings: &[&str], wanted: &str) {
    assert!(matches!(warnings, [one] if one.starts_with(wanted)), "not only {wanted:?}: {warnings:#?}");
}

/// Dumps and restores with eight sessions as `role` with `limits` set on role or databases; `wanted` begins the one
/// warning of each.
fn crosses(server: &TestServer, limits: &[&str], wanted: &str) {
    let (source, target) = (TestDatabase::create(server, "slots"), TestDatabase::create(server, "slots_to"));
    let role = source.role("guest", "login");
    fill(&source, &role);
    let cli = TestCli::new();
    let to = target.name();
    psql(server, "postgres", &format!("alter database {to} owner to {role}")).unwrap();
    for database in [&source, &target] {
        for limit in limits {
            let limit = limit.replace("DATABASE", database.name()).replace("ROLE", &role);
            psql(server, "postgres", &limit).unwrap();
        }
    }
    let from = server.conninfo_as(&role, source.name());
    let dumped = cli.run(["dump", &from, "-f", "a.pgark", "-j", "8", "--progress", "none"]);
    only(&warnings(&dumped), wanted);
    all_gone(&source);
    let to = server.conninfo_as(&role, target.name());
    let restored = cli.run(["restore", "a.pgark", "-d", &to, "-j", "8", "--yes", "--progress", "none"]);
    only(&warnings(&restored), wanted);
    all_gone(&target);
    assert_eq!(row_hashes(&source).unwrap(), row_hashes(&target).unwrap());
    assert_eq!(target.sql("select count(*) from pg_indexes where schemaname = 'own'").trim(), "3");
}

#[test]
fn a_limit_of_the_role_is_kept() {
    for server in TestServer::all() {
        crosses(
            &server,
            &["alter role ROLE connection limit 3"],
            "warning: going on with 2 of 8 sessions: role \"",
        );
    }
}

#[test]
fn a_limit_of_the_database_is_kept() {
    for server in TestServer::all() {
        crosses(
            &server,
            &["alter database DATABASE connection limit 2"],
            "warning: going on with 1 of 8 sessions: database \"",
        );
    }
}

#[test]
fn one_connection_is_enough() {
    for server in TestServer::all() {
        crosses(
            &server,
            &["alter database DATABASE connection limit 1", "alter role ROLE connection limit 3"],
            "warning: going on with one session alone instead of 8 and a leader: database \"",
        );
    }
}

#[test]
fn a_server_with_six_slots_gives_one_worker() {
    for major in [15, 18] {
        let Some(cluster) = Cluster::of(major) else { continue };
        psql(cluster.server(), "postgres", "alter system set max_connections = 6").unwrap();
        cluster.stop_at_once();
        cluster.restart();
        crosses(
            cluster.server(),
            &[],
            "warning: going on with 1 of 8 sessions: max_connections = 6, 3 of them",
        );
    }
}

/// Forwards connections to a server's socket. It tells of the third one, and lets it through when it is told to.
fn turnstile(server: &TestServer) -> (u16, Receiver<()>, Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let socket = format!("{}/.s.PGSQL.{}", server.host, server.port);
    let (arrives, arrived) = channel();
    let (go, may_go) = channel();
    std::thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            if number == 2 {
                arrives.send(()).unwrap();
                may_go.recv().unwrap();
            }
            let (mut client, mut server) = (client.unwrap(), UnixStream::connect(&socket).unwrap());
            let (mut from, mut back) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ended = std::io::copy(&mut back, &mut client);
                let _gone = client.shutdown(Shutdown::Both);
            });
            std::thread::spawn(move || {
                let _ended = std::io::copy(&mut from, &mut server);
                let _gone = server.shutdown(Shutdown::Both);
            });
        }
    });
    (port, arrived, go)
}

/// Between the look and the third connection others take all slots that ordinary roles may have.
#[test]
fn slots_that_are_taken_meanwhile_mean_fewer_sessions() {
    for major in [12, 18] {
        let Some(cluster) = Cluster::of(major) else { continue };
        let server = cluster.server();
        psql(server, "postgres", "alter system set max_connections = 10").unwrap();
        cluster.stop_at_once();
        cluster.restart();
        let (source, target) =
            (TestDatabase::create(server, "slots"), TestDatabase::create(server, "slots_to"));
        let role = source.role("guest", "login");
        fill(&source, &role);
        psql(server, "postgres", &format!("alter database {} owner to {role}", target.name())).unwrap();
        let cli = TestCli::new();
        for command in ["dump", "restore"] {
            let (port, arrived, go) = turnstile(server);
            let to = |database: &TestDatabase| {
                format!("host=127.0.0.1 port={port} user={role} dbname={}", database.name())
            };
            let running = match command {
                "dump" => cli.spawn(["dump", &to(&source), "-f", "a.pgark", "-j3", "--progress", "none"]),
                _ => cli.spawn([
                    "restore",
                    "a.pgark",
                    "-d",
                    &to(&target),
                    "-j3",
                    "--yes",
                    "--progress",
                    "none",
                ]),
            };
            arrived.recv_timeout(Duration::from_secs(60)).unwrap();
            let mut others = Vec::new();
            for sessions in 3..=7 {
                others.push(Background::run(&source, "select pg_sleep(100)"));
                let connected = "select count(*) from pg_stat_activity \
                    where backend_type = 'client backend' and pid <> pg_backend_pid()";
                others[0].wait_until(&format!("select ({connected}) = {sessions}"));
            }
            go.send(()).unwrap();
            let outcome = running.wait();
            let warnings = warnings(&outcome);
            only(&warnings, "warning: going on with 1 of 3 sessions: connection to server at \"127.0.0.1\"");
            assert!(warnings[0].contains("(SQLSTATE 53300)"), "{warnings:?}");
            drop(others);
            all_gone(&source);
        }
        assert_eq!(row_hashes(&source).unwrap(), row_hashes(&target).unwrap());
    }
}

#[test]
fn others_sessions_leave_the_leader_alone() {
    let Some(cluster) = Cluster::start() else { return };
    let server = cluster.server();
    psql(server, "postgres", "alter system set max_connections = 6").unwrap();
    cluster.stop_at_once();
    cluster.restart();
    let source = TestDatabase::create(server, "slots");
    fill(&source, &source.role("guest", "login"));
    // Two of the three slots; what they are is hidden from the role.
    let others =
        [Background::run(&source, "select pg_sleep(100)"), Background::run(&source, "select pg_sleep(100)")];
    others[0].wait_until("select count(*) = 2 from pg_stat_activity where query = 'select pg_sleep(100)'");
    let role = source.role("guest_too", "login");
    source.sql(&format!(
        "grant usage on schema own to {role};
        grant select on all tables in schema own to {role};
        grant select on all sequences in schema own to {role}"
    ));
    let cli = TestCli::new();
    let outcome = cli.run([
        "dump",
        &server.conninfo_as(&role, source.name()),
        "-f",
        "a.pgark",
        "-j",
        "8",
        "--progress",
        "none",
        "--json",
    ]);
    only(
        &warnings(&outcome),
        "warning: going on with one session alone instead of 8 and a leader: max_connections = 6, 3 of them reserved, 3 in use",
    );
    assert!(outcome.stdout.contains("\"jobs\":1,"), "{}", outcome.stdout);
}
