//! Tablespaces other than the database's: of tables, materialized views, indexes and keys.

use crate::support::{TestCli, TestDatabase, TestServer, content_diff, diff, oracle_dump, psql, row_hashes};

/// In a folder of the server's own, so that the test need not know any.
struct Tablespace<'a> {
    server: &'a TestServer,
    name: String,
}

impl<'a> Tablespace<'a> {
    fn create(server: &'a TestServer, database: &TestDatabase) -> Self {
        let name = format!("{} Odd \"T\"", database.name());
        let quoted = quoted(&name);
        let sql = format!("set allow_in_place_tablespaces = on; create tablespace {quoted} location ''");
        psql(server, "postgres", &sql).unwrap_or_else(|error| panic!("{name} on {}: {error}", server.major));
        Self { server, name }
    }
}

impl Drop for Tablespace<'_> {
    fn drop(&mut self) {
        let sql = format!("drop tablespace if exists {}", quoted(&self.name));
        if let Err(error) = psql(self.server, "postgres", &sql) {
            println!("{} stays on PostgreSQL {}: {error}", self.name, self.server.major);
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `SPACE` is the tablespace. What comes behind something in it must not stay there.
const FIXTURE: &str = "
create schema ts;
create type ts.pair as (a integer, b text);
create table ts.t (a integer, \"B b\" text, c int4range) tablespace SPACE;
create table ts.plain (a integer primary key, b text unique);
create unlogged table ts.options (a text) with (fillfactor = 50, toast.autovacuum_enabled = off) tablespace SPACE;
create table ts.typed of ts.pair tablespace SPACE;
create table ts.child (own integer) inherits (ts.t) tablespace SPACE;
create table ts.child_plain () inherits (ts.t);
create table ts.parted (k integer, v text) partition by list (k) tablespace SPACE;
create table ts.part partition of ts.parted for values in (1);
create table ts.part_plain partition of ts.parted for values in (2) tablespace pg_default;
create table ts.parted_plain (k integer primary key) partition by list (k);
create table ts.part_space partition of ts.parted_plain for values in (1) tablespace SPACE;
create materialized view ts.m tablespace SPACE as select a from ts.t;
create materialized view ts.m_plain as select a from ts.t;
create view ts.v as select 1 as one;
create sequence ts.s;
create index i on ts.t (a) tablespace SPACE;
create index i_plain on ts.t (\"B b\");
create index parted_i on ts.parted (k) tablespace SPACE;
create index parted_plain_i on ts.parted (v);
create index m_i on ts.m_plain (a) tablespace SPACE;
alter table ts.t add constraint \"Key k\" primary key (a) with (fillfactor = 60) using index tablespace SPACE;
alter table ts.t add constraint u unique (\"B b\") deferrable;
alter table ts.t add constraint u_space unique (\"B b\") using index tablespace SPACE;
alter table ts.t add constraint x exclude using gist (c with &&) using index tablespace SPACE where (a > 0);
alter table ts.parted_plain add constraint p_u unique (k) using index tablespace SPACE;
comment on table ts.t is 'elsewhere';
insert into ts.t select i, 'b' || i, int4range(i, i + 1) from generate_series(1, 9) i;
insert into ts.parted values (1, 'a'), (2, 'b');
insert into ts.typed values (1, 'x');
refresh materialized view ts.m;
refresh materialized view ts.m_plain;
";

#[test]
fn everything_comes_back_to_its_tablespace() {
    for server in TestServer::all() {
        // Dropped in reverse order: the databases before the tablespace in which they have files.
        let first = TestDatabase::create(&server, "space");
        let space = Tablespace::create(&server, &first);
        let (source, target) =
            (TestDatabase::create(&server, "space_source"), TestDatabase::create(&server, "space_target"));
        source.sql(&FIXTURE.replace("SPACE", &quoted(&space.name)));
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
        let mut differences = diff(&oracle_dump(&source).unwrap(), &oracle_dump(&target).unwrap());
        differences.extend(content_diff(&row_hashes(&source).unwrap(), &row_hashes(&target).unwrap()));
        // The catalog itself: what pg_dump prints depends on the statement before.
        let placed = "select c.oid::regclass, s.spcname from pg_class c left join pg_tablespace s on s.oid = c.reltablespace \
            where c.relnamespace = 'ts'::regnamespace order by c.relname";
        differences.extend(diff(&source.sql(placed), &target.sql(placed)));
        assert!(differences.is_empty(), "on {}: {}", server.major, differences.join("\n"));
    }
}

#[test]
fn a_missing_tablespace_is_named_before_anything_is_written() {
    let Some(server) = TestServer::newest() else { return };
    let target = TestDatabase::create(&server, "space_missing");
    let cli = TestCli::new();
    let name = {
        let first = TestDatabase::create(&server, "space");
        let space = Tablespace::create(&server, &first);
        let source = TestDatabase::create(&server, "space_source");
        source.sql(&format!("create table t (a integer) tablespace {}", quoted(&space.name)));
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        space.name.clone()
    };
    let restored = cli.run(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]);
    assert_eq!(restored.code, Some(12), "{}", restored.stderr);
    assert!(restored.stderr.contains(&name), "{}", restored.stderr);
    assert_eq!(target.sql("select count(*) from pg_class where relname = 't'"), "0\n");
}
