//! Schemas that have another name on the target.

use crate::support::{TestCli, TestDatabase, TestServer, differences};

/// `OLD` is the schema. What refers to it in all the ways that there are.
const SOURCE: &str = r#"
create schema OLD;
create schema other;
create type OLD.mood as enum ('fine', 'not');
create table OLD.t (id serial primary key, m OLD.mood default 'fine', n int generated always as identity);
create table other.u (t int references OLD.t, r regclass default 'OLD.t'::regclass);
insert into OLD.t (m) values ('not'), (default);
insert into other.u values (1), (2);
create function OLD.twice(a int) returns int immutable language sql as 'select 2 * a';
create function OLD.counted() returns bigint language plpgsql set search_path = OLD, pg_temp as
    'begin return (select count(*) from OLD.t); end';
create index on OLD.t (OLD.twice(id));
create view other.v as select OLD.twice(id) as two, m from OLD.t;
create materialized view OLD.kept as select m, count(*) from OLD.t group by m;
create function OLD.fired() returns event_trigger language plpgsql as 'begin end';
create event trigger fires on ddl_command_end execute function OLD.fired();
create publication pgark_p for table OLD.t;
comment on schema OLD is 'old';
grant usage on schema OLD to pgark_reader;
grant select on OLD.t to pgark_reader;
alter default privileges in schema OLD grant select on tables to pgark_reader;
alter schema OLD owner to pgark_owner;
analyze;
"#;

#[test]
fn a_schema_gets_its_new_name_when_all_else_is_done() {
    for server in TestServer::all() {
        // A keyword, and what is none without quotes.
        for (old, new, words) in [("\"order\"", "App \"2\" =x", &["-j2"][..]), ("app", "Table", &["-1"])] {
            let source = TestDatabase::create(&server, "schema");
            source.sql(&SOURCE.replace("OLD", old));
            source.sql(&format!("alter database {} set search_path = {old}, public", source.name()));
            let cli = TestCli::new();
            cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
            let quoted = format!("\"{}\"", new.replace('"', "\"\""));
            source.sql(&format!("alter schema {old} rename to {quoted}"));

            let target = TestDatabase::create(&server, "schema_to");
            let map = format!("--map-schema={old}={quoted}");
            let restore = ["restore", "a.pgark", "--yes", "-d", &target.conninfo(), &map];
            let restored = cli.succeed([&restore[..], words].concat());
            let restored = restored.unwrap_or_else(|error| panic!("{}: {error}", server.major));
            let differences = differences(&source, &target);
            assert!(differences.is_empty(), "on {}:\n{}", server.major, differences.join("\n"));
            let statistics = "select count(*) from pg_stats where schemaname <> 'pg_catalog' and schemaname <> 'information_schema'";
            assert_eq!(target.sql(statistics), source.sql(statistics));
            // What names it as text does not follow.
            for text in ["setting search_path of the database", ".counted()"] {
                assert!(restored.stderr.contains(text), "no {text}: {}", restored.stderr);
            }
            assert!(!restored.stderr.contains(".twice("), "{}", restored.stderr);
            assert!(restored.stderr.contains("  rename     schema "), "{}", restored.stderr);
        }
    }
}

#[test]
fn a_schema_is_restored_beside_others() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "beside");
    source.sql("create schema app; create table app.t (a int); insert into app.t values (1); create table public.u (a int)");
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let conninfo = source.conninfo();
    let restore =
        |words: &[&str]| cli.run([&["restore", "a.pgark", "--yes", "-d", &conninfo], words].concat());
    let beside = ["-n", "app", "--map-schema", "app=app_old"];

    let refused = restore(&beside);
    assert_eq!(refused.code, Some(12), "{}", refused.stderr);
    assert!(refused.stderr.contains("error: the target has a schema \"app\""), "{}", refused.stderr);
    source.sql("alter schema app rename to aside");
    let restored = restore(&beside);
    assert_eq!(restored.code, Some(0), "{}", restored.stderr);
    source.sql("alter schema aside rename to app; update app.t set a = 2");
    assert_eq!(source.sql("select o.a, t.a from app_old.t o, app.t t").trim(), "1|2");

    for (words, said) in [
        (&["-n", "app", "--map-schema", "app=app_old"][..], "the target has a schema \"app\""),
        (&["-n", "app", "--map-schema", "App=x"], "the archive names no schema App"),
        (&["-t", "app.t", "--map-schema", "app=x"], "schema \"app\" is not among what is restored"),
    ] {
        let refused = restore(words);
        assert_eq!(refused.code, Some(12), "{}", refused.stderr);
        assert!(refused.stderr.contains(said), "no {said}: {}", refused.stderr);
    }
    let usage = restore(&["-c", "--map-schema", "app=x"]);
    assert_eq!(usage.code, Some(2), "{}", usage.stderr);
    let usage = restore(&["--map-schema", "public=x"]);
    assert_eq!(usage.code, Some(2), "{}", usage.stderr);
}
