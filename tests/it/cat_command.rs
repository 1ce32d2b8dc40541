//! `pgark cat`: names, formats, refusals, sizes.

use std::process::{Command, Stdio};

use crate::support::{TestCli, TestDatabase, TestServer, row_hashes};

#[test]
fn tables_are_found_as_in_sql() {
    let Some(server) = TestServer::newest() else { return };
    let database = TestDatabase::create(&server, "cat_names");
    let name = database.name();
    database.sql(&format!(
        "create schema app; create schema \"Odd.Schema\";
        alter database {name} set search_path = app, public;
        create table public.orders as select 'public' as place; create table app.orders as select 'app' as place;
        create table public.only as select 1 as a; create table \"Odd.Schema\".\"Tab\"\"le\" as select 2 as a;
        create view public.seen as select 1; create table public.parts (a int) partition by list (a);
        create table public.part_1 partition of public.parts for values in (1); insert into public.parts values (1);"
    ));
    let cli = TestCli::new();
    cli.succeed(["dump", &database.conninfo(), "-f", "a.pgark"]).unwrap();
    let rows = |table: &str| cli.succeed(["cat", "a.pgark", table]).unwrap().stdout;
    assert_eq!(rows("orders"), "place\napp\n");
    assert_eq!(rows("PUBLIC.Orders"), "place\npublic\n");
    assert_eq!(rows("only"), "a\n1\n");
    assert_eq!(rows("\"Odd.Schema\".\"Tab\"\"le\""), "a\n2\n");
    assert_eq!(rows("part_1"), "a\n1\n");
    let refused = [
        ("order", "did you mean app.orders, public.orders?"),
        ("\"Tab\"\"le\"", "did you mean \"Odd.Schema\".\"Tab\"\"le\"?"),
        ("a.b.c", "is no name of a table"),
        ("seen", "no rows of view public.seen"),
        ("public.parts", "no rows of table public.parts"),
        ("nothing_of_the_kind", "pgark list a.pgark"),
    ];
    for (table, expected) in refused {
        let outcome = cli.run(["cat", "a.pgark", table]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{table}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(expected), "{table}: {}", outcome.stderr);
    }
}

#[test]
fn odd_tables_are_printed() {
    let Some(server) = TestServer::newest() else { return };
    let database = TestDatabase::create(&server, "cat_odd");
    database.sql(
        "create table nothing (); insert into nothing default values; insert into nothing default values;
        create table empty (\"a \"\"b\" int, \"c,d\" text);
        create table alone (a text); insert into alone values ('\\.'), (null), (''), ('x');
        create table generated (a int, b int generated always as (a * 2) stored, c text);
        insert into generated values (1, default, 'x');
        create table lines (j json, q tsquery); insert into lines values (E'{\"a\":\\r\\n 1}', 'b');
        create table dropped (a int, gone text, z int); insert into dropped values (1, 'x', 2);
        alter table dropped drop column gone;
        create table nulls (a pg_ndistinct, b int)",
    );
    let cli = TestCli::new();
    cli.succeed(["dump", &database.conninfo(), "-f", "a.pgark"]).unwrap();
    let rows = |table: &str, format: &str| {
        cli.succeed(["cat", "a.pgark", table, "--format", format]).unwrap().stdout
    };
    assert_eq!(
        (rows("nothing", "csv"), rows("nothing", "jsonl")),
        ("\n\n\n".to_owned(), "{}\n{}\n".to_owned())
    );
    assert_eq!(
        (rows("empty", "csv"), rows("empty", "jsonl")),
        ("\"a \"\"b\",\"c,d\"\n".to_owned(), String::new())
    );
    assert_eq!(rows("alone", "csv"), "a\n\"\\.\"\n\n\"\"\nx\n");
    assert_eq!(rows("alone", "copy"), "\\\\.\n\\N\n\nx\n");
    assert_eq!(rows("generated", "jsonl"), "{\"a\":1,\"c\":\"x\"}\n");
    // One line per row, whatever the value looks like.
    assert_eq!(rows("lines", "jsonl"), "{\"j\":{\"a\":   1},\"q\":\"'b'\"}\n");
    assert_eq!(rows("dropped", "csv"), "a,z\n1,2\n");
    // A text that only a server can make, and binary rows that are not there.
    for (table, format, hint) in [("nulls", "csv", "--format binary"), ("lines", "binary", "--format copy")] {
        let outcome = cli.run(["cat", "a.pgark", table, "--format", format]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(12), ""), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(hint), "{}", outcome.stderr);
    }
    assert!(cli.run(["cat", "a.pgark", "nulls"]).stderr.contains("column a has type pg_ndistinct"));
}

