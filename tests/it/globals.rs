//! Roles, memberships, settings, parameters and tablespaces move from cluster to cluster; pg_dumpall 18 is the judge.
//!
//! All of this belongs to a cluster, so each test has clusters of its own.

use serde_json::Value;

use crate::support::{
    Cluster, Outcome, TestCli, TestDatabase, TestServer, diff, oracle_globals, password, psql,
};

/// What every version has. `folder` is for a tablespace.
const ROLES: &str = r#"
create role "Größe ""x"" 'y' @" login connection limit 7 valid until 'infinity' password 'geheim 1';
create role plain nologin;
create role dated login noinherit valid until '2031-02-03 04:05:06.5+07';
create role mighty superuser createrole createdb replication bypassrls connection limit 0 password 'geheim 3';
set password_encryption = 'md5';
create role old_hash login password 'geheim 2';
reset password_encryption;
create role team;
create role leaders;
comment on role plain is 'it''s "plain"';

alter role plain set search_path = 'a b', "$user", public;
alter role plain set work_mem = '3MB';
alter role plain set my.custom = 'x, y';
alter role plain set role = 'team';
alter role "Größe ""x"" 'y' @" set datestyle = 'SQL, DMY';
alter role all set temp_tablespaces = 'pg_default', '';
alter role all set my.everybody = 'it''s';
alter role plain in database postgres set enable_seqscan = off;
alter database postgres set enable_hashjoin = off;

grant team to "Größe ""x"" 'y' @" with admin option;
grant team to plain;
grant leaders to team;
grant team to dated;
grant pg_monitor to dated with admin option;
grant plain to postgres;
"#;

/// Chains of grantors.
const ROLES_16: &str = r#"
create role first; create role second; create role third; create role fourth;
grant leaders to third with admin option;
grant leaders to second with admin true, inherit false, set false granted by third;
grant leaders to first with admin true granted by second;
grant leaders to fourth granted by first;
grant leaders to fourth with inherit false, set true granted by third;
grant leaders to fourth with set false;
"#;

const PARAMETERS: &str = r#"
grant set, alter system on parameter work_mem to plain;
grant set on parameter "DateStyle" to public;
grant alter system on parameter my.parameter to "Größe ""x"" 'y' @";
grant set on parameter log_min_messages to plain with grant option;
set session authorization plain;
grant set on parameter log_min_messages to dated;
reset session authorization;
"#;

const TABLESPACES: &str = r#"
\set folder FOLDER
copy (select) to program 'mkdir -m 700 FOLDER';
create tablespace "Fast 'er" owner mighty location :'folder';
alter tablespace "Fast 'er" set (seq_page_cost = 2, random_page_cost = 1.5);
grant create on tablespace "Fast 'er" to plain with grant option;
set session authorization plain;
grant create on tablespace "Fast 'er" to dated;
reset session authorization;
comment on tablespace "Fast 'er" is 'it''s';
set allow_in_place_tablespaces = on;
create tablespace inside location '';
create table kept tablespace inside as select 1 as one;
alter table kept owner to plain;
grant select on kept to team;
revoke all on tablespace inside from postgres;
"#;

/// A cluster with something of everything.
fn source(major: u16) -> Option<Cluster> {
    let cluster = Cluster::of(major)?;
    let mut sql = ROLES.to_owned();
    if major >= 15 {
        sql.push_str(PARAMETERS);
    }
    if major >= 16 {
        sql.push_str(ROLES_16);
    }
    sql.push_str(&TABLESPACES.replace("FOLDER", &location(&cluster)));
    run(cluster.server(), &sql);
    Some(cluster)
}

fn location(cluster: &Cluster) -> String {
    cluster.folder().join("run/space").display().to_string()
}

fn run(server: &TestServer, sql: &str) -> String {
    psql(server, "postgres", sql).unwrap_or_else(|error| panic!("{} on {}", error, server.major))
}

/// What pg_dumpall says, but for the password that each cluster's superuser got from initdb.
fn globals(server: &TestServer) -> String {
    let text = oracle_globals(server).unwrap();
    let kept = text.lines().filter(|line| !line.starts_with("ALTER ROLE postgres WITH"));
    kept.collect::<Vec<_>>().join("\n")
}

/// The same in the words of every version: before 16 nobody says INHERIT, and nobody says who granted. Before 15 there is
/// no chapter for parameters.
fn plain_globals(server: &TestServer) -> String {
    let text = globals(server);
    let mut text = text.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    for (long, short) in [
        (" GRANTED BY postgres", ""),
        (", INHERIT TRUE", ""),
        (", INHERIT FALSE", ""),
        (" WITH INHERIT TRUE", ""),
        (" WITH INHERIT FALSE", ""),
    ] {
        text = text.replace(long, short);
    }
    text
}

/// `ALTER ROLE ALL SET`, which pg_dumpall does not know.
fn cluster_settings(server: &TestServer) -> String {
    run(server, "select setconfig from pg_db_role_setting where setrole = 0 and setdatabase = 0")
}

