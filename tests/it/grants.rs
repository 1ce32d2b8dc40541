//! Privileges that a target, or the role that restores, cannot simply take over.

use crate::support::{TestCli, TestDatabase, TestServer};

/// Servers on which the owner of a database has its schema `public` too: roles that are no superusers restore there
/// without further ado.
fn with_public_for_owners() -> impl Iterator<Item = TestServer> {
    TestServer::all().into_iter().filter(|server| server.major >= 15)
}

/// The ACL of a relation.
fn acl(database: &TestDatabase, relation: &str) -> String {
    let text = database.sql(&format!("select relacl from pg_class where oid = '{relation}'::regclass"));
    text.trim().to_owned()
}

#[test]
fn grants_by_others_need_membership_not_a_superuser() {
    for server in with_public_for_owners() {
        let source = TestDatabase::create(&server, "grants");
        let [owner, lender, reader] = ["owner", "lender", "reader"].map(|name| source.role(name, ""));
        let [member, stranger] = ["member", "stranger"].map(|name| source.role(name, "login"));
        source.sql(&format!(
            "grant \"{owner}\" to \"{member}\", \"{stranger}\"; grant \"{lender}\" to \"{member}\";
            create schema s authorization \"{owner}\";
            set role \"{owner}\";
            create table s.t (a int);
            create table s.plain (a int);
            grant usage on schema s to \"{lender}\";
            grant select on s.plain to \"{reader}\";
            grant select on s.t to \"{lender}\" with grant option;
            set role \"{lender}\"; grant select on s.t to \"{reader}\";
            set role \"{owner}\"; grant insert on s.t to \"{reader}\"",
        ));
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        let restore = |role: &str| {
            let target = TestDatabase::create(&server, "grants_target");
            target.sql(&format!("alter database {} owner to \"{role}\"", target.name()));
            // The owner of the schema needs it; it is not a privilege of the archive.
            target.sql(&format!("grant create on database {} to \"{owner}\"", target.name()));
            let conninfo = target.conninfo().replace("user=postgres", &format!("user={role}"));
            let restored = cli.run(["restore", "a.pgark", "-d", &conninfo, "--yes"]);
            (target, restored)
        };
        let wanted = acl(&source, "s.t");
        for role in ["postgres", &member] {
            let (target, restored) = restore(role);
            assert_eq!(restored.code, Some(0), "{role} on {}: {}", server.major, restored.stderr);
            assert_eq!(acl(&target, "s.t"), wanted, "{role} on {}", server.major);
        }
        let (target, restored) = restore(&stranger);
        assert_eq!(restored.code, Some(3), "on {}: {}", server.major, restored.stderr);
        let cannot = format!("privileges of table s.t: 1 grant(s) made by role \"{lender}\"");
        let plan = restored.stderr.split("Plan").nth(1).unwrap_or_default();
        assert!(plan.contains(&format!("cannot     {cannot}")), "{}", restored.stderr);
        assert!(restored.stderr.contains(&format!("failed: {cannot}")), "{}", restored.stderr);
        assert_eq!(acl(&target, "s.plain"), acl(&source, "s.plain"));
        assert!(!acl(&target, "s.t").contains(&format!("/{lender}")), "{}", acl(&target, "s.t"));
        assert!(acl(&target, "s.t").contains(&format!("{lender}=r*/{owner}")), "{}", acl(&target, "s.t"));
    }
}

#[test]
fn maintain_is_left_out_where_the_target_does_not_know_it() {
    let servers = TestServer::all();
    let find = |majors: std::ops::RangeInclusive<u32>| {
        servers.iter().rfind(move |server| majors.contains(&server.major))
    };
    let (Some(new), Some(old)) = (find(17..=18), find(12..=16)) else { return };
    let (source, target) = (TestDatabase::create(new, "maintain"), TestDatabase::create(old, "maintain"));
    source.sql(
        "create table t (a int); create table u (a int); create table v (a int);
        grant select, maintain on t to pgark_reader;
        grant maintain on u to pgark_reader;
        grant all on v to pgark_reader;
        alter default privileges for role pgark_owner grant maintain, insert on tables to pgark_reader",
    );
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let restored = cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes", "--json"]).unwrap();
    let said =
        "has no privilege MAINTAIN: it is left out of the grants on table public.t, table public.u, default";
    assert!(restored.stdout.contains(said), "{}", restored.stdout);
    let full = "postgres=arwdDxt/postgres";
    assert_eq!(acl(&target, "t"), format!("{{{full},pgark_reader=r/postgres}}"));
    assert_eq!(acl(&target, "u"), "");
    assert_eq!(acl(&target, "v"), format!("{{{full},pgark_reader=arwdDxt/postgres}}"));
    let defaults = target.sql("select defaclacl from pg_default_acl");
    assert_eq!(defaults.trim(), "{pgark_owner=arwdDxt/pgark_owner,pgark_reader=a/pgark_owner}");
}

#[test]
fn all_of_an_older_server_is_not_more_on_a_newer_one() {
    let servers = TestServer::all();
    let (Some(old), Some(new)) = (
        servers.iter().rfind(|server| server.major <= 16),
        servers.iter().rfind(|server| server.major >= 17),
    ) else {
        return;
    };
    let (source, target) = (TestDatabase::create(old, "all"), TestDatabase::create(new, "all"));
    source.sql("create table t (a int); grant all on t to pgark_reader; create view v as select 1; grant all on v to public");
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
    for (relation, grantee) in [("t", "pgark_reader"), ("v", "")] {
        // The owner has what an owner has there.
        let acl = acl(&target, relation);
        assert!(acl.contains(&format!(",{grantee}=arwdDxt/postgres")), "{acl}");
    }
}

#[test]
fn what_the_server_only_warns_of_is_in_the_summary() {
    let Some(server) = TestServer::newest() else { return };
    let (source, target) =
        (TestDatabase::create(&server, "warn"), TestDatabase::create(&server, "warn_target"));
    source
        .sql("create subscription pgark_warn connection 'host=nowhere' publication p with (connect = false)");
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let restored = cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes", "--json"]).unwrap();
    let summary: serde_json::Value = serde_json::from_str(restored.stdout.lines().last().unwrap()).unwrap();
    let said: Vec<&str> = summary["warnings"].as_array().unwrap().iter().filter_map(|w| w.as_str()).collect();
    assert!(
        said.iter().any(|text| text.starts_with("the server says: subscription was created")),
        "{summary}"
    );
    assert!(said.iter().any(|text| text.starts_with("subscriptions come back disabled")), "{summary}");
}

#[test]
fn a_privilege_that_the_server_only_warns_of_is_missing() {
    for server in with_public_for_owners() {
        let (source, target) =
            (TestDatabase::create(&server, "revoke"), TestDatabase::create(&server, "revoke_target"));
        source.sql("revoke execute on function pg_catalog.pg_sleep(double precision) from public");
        let role = target.role("owner", "login");
        target.sql(&format!("alter database {} owner to \"{role}\"", target.name()));
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        let conninfo = target.conninfo().replace("user=postgres", &format!("user={role}"));
        let restored = cli.run(["restore", "a.pgark", "-d", &conninfo, "--yes", "-O"]);
        assert_eq!(restored.code, Some(3), "on {}: {}", server.major, restored.stderr);
        let said = "failed: privileges: no privileges could be revoked for \"pg_sleep\"";
        assert!(restored.stderr.contains(said), "on {}: {}", server.major, restored.stderr);
    }
}
