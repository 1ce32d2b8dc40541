//! Roles, memberships, settings, parameters and tablespaces move from cluster to cluster; pg_dumpall 18 is the judge.
//!
//! All of this belongs to a cluster, so each test has clusters of its own.

use crate::support::{Cluster, Outcome, TestCli, TestServer, diff, oracle_globals, psql};

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
copy (select) to program 'cat > /dev/null; mkdir -m 700 FOLDER';
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
pub fn source(major: u16) -> Option<Cluster> {
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

pub fn location(cluster: &Cluster) -> String {
    cluster.folder().join("run/space").display().to_string()
}

pub fn run(server: &TestServer, sql: &str) -> String {
    psql(server, "postgres", sql).unwrap_or_else(|error| panic!("{} on {}", error, server.major))
}

/// What pg_dumpall says, but for the password that each cluster's superuser got from initdb.
pub fn globals(server: &TestServer) -> String {
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
pub fn cluster_settings(server: &TestServer) -> String {
    run(server, "select setconfig from pg_db_role_setting where setrole = 0 and setdatabase = 0")
}

pub fn dump(cli: &TestCli, server: &TestServer) {
    let arguments = ["dump", &server.conninfo("postgres"), "-f", "a.pgark", "--globals", "--role-passwords"];
    cli.succeed(arguments).unwrap();
}

pub fn restore(cli: &TestCli, server: &TestServer, how: &str) -> Outcome {
    cli.run(["restore", "a.pgark", "-d", &server.conninfo("postgres"), "--yes", how, "--json"])
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

/// `-C`: the database belongs to a role that comes with it, in a tablespace that comes with it.
#[test]
fn a_database_is_made_after_its_owner_and_its_tablespace() {
    let (Some(source), Some(target)) = (source(16), Cluster::of(16)) else { return };
    let cli = TestCli::new();
    run(source.server(), "create database owned owner plain tablespace inside");
    let conninfo = source.server().conninfo("owned");
    cli.succeed(["dump", &conninfo, "-f", "a.pgark", "--globals", "--role-passwords"]).unwrap();
    let wanted = globals(source.server());
    run(source.server(), "drop tablespace \"Fast 'er\"");
    let to = target.server().conninfo("postgres");
    cli.succeed(["restore", "a.pgark", "-d", &to, "--yes", "-C", "--globals"]).unwrap();
    let facts = "select pg_get_userbyid(datdba), spcname from pg_database d join pg_tablespace t
        on t.oid = d.dattablespace where datname = 'owned'";
    assert_eq!(run(target.server(), facts).trim(), "plain|inside");
    assert_eq!(diff(&wanted, &globals(target.server())), [""; 0]);
    assert_eq!(cluster_settings(target.server()), cluster_settings(source.server()));
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
