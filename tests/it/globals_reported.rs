//! What a restore of globals does not do: change what is there, lose passwords, stop half-way.

use serde_json::Value;

use crate::globals::{cluster_settings, dump, globals, location, restore, run, source};
use crate::support::{Cluster, LabelProvider, Outcome, TestCli, TestDatabase, TestServer, diff, password};

/// The statements that a restore says to run.
fn advice(outcome: &Outcome) -> Vec<String> {
    let summary: Value = serde_json::from_str(outcome.stdout.trim()).unwrap();
    let failed = summary["failed"].as_array().unwrap().iter();
    let reasons = failed.map(|failure| failure["reason"].as_str().unwrap());
    reasons.filter_map(|reason| Some(reason.split_once("as in the archive: ")?.1.to_owned())).collect()
}

#[test]
fn what_differs_is_said_with_the_statements_that_end_it() {
    let Some(cluster) = source(18) else { return };
    let (server, cli) = (cluster.server(), TestCli::new());
    dump(&cli, server);
    let wanted = globals(server);
    let settings = cluster_settings(server);
    run(
        server,
        r#"
        alter role plain login connection limit 5 valid until '2040-01-01';
        alter role plain set work_mem = '9MB';
        alter role plain reset my.custom;
        alter role all set my.everybody = 'other';
        comment on role plain is 'other';
        revoke leaders from fourth granted by first;
        revoke inherit option for leaders from fourth;
        revoke set on parameter work_mem from plain;
        alter tablespace "Fast 'er" owner to postgres;
        alter tablespace "Fast 'er" set (seq_page_cost = 9, effective_io_concurrency = 3);
        alter tablespace "Fast 'er" reset (random_page_cost);
        comment on tablespace "Fast 'er" is null;
        revoke create on tablespace "Fast 'er" from plain cascade;
        alter role postgres connection limit 50"#,
    );
    let before = globals(server);
    let outcome = restore(&cli, server, "--globals-only");
    assert_eq!(outcome.code, Some(3), "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(diff(&before, &globals(server)), [""; 0], "nothing is changed");
    let advice = advice(&outcome);
    assert!(advice.len() >= 8, "{advice:#?}");
    assert!(
        advice.contains(
            &"ALTER ROLE plain WITH NOLOGIN CONNECTION LIMIT -1 VALID UNTIL 'infinity'; \
            COMMENT ON ROLE plain IS 'it''s \"plain\"';"
                .to_owned()
        ),
        "{advice:#?}"
    );
    // The superuser of a cluster is its own: that is a warning, and no reason to fail.
    assert!(
        outcome.stderr.contains("warning    role postgres: connection limit 50 there"),
        "{}",
        outcome.stderr
    );
    assert!(!advice.iter().any(|sql| sql.contains("ROLE postgres")), "{advice:#?}");
    assert_eq!(
        outcome.stderr.matches("role postgres: connection limit 50 there").count(),
        1,
        "{}",
        outcome.stderr
    );

    run(server, &advice.join("\n"));
    assert_eq!(restore(&cli, server, "--globals-only").code, Some(0));
    // VALID UNTIL has no way back to nothing, and a new setting comes last.
    let sorted = |text: &str| {
        let text = text.replace(" VALID UNTIL 'infinity'", "");
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        lines.join("\n")
    };
    assert_eq!(diff(&sorted(&wanted), &sorted(&globals(server))), [""; 0]);
    assert_eq!(cluster_settings(server), settings);

    // A hash that differs is not shown to whoever reads the log.
    run(server, "alter role old_hash password 'other'");
    let outcome = restore(&cli, server, "--globals-only");
    assert_eq!(outcome.code, Some(3));
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(said.contains("role old_hash") && said.contains("another password"), "{said}");
    assert!(!said.contains("SCRAM-SHA") && !said.contains("md5"), "{said}");
}

#[test]
fn an_older_server_says_what_it_cannot_hold() {
    let (Some(source), Some(target)) = (source(18), Cluster::of(12)) else { return };
    let cli = TestCli::new();
    run(source.server(), "grant pg_maintain to dated");
    dump(&cli, source.server());
    let outcome = restore(&cli, target.server(), "--globals-only");
    assert_eq!(outcome.code, Some(3), "{}{}", outcome.stdout, outcome.stderr);
    for expected in [
        "membership of role dated in role pg_maintain: left alone: PostgreSQL 12 has no predefined role pg_maintain",
        "privileges on parameter work_mem: left alone: PostgreSQL 12 has none",
        "membership of role second in role leaders: left alone: PostgreSQL 12 has no SET FALSE",
    ] {
        assert!(outcome.stderr.contains(expected), "{expected}\n{}", outcome.stderr);
    }
    let members = "select count(*) from pg_auth_members where roleid = 'leaders'::regrole";
    // team, third, first and fourth; second would get more than it had.
    assert_eq!(run(target.server(), members).trim(), "4");
}

/// A cluster in which nothing of an attempt is left.
fn is_untouched(server: &TestServer) -> bool {
    let count = "select (select count(*) from pg_roles where rolname !~ '^pg_')
        + (select count(*) from pg_tablespace) + (select count(*) from pg_db_role_setting)";
    run(server, count).trim() == "3"
}

#[test]
fn an_error_leaves_nothing_behind() {
    let (Some(source), Some(target)) = (source(16), Cluster::of(16)) else { return };
    let (folder, target, cli) = (location(&source), target.server(), TestCli::new());
    let postgres = target.conninfo("postgres");
    dump(&cli, source.server());

    // The folder of a tablespace is the administrator's business: known before the first write.
    run(source.server(), "drop tablespace \"Fast 'er\"");
    run(source.server(), &format!("copy (select) to program 'cat > /dev/null; mv {folder} {folder}.away'"));
    let refused = restore(&cli, target, "--globals-only");
    assert_eq!(refused.code, Some(12), "{}", refused.stderr);
    assert!(
        refused.stderr.contains(&format!("folder \"{folder}\" on the server (tablespace Fast 'er)")),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("hint:  make the folder"), "{}", refused.stderr);
    assert!(is_untouched(target));
    run(source.server(), &format!("copy (select) to program 'cat > /dev/null; mv {folder}.away {folder}'"));

    // A truncated pipe is noticed before the first write, too.
    let archive = std::fs::read(cli.path("a.pgark")).unwrap();
    for (bytes, code) in [(archive.len() - 300, 4), (archive.len(), 0)] {
        if code == 0 {
            // Who may make roles may not make superusers: roles that were made before are gone again.
            run(target, "create role maker createrole login");
            let maker = target.conninfo_as("maker", "postgres");
            let refused = cli.run(["restore", "a.pgark", "-d", &maker, "--yes", "--globals-only"]);
            assert_eq!(refused.code, Some(7), "{}", refused.stderr);
            assert!(refused.stderr.contains("cannot restore role mighty"), "{}", refused.stderr);
            assert!(
                refused.stderr.contains("statement: CREATE ROLE mighty WITH SUPERUSER"),
                "{}",
                refused.stderr
            );
            assert!(
                refused.stderr.contains("PASSWORD …") && !refused.stderr.contains("SCRAM-"),
                "{}",
                refused.stderr
            );
            run(target, "drop role maker");
            assert!(is_untouched(target));
        }
        std::fs::write(cli.path("piped"), &archive[..bytes]).unwrap();
        let mut command = cli.command(["restore", "-", "-d", &postgres, "--yes", "--globals-only"]);
        command.stdin(std::fs::File::open(cli.path("piped")).unwrap());
        let status = command.output().unwrap();
        let said = String::from_utf8_lossy(&status.stderr);
        assert_eq!(status.status.code(), Some(code), "{said}");
        assert_eq!(is_untouched(target), code != 0, "{said}");
    }
}

#[test]
fn going_on_makes_what_can_be_made() {
    let (Some(source), Some(target)) = (source(16), Cluster::of(16)) else { return };
    let (target, cli) = (target.server(), TestCli::new());
    dump(&cli, source.server());
    run(source.server(), "drop tablespace \"Fast 'er\"");
    run(target, "create role maker createrole createdb login");
    let maker = target.conninfo_as("maker", "postgres");
    let outcome =
        cli.run(["restore", "a.pgark", "-d", &maker, "--yes", "--globals-only", "--keep-going", "--json"]);
    assert_eq!(outcome.code, Some(3), "{}{}", outcome.stdout, outcome.stderr);
    for lost in ["role mighty", "tablespace inside", "privileges on parameter work_mem", "pg_monitor"] {
        assert!(outcome.stderr.contains(lost), "{lost}: {}", outcome.stderr);
    }
    // The comment and the settings are there, and what the bootstrap superuser granted is granted by the maker.
    assert_eq!(
        run(target, "select shobj_description('plain'::regrole, 'pg_authid')").trim(),
        "it's \"plain\""
    );
    let grantor = "select grantor::regrole from pg_auth_members
        where roleid = 'team'::regrole and member = 'plain'::regrole";
    assert_eq!(run(target, grantor).trim(), "maker");
    // No superuser sees hashes: that they could not be compared is said.
    let again = cli.run(["restore", "a.pgark", "-d", &maker, "--yes", "--globals-only", "--keep-going"]);
    assert!(again.stderr.contains("same passwords only superusers may see"), "{}", again.stderr);
    assert!(!again.stderr.contains("membership of role plain in role team"), "{}", again.stderr);
}

#[test]
fn security_labels_need_their_provider() {
    let (Some(source), Some(target)) = (source(16), Cluster::of(16)) else { return };
    let (source, target, cli) = (source.server(), target.server(), TestCli::new());
    let Some(provider) = LabelProvider::of(source) else { return };
    let load = format!("alter database postgres set session_preload_libraries = '{}'", provider.library());
    run(source, &load);
    run(
        source,
        "security label for pgark_label on role plain is 'it''s secret';
        security label for pgark_label on tablespace inside is 'open'",
    );
    dump(&cli, source);
    let wanted = globals(source);
    run(source, "drop tablespace \"Fast 'er\"");
    let refused = restore(&cli, target, "--globals-only");
    assert_eq!(refused.code, Some(12), "{}", refused.stderr);
    assert!(refused.stderr.contains("provider \"pgark_label\" of security labels"), "{}", refused.stderr);
    assert!(is_untouched(target));

    run(target, &load);
    let restored = restore(&cli, target, "--globals-only");
    assert_eq!(restored.code, Some(0), "{}", restored.stderr);
    assert_eq!(diff(&wanted, &globals(target)), [""; 0]);
    let labels = "select count(*) from pg_shseclabel where provider = 'pgark_label'";
    assert_eq!(run(target, labels).trim(), "2");

    run(target, "security label for pgark_label on role plain is 'open'");
    let differs = restore(&cli, target, "--globals-only");
    assert_eq!(differs.code, Some(3), "{}", differs.stderr);
    assert!(differs.stderr.contains("SECURITY LABEL FOR pgark_label ON ROLE plain IS 'it''s secret';"));
    let conninfo = target.conninfo("postgres");
    cli.succeed(["restore", "a.pgark", "-d", &conninfo, "--yes", "--globals-only", "--no-security-labels"])
        .unwrap();
}

#[test]
fn only_who_may_read_passwords_dumps_them() {
    // Not a server of all tests: tablespaces that others drop meanwhile cannot be read.
    let Some(cluster) = Cluster::start() else { return };
    let (database, cli) = (TestDatabase::create(cluster.server(), "globals"), TestCli::new());
    let secret = database.role("secret", "login password 'geheim'");
    let user = database.role("user", &format!("login password '{}'", password()));
    let conninfo = cluster.server().conninfo_as(&user, database.name());

    let refused = cli.run(["dump", &conninfo, "-f", "a.pgark", "--globals", "--role-passwords"]);
    assert_eq!(refused.code, Some(7), "{}", refused.stderr);
    assert!(refused.stderr.contains(&format!("\"{user}\" may not read the passwords")), "{}", refused.stderr);
    assert!(!cli.path("a.pgark").exists());

    cli.succeed(["dump", &conninfo, "-f", "a.pgark", "--globals"]).unwrap();
    let sql = cli.succeed(["schema", "a.pgark", "--globals", "--role-passwords"]).unwrap().stdout;
    assert!(sql.contains(&format!("CREATE ROLE {secret} WITH")) && !sql.contains("PASSWORD"), "{sql}");
    assert!(sql.contains("-- Without passwords"), "{sql}");

    // A superuser's dump has them, and shows them only when asked.
    let all = ["dump", &database.conninfo(), "-f", "b.pgark", "--globals", "--role-passwords"];
    cli.succeed(all).unwrap();
    for (arguments, shown) in [
        (&["schema", "b.pgark", "--globals", "--role-passwords"][..], true),
        (&["schema", "b.pgark", "--globals"], false),
        (&["list", "b.pgark", "--json"], false),
        (&["info", "b.pgark", "--json"], false),
    ] {
        let text = cli.succeed(arguments).unwrap().stdout;
        assert!(text.contains(&secret), "{arguments:?}: {text}");
        assert_eq!(text.contains("SCRAM-SHA-256$"), shown, "{arguments:?}: {text}");
    }
    let toc = cli.succeed(["list", "b.pgark", "--toc"]).unwrap().stdout;
    assert!(toc.lines().any(|line| line.contains("globals") && line.contains(&secret)), "{toc}");
    let info = cli.succeed(["info", "b.pgark"]).unwrap().stdout;
    assert!(info.contains("roles with passwords"), "{info}");
}

#[test]
fn a_dump_without_globals_has_none() {
    let Some(server) = TestServer::newest() else { return };
    let (database, cli) = (TestDatabase::create(&server, "bare"), TestCli::new());
    cli.succeed(["dump", &database.conninfo(), "-f", "a.pgark"]).unwrap();
    assert!(!cli.succeed(["info", "a.pgark", "--json"]).unwrap().stdout.contains("globals"));
    for arguments in [
        &["restore", "a.pgark", "-d", &database.conninfo(), "--yes", "--globals"][..],
        &["restore", "a.pgark", "-d", &database.conninfo(), "--yes", "--globals-only"],
        &["schema", "a.pgark", "--globals"],
    ] {
        let outcome = cli.run(arguments);
        assert_eq!(outcome.code, Some(12), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("the archive has no globals"), "{}", outcome.stderr);
    }
}
