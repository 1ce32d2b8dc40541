//! Bad input against a server: the exit code, the object's name, and the next step.

use crate::archive_sample::Sample;
use crate::cli_lock::LockHolder;
use crate::support::{TestCli, TestDatabase, TestServer};

/// Runs, and wants this exit code and all these words on stderr.
#[track_caller]
fn fails(cli: &TestCli, arguments: &[&str], code: i32, words: &[&str]) -> String {
    let outcome = cli.run(arguments);
    assert_eq!(outcome.code, Some(code), "{arguments:?}: {}{}", outcome.stdout, outcome.stderr);
    for word in words {
        assert!(outcome.stderr.contains(word), "{arguments:?}: no `{word}` in\n{}", outcome.stderr);
    }
    assert!(outcome.stderr.lines().any(|line| line.starts_with("error: ")), "{}", outcome.stderr);
    outcome.stderr
}

/// A database with two tables, dumped into `a.pgark`.
fn dumped(server: &TestServer) -> (TestCli, TestDatabase) {
    let source = TestDatabase::create(server, "source");
    source
        .sql("create table orders (id int primary key); insert into orders select generate_series(1, 100);");
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    (cli, source)
}

fn is_empty(database: &TestDatabase) -> bool {
    database.sql("select count(*) from pg_class where oid >= 16384 and relnamespace = 'public'::regnamespace")
        == "0\n"
}

fn conninfo_as(database: &TestDatabase, role: &str) -> String {
    let server = database.server();
    format!("host={} port={} user={role} dbname={}", server.host, server.port, database.name())
}

#[test]
fn no_server_listens() {
    let cli = TestCli::new();
    fails(
        &cli,
        &["dump", "-h", "127.0.0.1", "-p", "1", "-U", "me", "app", "-f", "x.pgark"],
        6,
        &[
            "cannot connect to me@127.0.0.1:1/app",
            "cause: connection to",
            "pg_isready -h 127.0.0.1 -p 1 -U me",
        ],
    );
    fails(
        &cli,
        &["dump", "-h", "/nowhere", "app", "-U", "me", "-f", "x.pgark"],
        6,
        &["/nowhere", "name the host with -h"],
    );
    fails(
        &cli,
        &["dump", "-h", "no.such.host.invalid", "app", "-f", "x.pgark"],
        6,
        &["no.such.host.invalid", "hint:  check the host name"],
    );
    assert!(!cli.path("x.pgark").exists() && !cli.path("x.pgark.partial").exists());
}

