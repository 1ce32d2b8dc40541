//! Few connections: fewer sessions and a warning, never a failure.

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
