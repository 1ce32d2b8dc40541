//! Roles that are others on the target, missing there, or taken on for the work.

use std::path::Path;

use crate::support::{TestCli, TestDatabase, TestServer, diff, oracle_dump, psql, row_hashes};

/// Fixtures that can share a database: one of each kind that has an owner, and of what else names roles.
const FIXTURES: &[&str] = &[
    "acl",
    "aggregate",
    "base_type",
    "changed_acl",
    "composite",
    "conversion",
    "domain",
    "foreign_data_wrapper",
    "foreign_table",
    "function",
    "language",
    "large_object",
    "materialized_view",
    "operator",
    "operator_class",
    "operator_family",
    "policy",
    "publication",
    "range",
    "schema",
    "sequence",
    "shell_type",
    "statistics_object",
    "table",
    "ts_configuration",
    "ts_dictionary",
    "user_mapping",
    "view",
];

/// How many objects of each catalog, but for the server's own, belong to a role, name it or are granted to it.
fn dependents(database: &TestDatabase, role: &str) -> String {
    database.sql(&format!(
        "select d.classid::regclass, d.deptype, count(*) from pg_shdepend d
        where d.dbid = (select oid from pg_database where datname = current_database())
            and d.objid >= 16384 and d.refclassid = 'pg_authid'::regclass and d.refobjid = {}::regrole
        group by 1, 2 order by 1::text, 2",
        literal(&ident(role))
    ))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What pg_dump says with other roles.
fn renamed(dump: &str, pairs: &[(&str, String)]) -> String {
    let rename = |line: &str, (old, new): &(&str, String)| match line.starts_with("-- Name: ") {
        true => line
            .replace(&format!("Owner: {old}"), &format!("Owner: {new}"))
            .replace(&format!("FOR {old} "), &format!("FOR {new} "))
            .replace(&format!(" {old} SERVER"), &format!(" {new} SERVER")),
        false => {
            let quoted = if old.contains(' ') { ident(old) } else { (*old).to_owned() };
            line.replace(&quoted, &ident(new))
        }
    };
    let lines = dump
        .split_inclusive('\n')
        .map(|line| pairs.iter().fold(line.to_owned(), |line, pair| rename(&line, pair)));
    lines.collect()
}

#[test]
fn every_kind_of_object_gets_the_other_role() {
    for server in TestServer::all() {
        let (source, target) =
            (TestDatabase::create(&server, "map"), TestDatabase::create(&server, "map_to"));
        for fixture in FIXTURES {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/objects/{fixture}.sql"));
            source.run_sql_file(&file).unwrap_or_else(|error| panic!("{fixture}: {error}"));
        }
        source.sql(&format!(
            "alter default privileges for role pgark_owner grant select on tables to \"pgark Odd\"\"Role\";
            alter default privileges for role pgark_owner revoke execute on functions from public;
            alter default privileges for role pgark_reader in schema ac grant all on tables to pgark_owner;
            alter role pgark_owner in database {0} set work_mem = '3MB';
            alter role \"pgark Odd\"\"Role\" in database {0} set search_path = pgark_owner, \"$user\"",
            source.name()
        ));
        // In the order of the old ones: pg_dump sorts by some of them.
        let old = ["pgark Odd\"Role", "pgark_owner", "pgark_reader"];
        let mut numbers = 1..;
        let pairs =
            old.map(|old| (old, target.role(&format!("{} =b \u{e4} Role", numbers.next().unwrap()), "")));
        let words = pairs.iter().map(|(old, new)| format!("--map-role={}={}", ident(old), new));
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        let mut restore: Vec<String> = ["restore", "a.pgark", "--yes", "-d"].map(str::to_owned).to_vec();
        restore.push(target.conninfo());
        restore.extend(words);
        cli.succeed(&restore).unwrap_or_else(|error| panic!("{}: {error}", server.major));
        for (old, new) in &pairs {
            assert_eq!(dependents(&target, old), "", "{old} on {}", server.major);
            assert_eq!(dependents(&target, new), dependents(&source, old), "{new} on {}", server.major);
        }
        // It would not prove much otherwise.
        let owned = dependents(&source, "pgark_owner");
        assert!(owned.matches("|o|").count() >= 17, "{owned}");
        let wanted = renamed(&oracle_dump(&source).unwrap(), &pairs);
        // The roles of a policy come in any order.
        let ordered = |dump: &str| -> String {
            dump.split_inclusive('\n').filter(|line| !line.starts_with("CREATE POLICY ")).collect()
        };
        let differences = diff(&ordered(&wanted), &ordered(&oracle_dump(&target).unwrap()));
        assert!(differences.is_empty(), "on {}:\n{}", server.major, differences.join("\n"));
        let settings = "select r.rolname, s.setconfig from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
            where s.setdatabase = (select oid from pg_database where datname = current_database()) order by 1";
        assert_eq!(
            target.sql(settings),
            format!(
                "{}|{{\"search_path=pgark_owner, \\\"$user\\\"\"}}\n{}|{{work_mem=3MB}}\n",
                pairs[0].1, pairs[1].1
            )
        );

        // And nobody's, without owners and privileges.
        let plain = TestDatabase::create(&server, "map_plain");
        cli.succeed(["restore", "a.pgark", "--yes", "-O", "-x", "-d", &plain.conninfo()]).unwrap();
        for role in old {
            let rest = dependents(&plain, role);
            let is_said =
                |line: &str| line.starts_with("pg_user_mapping|o|") || line.starts_with("pg_policy|r|");
            assert!(rest.lines().all(is_said), "{role} on {}: {rest}", server.major);
        }
        // Those of large objects are with their owners.
        let rows = |database: &TestDatabase| {
            let mut rows = row_hashes(database).unwrap();
            rows.retain(|name, _| !name.starts_with("large object"));
            rows
        };
        assert_eq!(rows(&plain), rows(&source));
    }
}

/// An archive whose roles are not there any more: an owner, one who was granted and granted on, and one who was granted.
struct Gone {
    cli: TestCli,
    owner: String,
    lender: String,
    auditor: String,
}

impl Gone {
    fn new(server: &TestServer) -> Self {
        let source = TestDatabase::create(server, "gone");
        let [owner, lender, auditor] = ["Own=er", "lender", "Au ditor"].map(|name| source.role(name, ""));
        source.sql(&format!(
            "create schema app authorization \"{owner}\";
            set role \"{owner}\";
            grant usage on schema app to \"{lender}\";
            create table app.t (a int); insert into app.t values (1), (2);
            create table app.u (a int);
            grant select on app.t to \"{lender}\" with grant option;
            grant insert on app.t to \"{auditor}\", pgark_reader;
            alter default privileges in schema app grant select on tables to \"{auditor}\", pgark_reader;
            set role \"{lender}\";
            grant select on app.t to \"{auditor}\";",
        ));
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        Self { cli, owner, lender, auditor }
    }

    fn restore(&self, target: &TestDatabase, conninfo: &str, words: &[&str]) -> crate::support::Outcome {
        let outcome = self.cli.run([&["restore", "a.pgark", "--yes", "-d", conninfo][..], words].concat());
        if matches!(outcome.code, Some(0 | 3)) {
            assert_eq!(target.sql("select sum(a) from app.t").trim(), "3");
        }
        outcome
    }
}

/// Whose the table is, and what others may do with it.
fn acl(database: &TestDatabase) -> String {
    let sql = "select format('%s:%s', pg_get_userbyid(c.relowner), string_agg(format(' %s %s%s by %s',
            pg_get_userbyid(a.grantee), a.privilege_type, case when a.is_grantable then '*' end,
            pg_get_userbyid(a.grantor)), ',' order by a.privilege_type, pg_get_userbyid(a.grantee) collate \"C\"))
        from pg_class c left join lateral aclexplode(c.relacl) a on a.grantee <> c.relowner
        where c.oid = 'app.t'::regclass group by c.relowner";
    database.sql(sql).trim().to_owned()
}