#[test]
fn a_wrong_password_is_named_with_its_origin() {
    let Some(server) = TestServer::newest() else { return };
    let target = format!("host=127.0.0.1 port={} user=postgres dbname=postgres", server.port);
    let cli = TestCli::new().env("PGPASSWORD", "wrong");
    let words = [
        "password authentication failed for user \"postgres\"",
        "SQLSTATE 28P01",
        "hint:  try: psql -h 127.0.0.1",
    ];
    let text = fails(&cli, &["dump", &target, "-f", "x"], 7, &words);
    assert!(text.contains("where: password from PGPASSWORD"), "{text}");
    let text = fails(&cli, &["dump", &format!("{target} password=nope"), "-f", "x"], 7, &words);
    assert!(text.contains("where: password from the connection string"), "{text}");
    assert!(!text.contains("nope"), "{text}");
    let cli = TestCli::new().env("PGPASSWORD", "");
    let text = fails(
        &cli,
        &["dump", &target, "-f", "x"],
        7,
        &["no password supplied", "PGPASSWORD, or in ~/.pgpass"],
    );
    assert!(text.contains("cannot connect to postgres@127.0.0.1"), "{text}");
    std::fs::write(cli.path("home/.pgpass"), "*:*:*:*:wrong\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(cli.path("home/.pgpass"), mode).unwrap();
    fails(&cli, &["dump", &target, "-f", "x"], 7, &[".pgpass\"", "correct the line of the password file"]);
}

#[test]
fn a_missing_database_comes_with_the_statement_that_makes_it() {
    let Some(server) = TestServer::newest() else { return };
    let (cli, _source) = dumped(&server);
    let missing = server.conninfo("pgark_no_such_db");
    fails(
        &cli,
        &["dump", &missing, "-f", "x"],
        7,
        &["\"pgark_no_such_db\" does not exist", "psql -h", " -l"],
    );
    let words = [
        "\"pgark_no_such_db\" does not exist",
        "CREATE DATABASE pgark_no_such_db WITH TEMPLATE = template0 ENCODING",
    ];
    fails(&cli, &["restore", "a.pgark", "-d", &missing, "--yes"], 7, &words);
}

#[test]
fn a_role_that_does_not_exist_cannot_log_in() {
    let Some(server) = TestServer::newest() else { return };
    let target = format!("host={} port={} user=pgark_nobody dbname=postgres", server.host, server.port);
    fails(&TestCli::new(), &["dump", &target, "-f", "x"], 7, &["role \"pgark_nobody\" does not exist", "-U"]);
}

#[test]
fn an_existing_file_is_kept() {
    let Some(server) = TestServer::newest() else { return };
    let (cli, source) = dumped(&server);
    let before = std::fs::read(cli.path("a.pgark")).unwrap();
    fails(&cli, &["dump", &source.conninfo(), "-f", "a.pgark"], 12, &["a.pgark exists already", "--force"]);
    assert_eq!(std::fs::read(cli.path("a.pgark")).unwrap(), before);
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark", "--force"]).unwrap();
    assert_ne!(std::fs::read(cli.path("a.pgark")).unwrap(), before);
    fails(&cli, &["dump", &source.conninfo(), "-f", "no/such/x.pgark"], 5, &["no/such", "mkdir -p no/such"]);
}

#[test]
fn a_bad_archive_changes_nothing_in_the_target() {
    let Some(server) = TestServer::newest() else { return };
    let target = TestDatabase::create(&server, "target");
    let cli = TestCli::new();
    let (bytes, _) = Sample::new(1).write();
    std::fs::write(cli.path("cut.pgark"), &bytes[..bytes.len() / 2]).unwrap();
    std::fs::write(cli.path("text.pgark"), "hello, hello, hello, hello").unwrap();
    let mut changed = bytes.clone();
    changed[200] ^= 1;
    std::fs::write(cli.path("changed.pgark"), &changed).unwrap();
    let cases: [(&str, i32, &[&str]); 4] = [
        ("missing.pgark", 5, &["missing.pgark does not exist"]),
        ("cut.pgark", 4, &["cut.pgark: the archive is truncated", "another copy"]),
        ("text.pgark", 4, &["text.pgark: this is not a pgark archive"]),
        ("changed.pgark", 4, &["changed.pgark: record 0 is damaged", "pgark verify changed.pgark"]),
    ];
    for (file, code, words) in cases {
        fails(&cli, &["restore", file, "-d", &target.conninfo(), "--yes"], code, words);
        assert!(is_empty(&target), "{file}");
    }
}

#[test]
fn a_target_that_is_not_empty_is_refused() {
    let Some(server) = TestServer::newest() else { return };
    let (cli, _source) = dumped(&server);
    let target = TestDatabase::create(&server, "target");
    target.sql("create table \"My Orders\" (id int)");
    let text = fails(
        &cli,
        &["restore", "a.pgark", "-d", &target.conninfo(), "--yes"],
        12,
        &[
            "the target database is not empty",
            "it has table public.\"My Orders\"",
            "CREATE DATABASE",
            "Plan  a.pgark",
        ],
    );
    assert!(text.find("Plan") < text.find("error:"), "{text}");
}

#[test]
fn nothing_is_restored_without_a_yes() {
    let Some(server) = TestServer::newest() else { return };
    let (cli, _source) = dumped(&server);
    let target = TestDatabase::create(&server, "target");
    fails(
        &cli,
        &["restore", "a.pgark", "-d", &target.conninfo()],
        12,
        &["not confirmed", "--yes", "Plan  a.pgark"],
    );
    let dry = cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--dry-run"]).unwrap();
    assert!(dry.stderr.contains("1 table, 100 rows"), "{}", dry.stderr);
    assert!(is_empty(&target));
}

#[test]
fn missing_roles_are_named_and_can_be_left_out() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "source");
    let role = source.role("owner", "");
    source.sql(&format!(
        "create table t (id int); alter table t owner to \"{role}\"; grant select on t to \"{role}\""
    ));
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    source.sql(&format!("drop owned by \"{role}\"; drop role \"{role}\""));
    let target = TestDatabase::create(&server, "target");
    fails(
        &cli,
        &["restore", "a.pgark", "-d", &target.conninfo(), "--yes"],
        12,
        &[
            "the target lacks what the archive needs",
            &format!("role \"{role}\" (table"),
            &format!("CREATE ROLE {role};"),
            "-O -x",
        ],
    );
    cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes", "-O", "-x"]).unwrap();
    assert_eq!(target.sql("select count(*) from t"), "0\n");
}

