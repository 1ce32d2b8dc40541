//! `restore -a`: rows into tables that are there already, whatever foreign keys stand between them.

use std::fs::File;

use serde_json::Value;

use crate::support::{TestCli, TestDatabase, TestServer, differences, row_hashes};

/// Circles of one (in several parts), two and three tables, and between partitioned tables; names for whoever quotes wrongly.
const SOURCE: &str = r#"
    create schema "select"; create schema app;
    create table "select"."A ""b" (id int primary key, "to" int not null);
    create table "select"." c'd
e" (id int primary key, "from" int not null references "select"."A ""b", note text);
    alter table "select"."A ""b" add constraint "k
 ' ""1" foreign key ("to") references "select"." c'd
e";
    create table app.z1 (id int primary key, next int not null);
    create table app.y2 (id int primary key, next int not null references app.z1 deferrable);
    create table app.x3 (id int primary key, next int not null references app.y2 deferrable initially deferred);
    alter table app.z1 add constraint "user" foreign key (next) references app.x3;
    create table app.tree (id int primary key, up int not null references app.tree, filler text);
    create table app.a_leaf (id int primary key, tree int references app.tree, z int references app.z1);
    create table app.old (id int primary key, up int, part int);
    create table app.p (id int primary key, r int not null) partition by range (id);
    create table app.p1 partition of app.p for values from (0) to (50);
    create table app.p2 partition of app.p for values from (50) to (100);
    create table app.r (id int primary key, p int not null) partition by range (id);
    create table app.r1 partition of app.r for values from (0) to (50);
    create table app.r2 partition of app.r for values from (50) to (100);
    alter table app.p add constraint pr foreign key (r) references app.r;
    alter table app.r1 add foreign key (p) references app.p;
    insert into app.old values (2, 3, 60), (3, 2, 1);
    alter table app.old add foreign key (up) references app.old not valid,
        add foreign key (part) references app.p not valid;
    begin; set session_replication_role = replica;
    insert into "select"."A ""b" select i, 101 - i from generate_series(1, 100) i;
    insert into "select"." c'd
e" select i, 101 - i, 'é' || i from generate_series(1, 100) i;
    insert into app.z1 select i, i % 100 + 1 from generate_series(1, 100) i;
    insert into app.y2 select i, i % 100 + 1 from generate_series(1, 100) i;
    insert into app.x3 select i, i % 100 + 1 from generate_series(1, 100) i;
    insert into app.tree select i, 5001 - i, repeat('x', 50) from generate_series(1, 5000) i;
    insert into app.a_leaf select i, 5001 - i, i % 100 + 1 from generate_series(1, 1000) i;
    insert into app.p select i, 99 - i from generate_series(0, 99) i;
    insert into app.r select i, 99 - i from generate_series(0, 99) i;
    commit;
"#;

/// What a restore changes for a while: nothing of it, not even an OID, may be another afterwards.
pub const STATE: &str = "
    select oid, conname, conrelid, condeferrable, condeferred, convalidated, conparentid from pg_constraint
    where connamespace <> 'pg_catalog'::regnamespace order by oid;
    select oid, tgrelid, tgname, tgenabled, tgdeferrable, tginitdeferred from pg_trigger order by oid";

/// The oldest, the newest, and one between: what they do with partitions differs.
pub const SERVERS: [u32; 3] = [12, 15, 18];

/// A database with an archive of it.
pub struct Source {
    /// The database.
    pub database: TestDatabase,
    cli: TestCli,
}

impl Source {
    /// Of a database that `sql` makes.
    pub fn new(server: &TestServer, sql: &str) -> Self {
        let source = Self { database: TestDatabase::create(server, "rows_source"), cli: TestCli::new() };
        source.database.sql(sql);
        source
            .cli
            .succeed(["dump", &source.database.conninfo(), "-f", "a.pgark", "--split-above", "64kB"])
            .unwrap();
        source
    }

    /// A database with the tables, and no rows.
    pub fn target(&self) -> TestDatabase {
        let target = TestDatabase::create(self.database.server(), "rows_target");
        self.cli.succeed(["restore", "a.pgark", "-s", "-d", &target.conninfo(), "--yes"]).unwrap();
        target
    }