#[test]
fn roles_that_are_missing_are_named_mapped_or_left_out() {
    for server in TestServer::all() {
        let gone = Gone::new(&server);
        let Gone { owner, lender, auditor, .. } = &gone;
        let target = |topic| TestDatabase::create(&server, topic);

        let to = target("refused");
        let new = to.role("new", "");
        let (map_owner, map_lender, map_auditor) = (
            format!("--map-role=\"{owner}\"={new}"),
            format!("--map-role={lender}={new}"),
            format!("--map-role={auditor}={new}"),
        );
        let refused = gone.restore(&to, &to.conninfo(), &[]);
        assert_eq!(refused.code, Some(12), "{}", refused.stderr);
        for word in
            [owner, lender, auditor, "--map-role OLD=NEW", "--create-missing-roles", "-O -x", "--keep-going"]
        {
            assert!(refused.stderr.contains(word), "no {word}: {}", refused.stderr);
        }
        let refused = gone.restore(&to, &to.conninfo(), &[&map_owner, &map_lender]);
        assert_eq!(refused.code, Some(12), "{}", refused.stderr);
        assert!(!refused.stderr.contains(&format!("role \"{owner}\"")), "{}", refused.stderr);
        let unknown = gone.restore(&to, &to.conninfo(), &[&map_owner, "--map-role=Auditor=x"]);
        assert_eq!(unknown.code, Some(12), "{}", unknown.stderr);
        assert!(unknown.stderr.contains("error: the archive names no role Auditor"), "{}", unknown.stderr);
        assert!(unknown.stderr.contains(&ident(auditor)), "{}", unknown.stderr);
        let twice = gone.restore(&to, &to.conninfo(), &["--map-role=a=b", "--map-role=a=c"]);
        assert_eq!(twice.code, Some(2), "{}", twice.stderr);
        assert_eq!(to.sql("select count(*) from pg_namespace where nspname = 'app'").trim(), "0");

        // The owner is another, and what the others would have had is reported.
        let without = gone.restore(&to, &to.conninfo(), &[&map_owner, "--keep-going"]);
        assert_eq!(without.code, Some(3), "{}", without.stderr);
        for said in [
            format!(
                "failed: role {lender}: there is no such role; left out are privileges of schema app, table app.t"
            ),
            format!(
                "failed: role \"{auditor}\": there is no such role; left out are privileges of table app.t, default"
            ),
        ] {
            assert!(without.stderr.contains(&said), "no {said}: {}", without.stderr);
        }
        assert_eq!(acl(&to), format!("{new}: pgark_reader INSERT by {new}"));
        let defaults = "select defaclrole::regrole, defaclacl from pg_default_acl";
        assert_eq!(to.sql(defaults).trim(), format!("{new}|{{pgark_reader=r/{new}}}"));

        // Not even the owner.
        let to = target("kept");
        let without = gone.restore(&to, &to.conninfo(), &["--keep-going"]);
        assert_eq!(without.code, Some(3), "{}", without.stderr);
        let said =
            format!("failed: role \"{owner}\": there is no such role; the restoring role keeps schema app, ");
        assert!(without.stderr.contains(&said), "{}", without.stderr);
        assert_eq!(acl(&to), "postgres: pgark_reader INSERT by postgres");
        let again = gone.restore(&to, &to.conninfo(), &["--keep-going", "-c"]);
        assert_eq!(again.code, Some(3), "{}", again.stderr);
        assert_eq!(acl(&to), "postgres: pgark_reader INSERT by postgres");

        // Three become one.
        let to = target("mapped");
        let new_too = to.role("New", "");
        let one = [&map_owner, &map_lender, &map_auditor].map(|word| word.replace(&new, &new_too));
        let mapped = gone.restore(&to, &to.conninfo(), &one.each_ref().map(String::as_str));
        assert_eq!(mapped.code, Some(0), "{}", mapped.stderr);
        assert_eq!(acl(&to), format!("{new_too}: pgark_reader INSERT by {new_too}"));

        // Owners and privileges left out: nothing is missing, and it is said who has nothing.
        let to = target("nobody");
        let plain = gone.restore(&to, &to.conninfo(), &["-O", "-x"]);
        assert_eq!(plain.code, Some(0), "{}", plain.stderr);
        assert_eq!(
            to.sql("select relowner::regrole, relacl from pg_class where oid = 'app.t'::regclass").trim(),
            "postgres|"
        );
        let said = "roles that are not there, of owners and grants that are left out:";
        assert!(plain.stderr.contains(said) && plain.stderr.contains(auditor), "{}", plain.stderr);
    }
}