#[test]
fn a_locked_table_is_named_with_who_locks_it() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "source");
    source.sql("create table orders (id int)");
    let _holder = LockHolder::new(&source);
    let cli = TestCli::new();
    fails(
        &cli,
        &["dump", &source.conninfo(), "-f", "a.pgark", "--lock-wait-timeout", "300ms"],
        11,
        &[
            "could not lock",
            "orders",
            "cause: pid ",
            "AccessExclusiveLock",
            "select pg_sleep(60)",
            "--lock-wait-timeout",
        ],
    );
    assert!(!cli.path("a.pgark").exists() && !cli.path("a.pgark.partial").exists());
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "source");
    // Rows that do not compress.
    source.sql("create table t (x text); insert into t select sha512(i::text::bytea)::text from generate_series(1, 60000) i");
    let cli = TestCli::new();
    fails(&cli, &["dump", &source.conninfo(), "-f", "/dev/full"], 10, &["no space left", "-f"]);
    // A real file system, where the test may make one.
    let small = cli.path("small");
    std::fs::create_dir(&small).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(&small)
        .output()
        .is_ok_and(|output| output.status.success());
    if mounted {
        let outcome = cli.run(["dump", &source.conninfo(), "-f", "small/a.pgark"]);
        let left = std::fs::read_dir(&small).unwrap().count();
        let unmounted = std::process::Command::new("umount").arg(&small).status().unwrap();
        assert!(unmounted.success());
        assert_eq!((outcome.code, left), (Some(10), 0), "{}", outcome.stderr);
        assert!(
            outcome.stderr.contains("no space left") && outcome.stderr.contains("make room"),
            "{}",
            outcome.stderr
        );
    }
    assert_eq!(
        source.sql("select count(*) from pg_stat_activity where application_name like 'pgark %' and datname = current_database()"),
        "0\n"
    );
}

#[test]
fn a_table_that_may_not_be_read_is_named() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "source");
    let role = source.role("reader", "login");
    source.sql(&format!(
        "create table open (id int); create table secret (id int); grant select on open to \"{role}\""
    ));
    let cli = TestCli::new();
    fails(
        &cli,
        &["dump", &conninfo_as(&source, &role), "-f", "a.pgark"],
        7,
        &[
            "may not read 1 of what would be dumped",
            "cause: table public.secret",
            &format!("GRANT pg_read_all_data TO {role}"),
        ],
    );
    assert!(!cli.path("a.pgark").exists());
    source.sql(&format!("revoke all on open from \"{role}\""));
}

#[test]
fn row_security_that_would_hide_rows_is_an_error() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "source");
    let role = source.role("reader", "login");
    source.sql(&format!(
        "create table secret (id int); alter table secret enable row level security; \
         create policy p on secret using (id > 1); grant select on secret to \"{role}\""
    ));
    let cli = TestCli::new();
    fails(
        &cli,
        &["dump", &conninfo_as(&source, &role), "-f", "a.pgark"],
        7,
        &["secret", &format!("ALTER ROLE {role} BYPASSRLS")],
    );
    assert!(!cli.path("a.pgark").exists());
    source.sql(&format!("revoke all on secret from \"{role}\""));
}

#[test]
fn a_function_that_counts_on_a_search_path_is_told_apart_from_a_missing_table() {
    let Some(server) = TestServer::newest() else { return };
    let (source, target) = (TestDatabase::create(&server, "path"), TestDatabase::create(&server, "no_path"));
    source.sql(
        "create table factor as select 2 as f; create table t as select 1 as a;
        create function times(int) returns int immutable language plpgsql set search_path = public
            as 'begin return $1 * f from factor; end';
        create index on t (times(a)); alter function times(int) reset search_path",
    );
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let words = ["cannot restore index public.t_times_idx", "\"factor\" does not exist", "ALTER FUNCTION"];
    fails(&cli, &["restore", "a.pgark", "-d", &target.conninfo(), "--yes"], 9, &words);
}