fn dump(cli: &TestCli, server: &TestServer) {
    let arguments = ["dump", &server.conninfo("postgres"), "-f", "a.pgark", "--globals", "--role-passwords"];
    cli.succeed(arguments).unwrap();
}

fn restore(cli: &TestCli, server: &TestServer, how: &str) -> Outcome {
    cli.run(["restore", "a.pgark", "-d", &server.conninfo("postgres"), "--yes", how, "--json"])
}

/// The statements that a restore says to run.
fn advice(outcome: &Outcome) -> Vec<String> {
    let summary: Value = serde_json::from_str(outcome.stdout.trim()).unwrap();
    let failed = summary["failed"].as_array().unwrap().iter();
    let reasons = failed.map(|failure| failure["reason"].as_str().unwrap());
    reasons.filter_map(|reason| Some(reason.split_once("as in the archive: ")?.1.to_owned())).collect()
}

/// Whether a role may log in over TCP with this password.
fn may_log_in(server: &TestServer, role: &str, password: &str) -> bool {
    let role = role.replace('\'', "\\'");
    let conninfo = format!(
        "host=127.0.0.1 port={} dbname=template1 user='{role}' password='{password}' options='-c search_path='",
        server.port
    );
    let conninfo = conninfo.replace('"', "\"\"");
    psql(server, "template1", &format!("\\connect \"{conninfo}\"\nselect 1")).is_ok()
}

