//! What the restoring role may not do, and what the target has no room for: refused before the first write, with what helps.

use serde_json::Value;

use crate::support::{Cluster, TestCli, TestDatabase, TestServer, row_hashes};

/// Objects of `owner` in a schema of his and in `public`, with row security that would hinder him later.
fn source(server: &TestServer) -> (TestDatabase, String) {
    let source = TestDatabase::create(server, "authority");
    let owner = source.role("owner", "");
    source.sql(&format!(
        "create schema app authorization {owner};
        set role {owner};
        create table app.t (id int primary key, tenant text);
        insert into app.t values (1, 'a'), (2, 'b');
        alter table app.t enable row level security; alter table app.t force row level security;
        create policy p on app.t using (tenant = 'a');
        reset role;
        create table plain (id int); insert into plain values (3); create index on plain (id);
        create view seen as select id from plain;
        alter table plain owner to {owner}; alter view seen owner to {owner}"
    ));
    (source, owner)
}

/// The lines of a refusal.
fn causes(stderr: &str) -> Vec<&str> {
    stderr.lines().filter_map(|line| line.trim().strip_prefix("cause: ")).collect()
}

#[test]
fn what_the_role_may_not_do_is_named_at_once_with_what_helps() {
    for server in TestServer::all() {
        let (source, owner) = source(&server);
        let guest = source.role("guest", "login");
        let target = TestDatabase::create(&server, "authority_to");
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        let to = server.conninfo_as(&guest, target.name());
        let restore = ["restore", "a.pgark", "-d", &to, "--yes"];
        let refused = cli.run(restore);
        assert_eq!(refused.code, Some(12), "{}", refused.stderr);
        let expected = [
            format!(
                "privilege CREATE on database {} for role {guest} (schema app): GRANT CREATE",
                target.name()
            ),
            format!("privilege CREATE on schema public for role {guest} ("),
            format!(
                "membership of role {guest} in {owner}, who is to own schema app: GRANT {owner} TO {guest}"
            ),
            format!("privilege CREATE on schema public for role {owner}, who is to own "),
        ];
        let causes: Vec<String> = causes(&refused.stderr).into_iter().map(str::to_owned).collect();
        // Before 15 everybody may make things in `public`.
        let expected: Vec<&String> =
            expected.iter().filter(|line| server.major >= 15 || !line.contains("schema public")).collect();
        assert_eq!(causes.len(), expected.len(), "{}", refused.stderr);
        for wanted in expected {
            assert!(
                causes.iter().any(|cause| cause.starts_with(wanted.as_str())),
                "no {wanted}: {causes:#?}"
            );
        }
        assert_eq!(target.sql("select count(*) from pg_namespace where nspname = 'app'").trim(), "0");

        // The doctor says the same.
        let outcome = cli.run(["doctor", &to, "--archive", "a.pgark", "--json"]);
        assert_eq!(outcome.code, Some(12), "{}", outcome.stderr);
        let said: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let findings = said["findings"].as_array().unwrap();
        let lacks =
            findings.iter().find(|finding| finding["check"] == "archive" && finding["level"] == "blocks");
        assert_eq!(lacks.unwrap()["items"], serde_json::json!(causes), "{said:#}");

        // Without owners nothing is said of them.
        let without = cli.run(["restore", "a.pgark", "-O", "-d", &to, "--yes"]);
        let lines = without.stderr.matches("cause:").count();
        assert_eq!(lines, if server.major >= 15 { 2 } else { 1 }, "{}", without.stderr);

        // Each remedy helps.
        for cause in &causes {
            let remedy = cause.split(": ").nth(1).unwrap();
            match remedy.strip_prefix("restore as the owner of the database") {
                Some(_) => target.sql(&format!("alter database {} owner to {guest}", target.name())),
                None => target.sql(remedy.split(';').next().unwrap()),
            };
        }
        cli.succeed(restore).unwrap_or_else(|error| panic!("{}: {error}", server.major));
        assert_eq!(row_hashes(&target).unwrap(), row_hashes(&source).unwrap());
        let owners = "select string_agg(distinct relowner::regrole::text, ',') from pg_class \
            where relnamespace in ('app'::regnamespace, 'public'::regnamespace)";
        assert_eq!(target.sql(owners).trim(), owner);
    }
}

#[test]
fn a_membership_that_is_not_inherited_is_not_enough() {
    for server in TestServer::all() {
        let (source, owner) = source(&server);
        let guest = source.role("guest", "login noinherit");
        let target = TestDatabase::create(&server, "authority_to");
        target.sql(&format!(
            "alter database {} owner to {guest}; grant create on schema public to {owner}; grant {owner} to {guest}",
            target.name()
        ));
        if server.major < 15 {
            // Everybody has it; nothing is to be taken back.
            target.sql(&format!("revoke create on schema public from {owner}"));
        }
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        let restore = ["restore", "a.pgark", "-d", &server.conninfo_as(&guest, target.name()), "--yes"];
        let refused = cli.run(restore);
        assert_eq!(refused.code, Some(12), "{}", refused.stderr);
        let remedy = match server.major {
            16.. => format!("GRANT {owner} TO {guest} WITH INHERIT TRUE"),
            _ => format!("ALTER ROLE {guest} INHERIT"),
        };
        assert!(causes(&refused.stderr).iter().any(|cause| cause.contains(&remedy)), "{}", refused.stderr);
        target.sql(&remedy);
        cli.succeed(restore).unwrap_or_else(|error| panic!("{}: {error}", server.major));
        assert_eq!(row_hashes(&target).unwrap(), row_hashes(&source).unwrap());
    }
}