/// Rows in several parts and frames, in all formats that a server loads.
#[test]
fn what_is_printed_loads_again() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "cat_load");
    source.sql(
        "create table t (id int, b bytea, x text, a numeric[]);
        alter table t alter b set storage external, alter x set storage external;
        insert into t select i, decode(repeat(md5(i::text), i % 200), 'hex'), repeat('x', i % 5000), array[i, i / 7.0]
        from generate_series(1, 20000) i;
        -- Cut over frames, two of them one after the other.
        update t set x = repeat('0123456789' || chr(10), 1500000) where id in (7, 8);",
    );
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark", "--split-above", "1MB"]).unwrap();
    let list = cli.succeed(["list", "a.pgark", "--json"]).unwrap().stdout;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert!(list["tables"][0]["parts"].as_u64().unwrap() > 3, "{list}");
    let expected = row_hashes(&source).unwrap();
    for (format, options) in [("binary", "(format binary)"), ("copy", ""), ("csv", "(format csv, header)")] {
        let target = TestDatabase::create(&server, "cat_loaded");
        target.sql("create table t (id int, b bytea, x text, a numeric[])");
        let file = std::fs::File::create(cli.path("rows")).unwrap();
        let status = cli.command(["cat", "a.pgark", "t", "--format", format]).stdout(file).status().unwrap();
        assert!(status.success(), "{format}");
        target.sql(&format!("\\copy t from '{}' {options}\n", cli.path("rows").display()));
        assert_eq!(row_hashes(&target).unwrap(), expected, "{format}");
    }
}

#[test]
fn names_and_rows_of_other_encodings_are_not_mixed() {
    let Some(server) = TestServer::newest() else { return };
    let latin = "encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'";
    let database = TestDatabase::create_with(&server, "cat_latin", latin);
    database.sql(
        "set client_encoding = 'UTF8'; create table plain as select 'é'::text as a; create table odd as select 1 as \"é\"",
    );
    let cli = TestCli::new();
    cli.succeed(["dump", &database.conninfo(), "-f", "a.pgark"]).unwrap();
    let output = cli.command(["cat", "a.pgark", "plain"]).output().unwrap();
    assert_eq!(output.stdout, b"a\n\xe9\n");
    let outcome = cli.run(["cat", "a.pgark", "odd"]);
    assert_eq!(outcome.code, Some(12), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("LATIN1") && outcome.stderr.contains("\"é\""), "{}", outcome.stderr);
    assert_eq!(cli.succeed(["cat", "a.pgark", "odd", "--format", "copy"]).unwrap().stdout, "1\n");

    let database =
        TestDatabase::create_with(&server, "cat_ascii", "encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'");
    database.sql("set client_encoding = 'SQL_ASCII'; create table t as select e'\\xe9'::text as \"é\"");
    cli.succeed(["dump", &database.conninfo(), "-f", "b.pgark"]).unwrap();
    let output = cli.command(["cat", "b.pgark", "t"]).output().unwrap();
    assert_eq!(output.stdout, b"\xc3\xa9\n\xe9\n");
}

#[test]
fn damaged_archives_are_refused() {
    let Some(server) = TestServer::newest() else { return };
    let database = TestDatabase::create(&server, "cat_damaged");
    database.sql(
        "create table t as select i, md5(i::text) from generate_series(1, 500) i; create table other (a int)",
    );
    let cli = TestCli::new();
    cli.succeed(["dump", &database.conninfo(), "-f", "a.pgark"]).unwrap();
    let bytes = std::fs::read(cli.path("a.pgark")).unwrap();
    let whole = cli.succeed(["cat", "a.pgark", "t"]).unwrap().stdout;
    assert_eq!(whole.lines().count(), 501);
    let mut refused = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / 200) {
        let mut bad = bytes.clone();
        bad[at] ^= 0x10;
        std::fs::write(cli.path("bad.pgark"), &bad).unwrap();
        let outcome = cli.run(["cat", "bad.pgark", "t"]);
        // What is not needed is not read; but nothing wrong is printed as if it were good.
        match outcome.code {
            Some(0) => assert_eq!(outcome.stdout, whole, "byte {at}"),
            code => {
                assert_eq!(code, Some(4), "byte {at}: {}", outcome.stderr);
                assert!(outcome.stderr.starts_with("error: "), "byte {at}: {}", outcome.stderr);
                refused += 1;
            }
        }
    }
    assert!(refused > 100, "{refused} of 200");
}

#[test]
fn a_reader_that_has_enough_is_no_mistake() {
    let Some(server) = TestServer::newest() else { return };
    let database = TestDatabase::create(&server, "cat_head");
    database.sql("create table t as select i, repeat('x', 500) from generate_series(1, 50000) i");
    let cli = TestCli::new();
    cli.succeed(["dump", &database.conninfo(), "-f", "a.pgark"]).unwrap();
    let script =
        format!("'{}' cat a.pgark t | head -n 1; exit ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_pgark"));
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(cli.folder())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(10), &b"i,repeat\n"[..]), "{stderr}");
    assert!(stderr.starts_with("error: cannot write to stdout") && !stderr.contains("report"), "{stderr}");
}