/// Drops roles that a restore has made, when the databases are gone that need them.
struct Made<'a>(&'a TestServer, Vec<&'a str>);

impl Drop for Made<'_> {
    fn drop(&mut self) {
        let drops: String =
            self.1.iter().map(|role| format!("drop role if exists {};", ident(role))).collect();
        psql(self.0, "postgres", &drops).unwrap();
    }
}

#[test]
fn missing_roles_are_made() {
    for server in TestServer::all() {
        let gone = Gone::new(&server);
        let roles = [&gone.owner, &gone.lender, &gone.auditor].map(String::as_str);
        let _made = Made(&server, roles.to_vec());
        let names = roles.map(literal).join(",");
        let found = format!("select count(*) from pg_roles where rolname in ({names})");
        let to = TestDatabase::create(&server, "made");
        let [helper, guest] =
            [("helper", "login createrole"), ("guest", "login")].map(|(name, more)| to.role(name, more));
        to.sql(&format!("grant pgark_reader to {helper}"));

        // Who may not make them is told before anything is written.
        to.sql(&format!("alter database {} owner to {guest}", to.name()));
        let refused = gone.restore(&to, &server.conninfo_as(&guest, to.name()), &["--create-missing-roles"]);
        assert_eq!(refused.code, Some(12), "{}", refused.stderr);
        assert!(refused.stderr.contains("privilege CREATEROLE, to make "), "{}", refused.stderr);
        let planned =
            gone.cli.run(["restore", "a.pgark", "--dry-run", "--create-missing-roles", "-d", &to.conninfo()]);
        assert_eq!(planned.code, Some(0), "{}", planned.stderr);
        assert!(planned.stderr.contains("  create     roles "), "{}", planned.stderr);
        assert_eq!(to.sql(&found).trim(), "0");

        // No superuser is needed.
        to.sql(&format!("alter database {} owner to {helper}", to.name()));
        let conninfo = server.conninfo_as(&helper, to.name());
        let made = gone.restore(&to, &conninfo, &["--create-missing-roles", "--json"]);
        assert_eq!(made.code, Some(0), "on {}: {}", server.major, made.stderr);
        assert!(
            made.stdout.contains("roles that were missing are made, without login or any attribute: "),
            "{}",
            made.stdout
        );
        let attributes =
            "rolsuper or rolcreaterole or rolcreatedb or rolcanlogin or rolreplication or rolbypassrls";
        let bare = to
            .sql(&format!("select count(*) from pg_roles where rolname in ({names}) and not ({attributes})"));
        assert_eq!(bare.trim(), "3");
        let [owner, lender, auditor] = roles;
        let wanted = format!(
            "{owner}: pgark_reader INSERT by {owner}, {auditor} INSERT by {owner}, {auditor} SELECT by {lender}, {lender} \
             SELECT* by {owner}"
        );
        assert_eq!(acl(&to), wanted);
    }
}

