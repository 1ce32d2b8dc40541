//! Tablespaces of a database's relations. They are made in place, so no folder of the server's is needed.

use crate::support::{TestCli, TestDatabase, TestServer, diff, differences, psql, row_hashes};

/// A tablespace, dropped with the value: the databases that use it have to go first.
#[derive(Debug)]
pub struct Tablespace {
    server: TestServer,
    /// As SQL has it, quoted.
    pub name: String,
}

impl Tablespace {
    pub fn create(server: &TestServer, topic: &str) -> Self {
        let name = format!("\"pgark_test_{}_{topic} Fast \"\"x\"\".ü\"", std::process::id());
        let sql = format!("set allow_in_place_tablespaces = on; create tablespace {name} location ''");
        psql(server, "postgres", &sql.replace("; ", ";\n")).unwrap();
        Self { server: server.clone(), name }
    }
}

impl Drop for Tablespace {
    fn drop(&mut self) {
        if let Err(error) = psql(&self.server, "postgres", &format!("drop tablespace {}", self.name)) {
            println!("tablespace {} stays on PostgreSQL {}: {error}", self.name, self.server.major);
        }
    }
}

/// `FAST` stands for the tablespace.
const SOURCE: &str = r#"
create table plain (a int primary key, b text unique, c int4range) tablespace FAST;
create index plain_b on plain (b) tablespace FAST;
create index plain_lower on plain (lower(b));
insert into plain values (1, repeat('long', 9000), '[1,2)'), (2, null, null);
create unlogged table "Quick ""q""" (a int constraint "PK ""p""" primary key using index tablespace FAST);
create table keys (
    a int, b int unique with (fillfactor = 50) using index tablespace FAST, c int4range,
    constraint k_pk primary key (a) include (b) using index tablespace FAST,
    constraint k_x exclude using gist (c with &&) with (fillfactor = 60) using index tablespace FAST where (a > 0)
);
-- Partitioned: partitions follow the root when they are made, unless they say otherwise.
create table parted (k int not null, v text) partition by list (k) tablespace FAST;
create table parted_1 partition of parted for values in (1);
create table parted_2 partition of parted for values in (2) tablespace pg_default;
create table parted_3 (v text, k int not null) partition by range (v);
alter table parted attach partition parted_3 for values in (3);
create table parted_3_a partition of parted_3 for values from ('a') to ('b') tablespace FAST;
create table parted_3_rest partition of parted_3 default;
insert into parted values (1, 'x'), (2, 'y'), (3, 'a'), (3, 'z');
create index parted_v on parted (v) tablespace FAST;
create index parted_kv on only parted (k, v) tablespace FAST;
create index parted_1_kv on parted_1 (k, v);
alter index parted_kv attach partition parted_1_kv;
alter table parted add constraint parted_u unique (k, v) using index tablespace FAST;
create table slow_root (k int primary key) partition by hash (k);
create table slow_root_0 partition of slow_root for values with (modulus 1, remainder 0) tablespace FAST;
create materialized view kept tablespace FAST as select a, b from plain;
create unique index kept_a on kept (a) tablespace FAST;
create table parent (a int) tablespace FAST;
create table child (b int) inherits (parent);
create table moved (a int primary key, b text);
alter table moved set tablespace FAST;
alter index moved_pkey set tablespace FAST;
"#;

/// Every relation's tablespace, TOAST tables by their owners.
const PLACES: &str = "
    select coalesce(o.relname || ' toast', c.relname), s.spcname
    from pg_class c left join pg_tablespace s on s.oid = c.reltablespace left join pg_class o on o.reltoastrelid = c.oid
    where c.oid >= 16384 and c.relnamespace::regnamespace::text in ('public', 'pg_toast') and (c.relkind <> 'i' or o.oid is null)
        and c.relname !~ '^pg_toast_[0-9]+_index$'
    order by 1";

#[test]
fn relations_come_back_where_they_were() {
    for server in TestServer::all() {
        let fast = Tablespace::create(&server, "places");
        let (source, target) =
            (TestDatabase::create(&server, "space_source"), TestDatabase::create(&server, "space_target"));
        source.sql(&SOURCE.replace("FAST", &fast.name));
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "x.pgark"]).unwrap();
        cli.succeed(["restore", "x.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
        let mut differences = differences(&source, &target);
        differences.extend(diff(&source.sql(PLACES), &target.sql(PLACES)));
        assert!(differences.is_empty(), "on {}:\n{}", server.major, differences.join("\n"));
        assert!(source.sql(PLACES).matches("Fast").count() > 20, "{}", source.sql(PLACES));
    }
}

#[test]
fn relations_go_to_another_tablespace_or_to_that_of_the_database() {
    for server in TestServer::all() {
        let [fast, other] = ["from", "to"].map(|topic| Tablespace::create(&server, topic));
        let source = TestDatabase::create(&server, "space_source");
        source.sql(&SOURCE.replace("FAST", &fast.name));
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "x.pgark"]).unwrap();
        let plain = |name: &str| name.trim_matches('"').replace("\"\"", "\"");
        let places = |to: &str| source.sql(PLACES).replace(&plain(&fast.name), to);
        let restored = |options: &str, words: &[&str]| {
            let target = TestDatabase::create_with(&server, "space_target", options);
            cli.succeed([&["restore", "x.pgark", "--yes", "-d", &target.conninfo()], words].concat())
                .unwrap_or_else(|error| panic!("{}: {error}", server.major));
            assert_eq!(row_hashes(&target).unwrap(), row_hashes(&source).unwrap());
            target.sql(PLACES)
        };
        let to_other = format!("--map-tablespace={}={}", fast.name, plain(&other.name));
        assert_eq!(restored("", &[&to_other]), places(&plain(&other.name)));
        // What is where the database is does not say so; the default one is another for this database.
        let home = places("").replace("|pg_default", "|");
        assert_eq!(restored("", &[&format!("--map-tablespace={}=pg_default", fast.name)]), home);
        assert_eq!(restored(&format!("tablespace {}", fast.name), &[]), places(""));
        assert_eq!(restored(&format!("tablespace {}", other.name), &[&to_other]), places(""));

        let slip = cli.run(["restore", "x.pgark", "-d", &source.conninfo(), "--map-tablespace", "fast=x"]);
        assert_eq!(slip.code, Some(12), "{}", slip.stderr);
        assert!(slip.stderr.contains("the archive names no tablespace fast"), "{}", slip.stderr);
    }
}

#[test]
fn a_tablespace_that_the_target_lacks_is_missed_before_anything_is_written() {
    let Some(server) = TestServer::newest() else { return };
    let fast = Tablespace::create(&server, "missing");
    let source = TestDatabase::create(&server, "space_source");
    source.sql(&format!("create table t (a int) tablespace {}", fast.name));
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "x.pgark"]).unwrap();
    drop(source);
    drop(fast);
    let target = TestDatabase::create(&server, "space_target");
    let restored = cli.run(["restore", "x.pgark", "-d", &target.conninfo(), "--yes"]);
    assert_eq!(restored.code, Some(12), "{}", restored.stderr);
    assert!(restored.stderr.contains("Fast \"x\".ü"), "{}", restored.stderr);
    assert_eq!(target.sql("select count(*) from pg_class where oid >= 16384").trim(), "0");
}