#[test]
fn what_others_own_in_a_schema_needs_more_than_membership() {
    let Some(server) = TestServer::newest() else { return };
    let (source, owner) = source(&server);
    let [guest, tenant] = [("guest", "login"), ("tenant", "")].map(|(name, more)| source.role(name, more));
    source.sql(&format!(
        "grant all on schema app to {tenant}; set role {tenant}; create table app.theirs (a int)"
    ));
    let target = TestDatabase::create(&server, "authority_to");
    target.sql(&format!(
        "alter database {} owner to {guest}; grant create on schema public to {owner};
        grant {owner}, {tenant} to {guest}",
        target.name()
    ));
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let to = server.conninfo_as(&guest, target.name());
    let refused = cli.run(["restore", "a.pgark", "-d", &to, "--yes"]);
    assert_eq!(refused.code, Some(12), "{}", refused.stderr);
    let wanted = format!("privilege CREATE on schema app for role {tenant}, who is to own table app.theirs");
    assert!(matches!(&causes(&refused.stderr)[..], [one] if one.starts_with(&wanted)), "{}", refused.stderr);
    cli.succeed(["restore", "a.pgark", "-O", "-x", "-d", &to, "--yes"]).unwrap();
}

#[test]
fn a_schema_public_that_has_to_go_needs_its_owner() {
    for server in TestServer::all() {
        let source = TestDatabase::create(&server, "authority");
        source.sql("drop schema public");
        let guest = source.role("guest", "login");
        let target = TestDatabase::create(&server, "authority_to");
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        let restore = ["restore", "a.pgark", "-d", &server.conninfo_as(&guest, target.name()), "--yes"];
        let refused = cli.run(restore);
        assert_eq!(refused.code, Some(12), "{}", refused.stderr);
        let wanted = format!("ownership of schema public for role {guest}, since it is to be dropped");
        assert!(
            matches!(&causes(&refused.stderr)[..], [one] if one.starts_with(&wanted)),
            "{}",
            refused.stderr
        );
        target.sql(&match server.major {
            15.. => format!("alter database {} owner to {guest}", target.name()),
            _ => format!("alter schema public owner to {guest}"),
        });
        cli.succeed(restore).unwrap_or_else(|error| panic!("{}: {error}", server.major));
    }
}

#[test]
fn what_only_superusers_make_is_said_beforehand() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "authority");
    let guest = source.role("guest", "login");
    source.sql(
        "create function f() returns event_trigger language plpgsql as 'begin end';
        create event trigger e on ddl_command_start execute function f();
        create function c(float8) returns float8 language internal as 'dsqrt'",
    );
    let target = TestDatabase::create(&server, "authority_to");
    target.sql(&format!("alter database {} owner to {guest}", target.name()));
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let warned = |conninfo: &str| {
        let plan = cli.run(["restore", "a.pgark", "-O", "-d", conninfo, "--dry-run"]);
        assert_eq!(plan.code, Some(0), "{}", plan.stderr);
        plan.stderr.contains(
            "PostgreSQL lets only superusers make function public.c(double precision), event trigger e:",
        )
    };
    assert!(warned(&server.conninfo_as(&guest, target.name())));
    assert!(!warned(&target.conninfo()));
}

#[test]
fn a_family_that_the_lock_table_cannot_hold_is_refused() {
    for major in [12, 18] {
        let Some(cluster) = Cluster::of(major) else { continue };
        let server = cluster.server();
        let source = TestDatabase::create(server, "authority");
        source.sql(
            "create table p (id int primary key) partition by range (id);
            do $$ begin for i in 1 .. 900 loop
                execute format('create table p%s partition of p for values from (%s) to (%s)', i, i, i + 1);
            end loop; end $$",
        );
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        cluster.shrink_lock_table();
        let target = TestDatabase::create(server, "authority_to");
        let refused = cli.run(["restore", "a.pgark", "-d", &target.conninfo(), "--yes", "-j1"]);
        assert_eq!(refused.code, Some(12), "{}", refused.stderr);
        let wanted =
            "room for locks: 1802 locks for one table with its partitions or children over 2 sessions";
        assert!(refused.stderr.contains(wanted), "{}", refused.stderr);
        assert!(refused.stderr.contains("in a lock table for 300 ("), "{}", refused.stderr);
        assert!(
            refused.stderr.contains("ALTER SYSTEM SET max_locks_per_transaction = "),
            "{}",
            refused.stderr
        );
        // It is true, also where the server's spare shared memory takes in several hundred more.
        let failed = source.try_sql("begin; analyze p").unwrap_err();
        assert!(failed.contains("out of shared memory"), "{failed}");
    }
}