/// From one cluster to another: everything arrives, passwords work, and the second time there is nothing to do.
fn moves(from: u16, to: u16) {
    let (Some(source), Some(target)) = (source(from), Cluster::of(to)) else { return };
    let (source, folder, target) = (source.server().clone(), location(&source), target.server().clone());
    let cli = TestCli::new();
    dump(&cli, &source);
    let wanted = if from == to { globals(&source) } else { plain_globals(&source) };
    let settings = cluster_settings(&source);
    if from == to {
        // The folder holds one tablespace of each version at most.
        run(&source, "drop tablespace \"Fast 'er\"");
    }
    assert!(wanted.contains("Größe") && wanted.contains("Fast 'er"), "{wanted}");

    // Settings of the database postgres come with it, so that pg_dumpall's silence about them is not all we know.
    let outcome = restore(&cli, &target, "--globals");
    assert_eq!(outcome.code, Some(0), "{from} to {to}: {}{}", outcome.stdout, outcome.stderr);
    let found = || if from == to { globals(&target) } else { plain_globals(&target) };
    assert_eq!(diff(&wanted, &found()), [""; 0], "{from} to {to}");
    assert_eq!(cluster_settings(&target), settings);
    let place = "select pg_tablespace_location(oid) from pg_tablespace where spcname ";
    assert_eq!(run(&target, &format!("{place} ~ 'Fast'")).trim(), folder);
    assert!(run(&target, &format!("{place} = 'inside'")).starts_with("pg_tblspc/"));
    let own =
        "select setconfig from pg_db_role_setting where setrole = 'plain'::regrole and setdatabase <> 0";
    assert_eq!(run(&target, own).trim(), "{enable_seqscan=off}");

    let hba = run(&target, "show hba_file");
    let lines = "select 'local all all trust' union all select 'host all all 127.0.0.1/32 md5'";
    run(&target, &format!("copy ({lines}) to '{}'; select pg_reload_conf(), pg_sleep(0.5)", hba.trim()));
    for (role, password) in [("Größe \"x\" 'y' @", "geheim 1"), ("old_hash", "geheim 2")] {
        assert!(may_log_in(&target, role, password), "{role} {from} to {to}");
        assert!(!may_log_in(&target, role, "wrong"), "{role} {from} to {to}");
    }

    let outcome = restore(&cli, &target, "--globals-only");
    assert_eq!(outcome.code, Some(0), "{from} to {to} again: {}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stderr.contains("globals    0 to create"), "{}", outcome.stderr);
    assert_eq!(diff(&wanted, &found()), [""; 0], "{from} to {to} again");
}

#[test]
fn globals_of_12_come_back() {
    moves(12, 12);
}

#[test]
fn globals_of_15_come_back() {
    moves(15, 15);
}

#[test]
fn globals_of_16_come_back() {
    moves(16, 16);
}

#[test]
fn globals_of_18_come_back() {
    moves(18, 18);
}

#[test]
fn globals_of_older_servers_move_to_newer_ones() {
    moves(12, 18);
    moves(15, 16);
    moves(16, 18);
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

#[test]
fn the_bootstrap_superuser_may_have_another_name() {
    let (Some(source), Some(target)) = (source(18), Cluster::of(18)) else { return };
    let (source, target, cli) = (source.server(), target.server(), TestCli::new());
    // Nobody can rename himself. What was granted by postgres is now granted by the_admin.
    run(source, "create role boss superuser login");
    run(
        source,
        "\\connect - boss
        alter role postgres rename to the_admin;
        \\connect - the_admin
        alter role boss rename to postgres",
    );
    cli.succeed(["dump", &source.conninfo("template1"), "-f", "a.pgark", "--globals"]).unwrap();
    run(source, "drop tablespace \"Fast 'er\"");

    let outcome = restore(&cli, target, "--globals-only");
    assert_eq!(outcome.code, Some(0), "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stderr.contains("without --role-passwords"), "{}", outcome.stderr);
    // The other superuser is a role as any other: objects that belong to him find their owner.
    assert_eq!(run(target, "select rolsuper from pg_roles where rolname = 'the_admin'").trim(), "t");
    let granted = "select count(*), bool_and(g.rolname = BOOTSTRAP) from pg_auth_members m
        join pg_roles g on g.oid = m.grantor where m.grantor = 10 and m.roleid >= 16384";
    let (wanted, found) =
        (granted.replace("BOOTSTRAP", "'the_admin'"), granted.replace("BOOTSTRAP", "'postgres'"));
    assert_eq!(run(source, &wanted), run(target, &found));
    let parameter = "select paracl from pg_parameter_acl where parname = 'work_mem'";
    assert_eq!(run(target, parameter).trim(), "{postgres=sA/postgres,plain=sA/postgres}");
    let outcome = restore(&cli, target, "--globals-only");
    assert_eq!(outcome.code, Some(0), "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stderr.contains("globals    0 to create"), "{}", outcome.stderr);
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
    run(source.server(), &format!("copy (select) to program 'mv {folder} {folder}.away'"));
    let refused = restore(&cli, target, "--globals-only");
    assert_eq!(refused.code, Some(12), "{}", refused.stderr);
    assert!(
        refused.stderr.contains(&format!("folder \"{folder}\" on the server (tablespace Fast 'er)")),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("hint:  make the folder"), "{}", refused.stderr);
    assert!(is_untouched(target));
    run(source.server(), &format!("copy (select) to program 'mv {folder}.away {folder}'"));

    // A truncated pipe is noticed before the first write, too.
    let archive = std::fs::read(cli.path("a.pgark")).unwrap();
    for (bytes, code) in [(archive.len() - 300, 4), (archive.len(), 0)] {
        if code == 0 {
            // Who may make roles may not make superusers: roles that were made before are gone again.
            run(target, "create role maker createrole login");
            let maker = postgres.replace("user=postgres", "user=maker");
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
    let maker = target.conninfo("postgres").replace("user=postgres", "user=maker");
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

/// What `pgark schema --globals` prints does the same.
#[test]
fn the_script_makes_the_same_cluster() {
    for major in [12, 18] {
        let (Some(source), Some(target)) = (source(major), Cluster::of(major)) else { return };
        let cli = TestCli::new();
        dump(&cli, source.server());
        let wanted = globals(source.server());
        run(source.server(), "drop tablespace \"Fast 'er\"");
        let script = cli.succeed(["schema", "a.pgark", "--globals", "--role-passwords"]).unwrap().stdout;
        run(target.server(), &script);
        assert_eq!(diff(&wanted, &globals(target.server())), [""; 0], "{major}");
        assert_eq!(cluster_settings(target.server()), cluster_settings(source.server()));
    }
}

/// No provider is installed with the test servers, so the labels are written into the catalog.
#[test]
fn security_labels_need_their_provider() {
    let (Some(source), Some(target)) = (source(18), Cluster::of(18)) else { return };
    let cli = TestCli::new();
    run(
        source.server(),
        "set allow_system_table_mods = on;
        insert into pg_shseclabel values
            ('plain'::regrole, 'pg_authid'::regclass, 'dummy', 'it''s secret'),
            ((select oid from pg_tablespace where spcname = 'inside'), 'pg_tablespace'::regclass, 'dummy', 't')",
    );
    dump(&cli, source.server());
    let script = cli.succeed(["schema", "a.pgark", "--globals"]).unwrap().stdout;
    assert!(script.contains("SECURITY LABEL FOR dummy ON ROLE plain IS 'it''s secret';"), "{script}");
    assert!(script.contains("SECURITY LABEL FOR dummy ON TABLESPACE inside IS 't';"), "{script}");
    let refused = restore(&cli, target.server(), "--globals-only");
    assert_eq!(refused.code, Some(12), "{}", refused.stderr);
    assert!(refused.stderr.contains("provider \"dummy\" of security labels"), "{}", refused.stderr);
    run(source.server(), "drop tablespace \"Fast 'er\"");
    let conninfo = target.server().conninfo("postgres");
    let without = ["restore", "a.pgark", "-d", &conninfo, "--yes", "--globals-only", "--no-security-labels"];
    cli.succeed(without).unwrap();
    cli.succeed(without).unwrap();
}

#[test]
fn only_who_may_read_passwords_dumps_them() {
    let Some(server) = TestServer::newest() else { return };
    let (database, cli) = (TestDatabase::create(&server, "globals"), TestCli::new());
    let secret = database.role("secret", "login password 'geheim'");
    let user = database.role("user", &format!("login password '{}'", password()));
    let conninfo = database.conninfo().replace("user=postgres", &format!("user={user}"));

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