#[test]
fn roles_that_were_made_stay_unless_all_is_one_transaction() {
    for server in TestServer::all() {
        let source = TestDatabase::create(&server, "made");
        let owner = source.role("owner", "");
        source.sql(&format!(
            "set pgark.x = 1; create table t (a int check (a = current_setting('pgark.x')::int)); insert into t values (1);
            alter table t owner to {owner}"
        ));
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        drop(source);
        let _made = Made(&server, vec![&owner]);
        let to = TestDatabase::create(&server, "made_to");
        let restore = ["restore", "a.pgark", "--yes", "-d", &to.conninfo(), "--create-missing-roles"];
        let there = format!("select count(*) from pg_roles where rolname = {}", literal(&owner));
        let undone = cli.run([&restore[..], &["-1"]].concat());
        assert_eq!(undone.code, Some(9), "{}", undone.stderr);
        assert_eq!(to.sql(&there).trim(), "0");
        assert!(!undone.stderr.contains("and stay"), "{}", undone.stderr);
        let failed = cli.run(restore);
        assert_eq!(failed.code, Some(9), "{}", failed.stderr);
        let said = format!("where: the roles that were missing are made, and stay: {owner}");
        assert!(failed.stderr.contains(&said), "{}", failed.stderr);
        assert_eq!(to.sql(&there).trim(), "1");
    }
}

