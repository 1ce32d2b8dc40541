//! The ground itself: the servers answer, the oracle is the right one, and the comparisons notice changes.

use crate::support::{
    TestCli, TestDatabase, TestServer, content_diff, diff, majors, oracle_dump, oracle_version, password,
    psql, replay, row_hashes,
};

/// Something of each kind that holds data, with names that want quoting.
const SAMPLE: &str = r#"
    create table "Odd|Name" (x int primary key, t text, f float8);
    insert into "Odd|Name" select i, 'row ' || i, i / 3.0 from generate_series(1, 100) i;
    create table parent (a int);
    create table child () inherits (parent);
    insert into child values (1), (1), (null);
    create materialized view totals as select count(*) as n from parent;
    create materialized view later as select 1 as one with no data;
    create sequence counter;
    select nextval('counter');
    select lo_from_bytea(4711, '\x00ff');
"#;

#[test]
fn every_server_answers_with_its_own_major() {
    for server in TestServer::all() {
        let version = psql(&server, "postgres", "show server_version_num").unwrap();
        assert_eq!(version.trim().parse::<u32>().unwrap() / 10_000, server.major);
        let roles = psql(
            &server,
            "postgres",
            "select count(*) from pg_roles where rolname ~ '^pgark.(owner|reader|Odd)'",
        );
        assert_eq!(roles.unwrap().trim(), "3", "roles on {}", server.major);
    }
}

#[test]
fn every_server_asks_for_the_password_over_tcp() {
    for server in TestServer::all() {
        let over_tcp = TestServer { host: "127.0.0.1".into(), ..server };
        assert_eq!(psql(&over_tcp, "postgres", "select 1").unwrap().trim(), "1");
        let conninfo = format!("{} password=wrong", over_tcp.conninfo("postgres"));
        assert_ne!(password(), "wrong");
        let refused = psql(&over_tcp, "postgres", &format!("\\connect \"{conninfo}\"\nselect 1"));
        assert!(refused.unwrap_err().contains("password authentication failed"));
    }
}

#[test]
fn the_oracle_is_pg_dump_18() {
    if TestServer::newest().is_some() {
        let version = oracle_version();
        let number = version.rsplit(' ').next().and_then(|number| number.split('.').next());
        assert!(number.unwrap().parse::<u32>().unwrap() >= 18, "{version}");
    }
}

#[test]
fn a_database_goes_away_with_its_roles() {
    for server in TestServer::all() {
        let database =
            TestDatabase::create_with(&server, "latin", "encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'");
        let role = database.role("reader", "nologin");
        assert_eq!(database.sql("show server_encoding").trim(), "LATIN1");
        let name = database.name().to_owned();
        drop(database);
        let left = format!(
            "select (select count(*) from pg_database where datname = '{name}')
                + (select count(*) from pg_roles where rolname = '{role}')"
        );
        assert_eq!(psql(&server, "postgres", &left).unwrap().trim(), "0");
    }
}

#[test]
fn equal_databases_have_equal_dumps_and_rows() {
    for server in TestServer::all() {
        let (source, target) = (TestDatabase::create(&server, "a"), TestDatabase::create(&server, "b"));
        source.sql(SAMPLE);
        replay(&source, &target).unwrap();
        let (a, b) = (row_hashes(&source).unwrap(), row_hashes(&target).unwrap());
        assert_eq!(content_diff(&a, &b), [""; 0]);
        assert_eq!(diff(&oracle_dump(&source).unwrap(), &oracle_dump(&target).unwrap()), [""; 0]);
        assert_eq!(
            a.iter().map(|(key, content)| (key.as_str(), content.rows)).collect::<Vec<_>>(),
            [
                ("large object 4711", 1),
                ("sequence public.counter", 1),
                ("table public.\"Odd|Name\"", 100),
                ("table public.child", 3),
                ("table public.later", 0),
                ("table public.parent", 0),
                ("table public.totals", 1),
            ]
        );
    }
}

#[test]
fn a_changed_row_is_noticed() {
    let Some(server) = TestServer::newest() else { return };
    let database = TestDatabase::create(&server, "rows");
    database.sql(SAMPLE);
    let changes = [
        ("update \"Odd|Name\" set f = f + 1e-14 where x = 100", "table public.\"Odd|Name\": content differs"),
        ("delete from child where a is null", "table public.child: 2 rows instead of 3"),
        ("insert into child values (null)", "table public.child: 3 rows instead of 2"),
        ("update child set a = 2 where ctid = (select min(ctid) from child)", "table public.child: content"),
        ("select nextval('counter')", "sequence public.counter: content differs"),
        ("select lo_put(4711, 0, '\\x01')", "large object 4711: content differs"),
        ("alter large object 4711 owner to pgark_owner", "large object 4711: content differs"),
        ("refresh materialized view later", "table public.later: 1 rows instead of 0"),
        ("drop table child", "table public.child: missing"),
    ];
    let mut before = row_hashes(&database).unwrap();
    for (change, expected) in changes {
        database.sql(change);
        let after = row_hashes(&database).unwrap();
        let lines = content_diff(&before, &after);
        assert!(lines.len() == 1 && lines[0].starts_with(expected), "{change}: {lines:?}");
        before = after;
    }
}

#[test]
fn a_changed_column_is_noticed() {
    let Some(server) = TestServer::newest() else { return };
    let database = TestDatabase::create(&server, "columns");
    database.sql("create table account (id int, name text)");
    let before = oracle_dump(&database).unwrap();
    database.sql("alter table account alter column name type varchar(20)");
    let lines = diff(&before, &oracle_dump(&database).unwrap());
    assert!(lines.contains(&"-    name text".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"+    name character varying(20)".to_owned()), "{lines:#?}");
}

#[test]
fn a_failing_file_is_an_error() {
    let Some(server) = TestServer::newest() else { return };
    let (database, cli) = (TestDatabase::create(&server, "file"), TestCli::new());
    let file = cli.path("broken.sql");
    std::fs::write(&file, "create table t (a int);\nselect nonsense;\ncreate table never (a int);\n")
        .unwrap();
    assert!(database.run_sql_file(&file).unwrap_err().contains("broken.sql:2"));
    assert_eq!(database.sql("select count(*) from pg_tables where schemaname = 'public'").trim(), "1");
}

#[test]
fn the_binary_runs_in_a_folder_of_its_own() {
    let cli = TestCli::new().env("PGARK_LOG", "off");
    assert!(cli.path("home").starts_with(cli.folder()));
    let running = cli.spawn(["--version"]);
    assert!(running.pid() > 0);
    let outcome = running.wait();
    assert_eq!(outcome.code, Some(0), "{}{}", outcome.stdout, outcome.stderr);
    assert!(cli.succeed(["--version"]).is_ok());
}

#[test]
fn ranges_of_majors_include_both_ends() {
    assert_eq!(majors("12..14"), [12, 13, 14]);
    assert_eq!(majors("17.."), [17, 18]);
    assert_eq!(majors("..13"), [12, 13]);
    assert_eq!(majors("15"), [15]);
}
