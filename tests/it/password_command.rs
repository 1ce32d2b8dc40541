//! `--password-command` with real servers and SCRAM, and where passwords go.

use crate::support::{Background, TestCli, TestDatabase, TestServer, psql};

/// A database, a role with the password `first`, and how to reach it so that a password is asked for.
fn arranged(server: &TestServer) -> (TestDatabase, String, String) {
    let database = TestDatabase::create(server, "token");
    let role = database.role("token", "login superuser password 'first'");
    database.sql("create table t (a int)");
    let conninfo = format!("host=127.0.0.1 port={} user='{role}' dbname={}", server.port, database.name());
    (database, role, conninfo)
}

/// A command that notes each run, and prints what is in the file `token`.
const COMMAND: &str = "echo run >> runs; cat token";

fn runs(cli: &TestCli) -> usize {
    std::fs::read_to_string(cli.path("runs")).unwrap_or_default().lines().count()
}

fn dump(conninfo: &str, command: &str) -> [String; 8] {
    ["dump", conninfo, "-f", "x.pgark", "--force", "-j3", "--password-command", command].map(str::to_owned)
}

#[test]
fn what_a_command_prints_is_the_password() {
    for server in TestServer::all() {
        let (_database, _, conninfo) = arranged(&server);
        let cli = TestCli::new().env("PGPASSWORD", "wrong");
        std::fs::write(cli.path("token"), "first\nand what else there is to say").unwrap();
        cli.succeed(dump(&conninfo, COMMAND)).unwrap();
        assert_eq!(runs(&cli), 1, "one run serves sessions that begin together");
        let other = TestDatabase::create(&server, "token_target");
        let target = format!("{conninfo} dbname={}", other.name());
        cli.succeed(["restore", "x.pgark", "-d", &target, "--yes", "--password-command", COMMAND]).unwrap();
        assert_eq!(runs(&cli), 2);
    }
}

#[test]
fn a_command_that_fails_is_named_and_not_shown() {
    let Some(server) = TestServer::newest() else { return };
    let (_database, _, conninfo) = arranged(&server);
    let cli = TestCli::new();
    for (command, cause) in [
        ("echo s3cret; echo s3cret >&2; exit 3", "password command failed with exit code 3"),
        ("no-such-program s3cret", "password command failed with exit code 127"),
        ("echo s3cret >&2", "password command printed nothing"),
        ("echo s3cret", "password authentication failed"),
    ] {
        let outcome = cli.run(dump(&conninfo, command));
        assert_eq!(outcome.code, Some(7), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(cause) && outcome.stderr.contains("hint:"), "{}", outcome.stderr);
        assert!(!(outcome.stdout + &outcome.stderr).contains("s3cret"), "{command}");
    }
    std::fs::write(cli.path("token"), "wrong").unwrap();
    let outcome = cli.run(dump(&conninfo, COMMAND));
    assert!(outcome.stderr.contains("password from --password-command"), "{}", outcome.stderr);
    assert_eq!(runs(&cli), 1, "a fresh password that is wrong is not asked for again");
    let both = cli.run(["dump", &conninfo, "-f", "x", "-W", "--password-command", "true"]);
    assert_eq!(both.code, Some(2), "{}", both.stderr);
}

#[test]
fn a_token_that_has_expired_is_renewed_for_late_sessions() {
    for server in TestServer::all() {
        let (database, role, conninfo) = arranged(&server);
        let cli = TestCli::new();
        std::fs::write(cli.path("token"), "first").unwrap();
        let holder = Background::run(&database, "begin; lock table t; select pg_sleep(100)");
        let is = |what: &str| {
            format!(
                "select exists (select from pg_locks where {what} \
            and database = (select oid from pg_database where datname = '{}'))",
                database.name()
            )
        };
        holder.wait_until(&is("mode = 'AccessExclusiveLock' and granted"));
        let dumping = cli.spawn(dump(&conninfo, COMMAND));
        // The first session is inside, and the others wait for its locks.
        holder.wait_until(&is("mode = 'AccessShareLock' and not granted"));
        psql(&server, "postgres", &format!("alter role \"{role}\" password 'second'")).unwrap();
        std::fs::write(cli.path("token"), "second").unwrap();
        drop(holder);
        let outcome = dumping.wait();
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        assert_eq!(runs(&cli), 2, "{}", server.major);
    }
}

#[test]
fn a_password_on_the_way_to_a_stranger_is_a_warning_once() {
    let cli = TestCli::new().env("PGPASSWORD", "s3cret").env("PGCONNECT_TIMEOUT", "1");
    let warnings = |conninfo: &str| {
        let outcome = cli.run(["dump", conninfo, "-f", "x.pgark"]);
        assert!(!outcome.stderr.contains("s3cret"), "{}", outcome.stderr);
        outcome.stderr.matches("the password goes to").count()
    };
    // An address for documentation: nobody answers there.
    for (conninfo, expected) in [
        ("host=198.51.100.7", 1),
        ("host=198.51.100.7,198.51.100.8 sslmode=require", 1),
        ("host=198.51.100.7 sslmode=verify-full sslrootcert=system", 0),
        ("host=198.51.100.7 channel_binding=require", 0),
        ("host=127.0.0.1 port=1", 0),
        ("host=localhost port=1", 0),
        ("host=/nowhere", 0),
    ] {
        assert_eq!(warnings(conninfo), expected, "{conninfo}");
    }
    let cli = TestCli::new().env("PGPASSWORD", "").env("PGCONNECT_TIMEOUT", "1");
    let outcome = cli.run(["dump", "host=198.51.100.7", "-f", "x.pgark"]);
    assert!(!outcome.stderr.contains("the password goes to"), "there is none: {}", outcome.stderr);
}
