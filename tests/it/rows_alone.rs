//! `restore -a`: rows into tables that are there already, whatever foreign keys stand between them.

use std::fs::File;

use crate::support::{TestCli, TestDatabase, TestServer, differences};

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
const STATE: &str = "
    select oid, conname, conrelid, condeferrable, condeferred, convalidated, conparentid from pg_constraint
    where connamespace <> 'pg_catalog'::regnamespace order by oid;
    select oid, tgrelid, tgname, tgenabled, tgdeferrable, tginitdeferred from pg_trigger order by oid";

const SERVERS: [u32; 3] = [12, 15, 18];

struct Source {
    database: TestDatabase,
    cli: TestCli,
}

impl Source {
    fn new(server: &TestServer, sql: &str) -> Self {
        let source = Self { database: TestDatabase::create(server, "rows_source"), cli: TestCli::new() };
        source.database.sql(sql);
        source
            .cli
            .succeed(["dump", &source.database.conninfo(), "-f", "a.pgark", "--split-above", "64kB"])
            .unwrap();
        source
    }

    /// A database with the tables, and no rows.
    fn target(&self) -> TestDatabase {
        let target = TestDatabase::create(self.database.server(), "rows_target");
        self.cli.succeed(["restore", "a.pgark", "-s", "-d", &target.conninfo(), "--yes"]).unwrap();
        target
    }

    /// Exit code and stderr of a restore; from a pipe if the words begin with `-`.
    fn restore(&self, conninfo: &str, words: &[&str]) -> (Option<i32>, String) {
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
        let parts = source.cli.succeed(["info", "a.pgark", "--json"]).unwrap().stdout;
        for words in [&["-j3"][..], &["-j1"], &["-1"], &["-", "-j3"], &["-", "-j1"], &["-", "-1"]] {
            let target = source.target();
            let before = target.sql(STATE);
            let (code, said) = source.restore(&target.conninfo(), words);
            assert_eq!(code, Some(0), "{} {words:?}: {said}", server.major);
            assert_eq!(differences(&source.database, &target), [""; 0], "{words:?}");
            assert_eq!(target.sql(STATE), before, "{words:?}");
        }
        assert!(!parts.is_empty());
    }
}
