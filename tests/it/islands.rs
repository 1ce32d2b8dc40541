//! Small tables come whole, many in one message; what the server does not take that way comes in its turn.

use crate::support::{Cluster, TestCli, TestDatabase, TestServer, psql, row_hashes};

/// Dumps `source` and restores it into a new database of `server`.
fn cross(source: &TestDatabase, server: &TestServer) -> TestDatabase {
    let target = TestDatabase::create(server, "islands_to");
    let cli = TestCli::new();
    let dumped = cli.run(["dump", &source.conninfo(), "-f", "a.pgark", "--progress", "none"]);
    assert_eq!(dumped.code, Some(0), "{}", dumped.stderr);
    let to = target.conninfo();
    let restored = cli.run(["restore", "a.pgark", "-d", &to, "-j", "6", "--yes", "--progress", "none"]);
    assert_eq!(restored.code, Some(0), "{}", restored.stderr);
    assert_eq!(row_hashes(source).unwrap(), row_hashes(&target).unwrap());
    target
}

#[test]
fn what_reads_another_table_unseen_waits_for_it() {
    for server in TestServer::all() {
        let source = TestDatabase::create(&server, "islands");
        // Nothing tells that the index reads the table that comes last.
        source.sql(
            "create table z_factors (id int primary key, factor int);
            insert into z_factors values (1, 10), (2, 20);
            create function scaled(n int) returns int immutable language plpgsql
                as $$ begin return n * (select factor from public.z_factors where id = n); end $$;
            create table a_indexed (id serial primary key, n int);
            insert into a_indexed (n) values (1), (2), (1);
            create index on a_indexed (scaled(n));
            create table c_plain (id bigserial primary key, t text);
            insert into c_plain (t) values ('x');",
        );
        let target = cross(&source, &server);
        assert_eq!(target.sql("select count(*) from a_indexed where scaled(n) = 10").trim(), "2");
        assert_eq!(target.sql("select nextval('a_indexed_id_seq'), nextval('c_plain_id_seq')").trim(), "4|2");
        assert_eq!(target.sql("select count(*) from pg_indexes where schemaname = 'public'").trim(), "4");
    }
}

#[test]
fn rows_of_new_tables_are_frozen() {
    for server in TestServer::all() {
        let source = TestDatabase::create(&server, "islands");
        source.sql("create table t (id int primary key); insert into t values (1), (2)");
        let target = cross(&source, &server);
        // 768: HEAP_XMIN_COMMITTED and HEAP_XMIN_INVALID, which together mean frozen (htup_details.h).
        target.sql("create extension pageinspect");
        let frozen = "select bool_and(t_infomask & 768 = 768) from heap_page_items(get_raw_page('t', 0))";
        assert_eq!(target.sql(frozen).trim(), "t");
    }
}

#[test]
fn a_small_lock_table_does_not_overflow() {
    for major in [12, 18] {
        let (Some(server), Some(cluster)) = (TestServer::of(major.into()), Cluster::of(major)) else {
            continue;
        };
        // The least that servers allow.
        for setting in ["max_locks_per_transaction = 10", "max_connections = 10"] {
            psql(cluster.server(), "postgres", &format!("alter system set {setting}")).unwrap();
        }
        cluster.stop_at_once();
        cluster.restart();
        let source = TestDatabase::create(&server, "islands");
        source.sql(
            "do $$ begin for i in 1..400 loop
                execute format('create table t%s (id bigserial primary key, t text unique)', i);
                execute format('insert into t%s (t) values (1), (2)', i);
            end loop; end $$",
        );
        let target = cross(&source, cluster.server());
        assert_eq!(target.sql("select count(*) from pg_class where relname like 't%_seq'").trim(), "400");
        // One by one they would have come, too.
        assert!(!cluster.log().contains("out of shared memory"), "{}", cluster.log());
    }
}