#[test]
fn a_database_that_is_made_has_the_other_role_too() {
    for server in TestServer::all() {
        let source = TestDatabase::create(&server, "made_db");
        let [owner, reader, new] = ["owner", "reader", "ne w"].map(|name| source.role(name, ""));
        source.sql(&format!(
            "create table t (a int); alter table t owner to {owner};
            alter database {0} owner to {owner};
            grant create on database {0} to {reader} with grant option; revoke connect on database {0} from public",
            source.name()
        ));
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        let postgres = server.conninfo("postgres");
        let said = format!(
            "select pg_get_userbyid(d.datdba), string_agg(format('%s %s', pg_get_userbyid(a.grantee), a.privilege_type), ',' order by 1)
            from pg_database d, aclexplode(d.datacl) a where d.datname = {} and a.grantee not in (0, d.datdba) group by 1",
            literal(source.name())
        );
        let made = |words: &[&str]| {
            source.drop_now();
            let outcome = cli.run([&["restore", "a.pgark", "--yes", "-C", "-d", &postgres], words].concat());
            (outcome, source.try_sql(&said).unwrap_or_default())
        };
        let map = format!("--map-role={owner}={new}");
        let (mapped, database) = made(&[&map]);
        assert_eq!(mapped.code, Some(0), "{}", mapped.stderr);
        assert_eq!(database.trim(), format!("{new}|{reader} CREATE"));
        source.drop_now();
        psql(&server, "postgres", &format!("drop role {owner}, {reader}")).unwrap();

        let (refused, _) = made(&[]);
        assert_eq!(refused.code, Some(12), "{}", refused.stderr);
        let (without, database) = made(&["--keep-going"]);
        assert_eq!(without.code, Some(3), "{}", without.stderr);
        let kept = format!("the restoring role keeps table public.t, database {}", source.name());
        assert!(without.stderr.contains(&kept), "{}", without.stderr);
        assert_eq!(database.trim(), "");
        let owner_is = "select datdba::regrole from pg_database where datname = current_database()";
        assert_eq!(source.sql(owner_is).trim(), "postgres");
        let (with, database) = made(&["--create-missing-roles"]);
        assert_eq!(with.code, Some(0), "{}", with.stderr);
        assert_eq!(database.trim(), format!("{owner}|{reader} CREATE"));
        let (with, database) = made(&[&map, "--role", &new]);
        assert_eq!(with.code, Some(7), "{}", with.stderr);
        assert!(with.stderr.contains("may not create databases"), "{}{database}", with.stderr);
    }
}

#[test]
fn the_work_is_done_as_another_role() {
    for server in TestServer::all() {
        let source = TestDatabase::create(&server, "role");
        let boss = source.role("Bo ss", "superuser");
        let [lender, guest] =
            [("lender", ""), ("guest", "login")].map(|(name, more)| source.role(name, more));
        source.sql(&format!(
            "create table t (a int); insert into t values (1);
            grant select on t to {lender} with grant option; set role {lender}; grant select on t to pgark_reader;
            reset role;
            create function f() returns event_trigger language plpgsql as 'begin end';
            create event trigger e on ddl_command_start execute function f();
            alter event trigger e disable",
        ));
        let cli = TestCli::new();
        // It may take on a role that reads everything, which it is not itself.
        let conninfo = server.conninfo_as(&guest, source.name());
        let dump = ["dump", &conninfo, "-f", "a.pgark", "--role", &boss];
        let refused = cli.run(dump);
        assert_eq!(refused.code, Some(7), "{}", refused.stderr);
        assert!(
            refused.stderr.contains(&format!("hint:  let it be taken on: GRANT \"{boss}\" TO {guest}")),
            "{}",
            refused.stderr
        );
        source.sql(&format!("grant \"{boss}\", {lender} to {guest}"));
        cli.succeed(dump).unwrap();
        let absent = cli.run(["dump", &conninfo, "-f", "b.pgark", "--role", "nobody here"]);
        assert_eq!(absent.code, Some(7), "{}", absent.stderr);
        assert!(absent.stderr.contains("role \"nobody here\" does not exist"), "{}", absent.stderr);

        for jobs in [&["-j2"][..], &["-1"]] {
            let to = TestDatabase::create(&server, "role_to");
            to.sql(&format!("grant create on schema public to \"{boss}\""));
            let conninfo = server.conninfo_as(&guest, to.name());
            let restore = ["restore", "a.pgark", "--yes", "-O", "-d", &conninfo, "--role", &boss];
            cli.succeed([&restore[..], jobs].concat()).unwrap();
            // The event trigger comes after a grant that was another's.
            let owners = "select distinct o::regrole from (select relowner from pg_class where oid >= 16384
                union select proowner from pg_proc where oid >= 16384 union select evtowner from pg_event_trigger) x (o)";
            assert_eq!(to.sql(owners).trim(), ident(&boss), "{jobs:?} on {}", server.major);
            assert!(
                to.sql("select relacl from pg_class where relname = 't'")
                    .contains(&format!("pgark_reader=r/{lender}"))
            );
        }
    }
}

#[test]
fn a_script_has_the_other_role() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "script");
    source.sql("create table t (a int); alter table t owner to pgark_owner; alter schema public owner to pgark_owner");
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let script = cli.succeed(["schema", "a.pgark", "--map-role", "pgark_owner=new"]).unwrap().stdout;
    assert!(script.contains("ALTER SCHEMA public OWNER TO new;"), "{script}");
    assert!(
        script.contains("ALTER TABLE public.t OWNER TO new;") && !script.contains("pgark_owner"),
        "{script}"
    );
}