    /// Exit code and stderr of a restore; from a pipe if the words begin with `-`.
    pub fn restore(&self, conninfo: &str, words: &[&str]) -> (Option<i32>, String) {
        let (archive, words) = match words {
            ["-", words @ ..] => ("-", words),
            words => ("a.pgark", words),
        };
        let mut command =
            self.cli.command(["restore", archive, "-a", "-d", conninfo, "--yes"].iter().chain(words));
        let output = command.stdin(File::open(self.cli.path("a.pgark")).unwrap()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn circles_come_in_whatever_way() {
    for server in SERVERS.into_iter().filter_map(TestServer::of) {
        let source = Source::new(&server, SOURCE);
        for words in [&["-j3"][..], &["-j1"], &["-1"], &["-", "-j3"], &["-", "-j1"], &["-", "-1"]] {
            let target = source.target();
            let before = target.sql(STATE);
            let (code, said) = source.restore(&target.conninfo(), words);
            assert_eq!(code, Some(0), "{} {words:?}: {said}", server.major);
            assert_eq!(differences(&source.database, &target), [""; 0], "{words:?}");
            assert_eq!(target.sql(STATE), before, "{words:?}");
        }
    }
}

#[test]
fn parts_of_one_table_refer_to_each_other() {
    let Some(server) = TestServer::newest() else { return };
    let source = Source::new(
        &server,
        "create table tree (id int primary key, up int not null references tree, filler text);
        alter table tree alter filler set storage external;
        insert into tree select i, 20001 - i, repeat('x', 4000) from generate_series(1, 20000) i;
        create table leaf (id int references tree); insert into leaf select generate_series(1, 20000)",
    );
    let list = source.cli.succeed(["list", "a.pgark", "--json"]).unwrap().stdout;
    let list: Value = serde_json::from_str(&list).unwrap();
    assert!(list["tables"][1]["parts"].as_u64().unwrap() > 1, "{list}");
    for words in [&["-j3"][..], &["-", "-j3"]] {
        let target = source.target();
        let (code, said) = source.restore(&target.conninfo(), words);
        assert_eq!(code, Some(0), "{words:?}: {said}");
        assert_eq!(differences(&source.database, &target), [""; 0], "{words:?}");
    }
}

#[test]
fn the_keys_of_the_target_count() {
    for server in SERVERS.into_iter().filter_map(TestServer::of) {
        // The source's key goes the other way, and there is a table of a schema that it has no key with.
        let source = Source::new(
            &server,
            r#"create table a (id int primary key); create table b (id int primary key references a);
            create schema s; create table s."b a" (id int primary key, x int unique);
            insert into a select generate_series(1, 9); insert into b select generate_series(1, 9);
            insert into s."b a" select i, i from generate_series(1, 9) i"#,
        );
        let more = r#"alter table b drop constraint b_id_fkey;
            alter table a add foreign key (id) references b deferrable initially deferred;
            alter table b add foreign key (id) references s."b a" (x)"#;
        for words in [&["-j3"][..], &["-", "-j2"]] {
            let target = source.target();
            target.sql(more);
            let (code, said) = source.restore(&target.conninfo(), words);
            assert_eq!(code, Some(0), "{words:?}: {said}");
            assert_eq!(target.sql("select count(*) from a join b using (id)"), "9\n");
        }
        // What is not enforced asks for nothing.
        if server.major >= 18 {
            let target = source.target();
            target.sql(
                "alter table b drop constraint b_id_fkey; alter table a add foreign key (id) references b not enforced",
            );
            let (code, said) = source.restore(&target.conninfo(), &["-", "-j2"]);
            assert_eq!((code, said.contains("in one transaction; foreign keys")), (Some(0), false), "{said}");
        }
    }
}

#[test]
fn a_circle_arrives_whole_or_not_at_all() {
    for server in SERVERS.into_iter().filter_map(TestServer::of) {
        let source = Source::new(&server, SOURCE);
        let counts = "select (select count(*) from app.x3), (select count(*) from app.y2),
            (select count(*) from app.z1), (select count(*) from app.a_leaf), (select count(*) from app.p)";
        // A row that is there already is found by a COPY, one that nothing leads to only at the end.
        let cases = [
            ("insert into app.z1 values (1, 1)", "z1_pkey", "0|0|1|0|0"),
            (
                "create function app.f() returns trigger language plpgsql as
                    'begin if new.id = 7 then new.next := 777; end if; return new; end';
                create trigger f before insert on app.z1 for each row execute function app.f()",
                "insert or update on table \"z1\" violates foreign key constraint \"user\"",
                "0|0|0|0|0",
            ),
            (
                "create function app.f() returns trigger language plpgsql as
                    'begin if new.next = 1 then return null; end if; return new; end';
                create trigger f before insert on app.z1 for each row execute function app.f();
                alter table app.x3 drop constraint x3_next_fkey; alter table app.z1 drop constraint \"user\";
                alter table app.z1 add foreign key (id) references app.x3;
                alter table app.x3 add foreign key (id) references app.z1 not valid deferrable",
                "99 row(s) arrived, the archive has 100",
                "0|0|0|0|0",
            ),
        ];
        for (there, reason, left) in cases {
            for words in [
                &["-j2"][..],
                &["-", "-j2"],
                &["-1"],
                &["-j2", "--keep-going"],
                &["-", "-j2", "--keep-going"],
            ] {
                let target = source.target();
                target.sql(&format!("set session_replication_role = replica; {there}"));
                let before = target.sql(STATE);
                let (code, said) = source.restore(&target.conninfo(), words);
                let kept_going = words.contains(&"--keep-going");
                assert_eq!(code, Some(if kept_going { 3 } else { 9 }), "{words:?}: {said}");
                assert!(said.contains(reason), "{words:?}: no `{reason}` in\n{said}");
                assert_eq!(target.sql(STATE), before, "{words:?}");
                let found = target.sql(counts);
                let circle = |counts: &str| counts.split('|').take(4).collect::<Vec<_>>().join("|");
                assert_eq!(circle(&found), circle(left), "{words:?}: {said}");
                if kept_going {
                    let failed = said.lines().filter(|line| line.contains("failed: table data app."));
                    assert!(failed.count() >= 4, "{said}");
                } else {
                    assert!(said.contains("undone"), "{words:?}: {said}");
                }
                if kept_going && words[0] != "-" {
                    assert_eq!(found.trim().rsplit('|').next(), Some("100"), "{said}");
                }
            }
        }
    }
}

#[test]
fn whoever_may_not_make_keys_wait_is_told_beforehand() {
    for server in SERVERS.into_iter().filter_map(TestServer::of) {
        let source = Source::new(&server, SOURCE);
        let target = source.target();
        let guest = target.role("guest", "login");
        target.sql(&format!(
            r#"grant usage on schema app, "select" to {guest};
            grant insert, select on all tables in schema app, "select" to {guest}"#
        ));
        let conninfo = server.conninfo_as(&guest, target.name());
        let mut keys = vec![
            (r#""select"."A ""b""#, r#""k\n ' ""1""#),
            (r#""select"." c'd\ne""#, r#"" c'd\ne_from_fkey""#),
            ("app.z1", r#""user""#),
            ("app.p", "pr"),
            ("app.r1", "r1_p_fkey"),
        ];
        for words in [&["-j2"][..], &["-", "-j2"]] {
            if words[0] == "-" {
                keys.extend([("app.a_leaf", "a_leaf_tree_fkey"), ("app.tree", "tree_up_fkey")]);
            }
            let (code, said) = source.restore(&conninfo, words);
            assert_eq!(code, Some(12), "{said}");
            for (table, name) in &keys {
                let wanted = format!("ownership of table {table}, whose foreign key {name} has to wait");
                assert!(said.contains(&wanted), "{words:?}: no `{wanted}` in\n{said}");
            }
            assert!(!said.contains("foreign key x3_next_fkey"), "{said}");
        }
        // What it says helps.
        target.sql(
            r#"alter table "select"."A ""b" alter constraint "k
 ' ""1" deferrable;
            alter table app.z1 alter constraint "user" deferrable;
            alter table app.p alter constraint pr deferrable;
            alter table app.r1 alter constraint r1_p_fkey deferrable"#,
        );
        let owned = r#"alter table "select"." c'd
e" owner to "#;
        target.sql(&format!(r#"grant create on schema "select" to {guest}; {owned}{guest}"#));
        let (code, said) = source.restore(&conninfo, &["-j2", "--no-analyze", "--no-statistics"]);
        assert_eq!(code, Some(0), "{said}");
        let hashes = |database: &TestDatabase| row_hashes(database).unwrap();
        assert_eq!(hashes(&source.database), hashes(&target));
    }
}
