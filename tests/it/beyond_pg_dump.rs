//! What pg_dump does not print, and so cannot be seen in its output: compared in the catalogs.

use std::path::Path;
use std::process::Stdio;

use crate::support::{Background, TestCli, TestDatabase, TestServer, diff, differences, oracle_dump};

/// Takes a database through a round trip and returns the copy.
fn copy(cli: &TestCli, source: &TestDatabase) -> TestDatabase {
    let target = TestDatabase::create(source.server(), "beyond_target");
    cli.succeed(["dump", &source.conninfo(), "-f", "x.pgark", "--force"]).unwrap();
    cli.succeed(["restore", "x.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
    target
}

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/objects").join(name)
}

#[track_caller]
fn equal(source: &TestDatabase, target: &TestDatabase, sql: &str) {
    let (expected, found) = (source.sql(sql), target.sql(sql));
    assert!(expected.lines().count() > 1, "nothing to compare: {sql}");
    let differences = diff(&expected, &found);
    assert!(differences.is_empty(), "on {}:\n{}", source.server().major, differences.join("\n"));
}

#[test]
fn statistics_targets_of_exclusion_constraints_come_back() {
    for server in TestServer::all() {
        let source = TestDatabase::create(&server, "beyond");
        source.sql(
            "create table t (a int, b text, constraint x exclude ((a + 1) with =, b with =, lower(b) with =));
            create table u (r int4range, constraint \"U \"\"x\"\"\" exclude using gist (int4range(lower(r), null) with &&));
            alter index x alter column 1 set statistics 321, alter column 3 set statistics 0;
            alter index \"U \"\"x\"\"\" alter column 1 set statistics 10000",
        );
        let target = copy(&TestCli::new(), &source);
        equal(
            &source,
            &target,
            "select attrelid::regclass::text, attnum, attstattarget from pg_attribute
            where attrelid in ('x'::regclass, '\"U \"\"x\"\"\"'::regclass) order by 1, 2",
        );
    }
}

/// Every ACL of a database as the server keeps it: grants in their order, each with its grantor. No ACL is the same
/// as the one that the server assumes then.
const ACLS: &str = "
    select 'relation', c.oid::regclass::text,
        coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::\"char\", c.relowner))::text
        from pg_class c where c.oid >= 16384 and c.relkind not in ('c', 'i', 'I', 't')
    union all select 'column', a.attrelid::regclass || '.' || a.attname, a.attacl::text
        from pg_attribute a where a.attrelid >= 16384 and a.attacl is not null and not a.attisdropped
    union all select 'function', p.oid::regprocedure::text, coalesce(p.proacl, acldefault('f', p.proowner))::text
        from pg_proc p where p.oid >= 16384
    union all select 'type', t.oid::regtype::text, coalesce(t.typacl, acldefault('T', t.typowner))::text
        from pg_type t where t.oid >= 16384 and t.typrelid = 0
    union all select 'schema', n.nspname, coalesce(n.nspacl, acldefault('n', n.nspowner))::text
        from pg_namespace n where n.oid >= 16384
    union all select 'language', l.lanname, coalesce(l.lanacl, acldefault('l', l.lanowner))::text
        from pg_language l where l.oid >= 16384
    union all select 'server', s.srvname, coalesce(s.srvacl, acldefault('S', s.srvowner))::text from pg_foreign_server s
    union all select 'large object', m.oid::text, coalesce(m.lomacl, acldefault('L', m.lomowner))::text
        from pg_largeobject_metadata m
    union all select 'default', concat_ws('/', defaclrole::regrole, nullif(defaclnamespace, 0)::regnamespace, defaclobjtype),
        defaclacl::text from pg_default_acl
    order by 1, 2, 3";

#[test]
fn privileges_come_back_in_their_order_with_their_grantors() {
    for server in TestServer::all() {
        let source = TestDatabase::create(&server, "beyond");
        for name in [
            "acl.sql",
            "default_acl.sql",
            "language.sql",
            "large_object.sql",
            "sequence.sql",
            "foreign_server.sql",
        ] {
            source.run_sql_file(&fixture(name)).unwrap();
        }
        equal(&source, &copy(&TestCli::new(), &source), ACLS);
    }
}

#[test]
fn what_only_superusers_may_own_comes_back_with_its_owner() {
    for server in TestServer::all() {
        let source = TestDatabase::create(&server, "beyond");
        let boss = source.role("Boss \u{fc}.x", "superuser");
        source.sql(&format!(
            "set role \"{boss}\";
            create function f() returns event_trigger language plpgsql as 'begin end';
            create event trigger \"E e\" on ddl_command_end execute function f();
            create publication every for all tables;
            create foreign data wrapper w;
            create subscription s connection 'dbname=x' publication p with (connect = false, slot_name = none);
            create language l handler plpgsql_call_handler;
            create operator family o using btree"
        ));
        let target = copy(&TestCli::new(), &source);
        assert_eq!(diff(&oracle_dump(&source).unwrap(), &oracle_dump(&target).unwrap()), [""; 0]);
        equal(
            &source,
            &target,
            "select evtname, evtowner::regrole from pg_event_trigger
            union all select pubname, pubowner::regrole from pg_publication
            union all select fdwname, fdwowner::regrole from pg_foreign_data_wrapper
            union all select subname, subowner::regrole from pg_subscription s join pg_database d on d.oid = s.subdbid
                where d.datname = current_database() order by 1",
        );
    }
}

#[test]
fn subscriptions_come_back_disabled_and_without_a_slot() {
    for server in TestServer::all() {
        let source = TestDatabase::create(&server, "beyond");
        // As if it ran, of a publisher that is not there.
        source.sql(
            "create subscription s connection 'host=192.0.2.1 dbname=x' publication p
                with (connect = false, slot_name = none)",
        );
        let target = copy(&TestCli::new(), &source);
        let state = target.sql(
            "select subenabled, subslotname is null from pg_subscription s join pg_database d on d.oid = s.subdbid
            where d.datname = current_database()",
        );
        assert_eq!(state.trim(), "f|t", "on {}", server.major);
    }
}

#[test]
fn subscriptions_that_may_not_be_read_are_named() {
    for server in TestServer::all() {
        let source = TestDatabase::create(&server, "beyond");
        let role = source.role("reader", "login");
        source.sql(
            "create table t (a int); grant select on t to public;
            create subscription \"Sub \"\"x\"\"\" connection 'dbname=x' publication p with (connect = false, slot_name = none)",
        );
        let cli = TestCli::new();
        let conninfo = source.server().conninfo_as(&role, source.name());
        let refused = cli.run(["dump", &conninfo, "-f", "x.pgark"]);
        assert_eq!(refused.code, Some(12), "{}", refused.stderr);
        assert!(refused.stderr.contains("Sub \"\"x\"\""), "{}", refused.stderr);
        let left_out = cli.run(["dump", &conninfo, "-f", "x.pgark", "--skip-unsupported"]);
        assert_eq!(left_out.code, Some(3), "{}", left_out.stderr);
        assert!(left_out.stderr.contains("Sub \"\"x\"\""), "{}", left_out.stderr);
    }
}

#[test]
fn a_half_done_detachment_is_said_and_comes_back_attached() {
    for server in TestServer::all().into_iter().filter(|server| server.major >= 14) {
        let source = TestDatabase::create(&server, "beyond");
        source.sql(
            "create table p (k int, v text) partition by list (k);
            create table \"P 1\" partition of p for values in (1);
            create table p2 partition of p for values in (2);
            insert into p values (1, 'a'), (2, 'b')",
        );
        let reader = Background::run(&source, "begin; select * from p; select pg_sleep(600)");
        reader.wait_until(&format!(
            "select count(*) > 0 from pg_stat_activity where datname = '{}' and wait_event = 'PgSleep'",
            source.name()
        ));
        let detached = source
            .try_sql("set statement_timeout = '500ms';\nalter table p detach partition \"P 1\" concurrently");
        assert!(detached.is_err(), "{detached:?}");
        drop(reader);
        assert_eq!(
            source.sql("select inhrelid::regclass from pg_inherits where inhdetachpending").trim(),
            "\"P 1\""
        );
        let cli = TestCli::new();
        let dumped = cli.succeed(["dump", &source.conninfo(), "-f", "x.pgark"]).unwrap();
        assert!(
            dumped.stderr.contains("warning: ") && dumped.stderr.contains("\"P 1\""),
            "{}",
            dumped.stderr
        );
        let target = copy(&cli, &source);
        assert_eq!(differences(&source, &target), [""; 0]);
        assert_eq!(target.sql("select count(*) from pg_inherits where not inhdetachpending").trim(), "2");
    }
}

/// Incompressible rows, more than a pipe and the buffers before it hold.
const MUCH: &str = "
    create table much as select i, (select string_agg(md5(i::text || j::text), '') from generate_series(1, 100) j) as t
    from generate_series(1, 15000) i;";

#[test]
fn large_objects_are_of_the_rows_snapshot_and_sequences_not_behind_it() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "beyond");
    source.sql(MUCH);
    source.sql(
        "create table refers (id serial, lo oid, content text);
        select lo_from_bytea(1000 + i, convert_to('before ' || i, 'UTF8')) from generate_series(1, 5) i;
        insert into refers (lo, content) select 1000 + i, 'before ' || i from generate_series(1, 5) i",
    );
    let cli = TestCli::new();
    // Nobody reads the pipe: the dump stands still within the first table.
    let mut dump = cli.command(["dump", &source.conninfo(), "-f", "-", "-j", "1", "-q"]);
    let mut dump = dump.stdout(Stdio::piped()).spawn().expect("the binary runs");
    let busy = Background::run(&source, "select pg_sleep(600)");
    busy.wait_until(&format!(
        "select count(*) > 0 from pg_stat_activity
        where datname = '{}' and wait_event = 'ClientWrite' and query like '%COPY%much%'",
        source.name()
    ));
    source.sql(
        "begin; select lo_unlink(1001); delete from refers where lo = 1001;
        select lo_put(1002, 0, 'after'); update refers set content = 'after' || substr(content, 6) where lo = 1002;
        select lo_from_bytea(2000, 'new'); insert into refers (lo, content) values (2000, 'new'), (null, null); commit",
    );
    let mut archive = std::fs::File::create(cli.path("x.pgark")).expect("a file");
    std::io::copy(&mut dump.stdout.take().expect("stdout is piped"), &mut archive).expect("all of it");
    assert!(dump.wait().expect("it ends").success());
    drop(busy);

    let target = TestDatabase::create(&server, "beyond_target");
    cli.succeed(["restore", "x.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
    let rows = "select id, lo, content, convert_from(lo_get(lo), 'UTF8') from refers order by 1";
    let before: String = (1..=5).map(|i| format!("{i}|100{i}|before {i}|before {i}\n")).collect();
    assert_eq!(target.sql(rows), before);
    assert_eq!(target.sql("select count(*) from pg_largeobject_metadata").trim(), "5");
    // A sequence is of no snapshot: it may be ahead of the rows, never behind them.
    assert_eq!(target.sql("select nextval('refers_id_seq') > max(id) from refers").trim(), "t");
}
