//! `pgark schema`: its scripts make what a restore of the definitions makes, whoever runs them, and run nothing else.

use std::path::Path;

use serde_json::Value;

use crate::create::unique;
use crate::selection::fixture;
use crate::support::{
    TestCli, TestDatabase, TestServer, diff, oracle_dump, oracle_dump_create, psql, psql_file,
};

/// Names and texts that would leave their quotes, or run a command of psql's. `{file}` is what the commands would make.
const HOSTILE: &str = r#"
create schema "a
\! touch {file}
";
create table "a
\! touch {file}
"."b';
\! touch {file}
--" ("c"";
\! touch {file}
" int default 0, "\connect template1" text default E'\\'';\n\\! touch {file}\n');
comment on table "a
\! touch {file}
"."b';
\! touch {file}
--" is E'\'; \\! touch {file}
\\! touch {file}
';
create function public.f() returns text language sql as $f$ select E'\'$$' || '
\! touch {file}
' $f$;
create function public.g() returns text language sql as '/* ''
\! touch {file}
*/ select $$x\$$ || ''\''';
create view public.v as select '
\! touch {file}
\' as "x
\unrestrict pgark";
create role "{db}
\! touch {file}
";
alter view public.v owner to "{db}
\! touch {file}
";
grant select on public.v to pgark_reader with grant option;
set role pgark_reader; grant select on public.v to pgark_owner; reset role;
grant usage on schema public to pgark_reader; revoke all on schema public from public;
create publication own for table "a
\! touch {file}
"."b';
\! touch {file}
--";
create subscription "s
\! touch {file}
" connection 'host=nowhere' publication own with (connect = false, slot_name = none);
"#;

/// A database with everything that is hard to say, and the role that belongs to it.
fn nasty(server: &TestServer, topic: &str, file: &Path) -> TestDatabase {
    let source = fixture(server, topic);
    source.sql(&filled(HOSTILE, source.name(), file));
    source
}

fn filled(sql: &str, db: &str, file: &Path) -> String {
    sql.replace("{file}", file.to_str().unwrap()).replace("{db}", db)
}

/// Removes that role when all databases that name it are gone.
fn drop_role(server: &TestServer, db: &str, file: &Path) {
    psql(server, "postgres", &filled("drop role \"{db}\n\\! touch {file}\n\"", db, file)).unwrap();
}

/// Runs a script as a program does: each line's statement by itself.
fn drive(server: &TestServer, database: &str, json: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let connect = |database: String| async move {
            let conninfo = server.conninfo(&database);
            let (client, connection) =
                tokio_postgres::connect(&conninfo, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client
        };
        let mut client = connect(database.to_owned()).await;
        for line in json.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            match (line["sql"].as_str(), line["connect"].as_str()) {
                (Some(sql), None) => {
                    client.simple_query(sql).await.unwrap_or_else(|error| panic!("{line}: {error:?}"));
                }
                (None, Some(database)) => client = connect(database.to_owned()).await,
                _ => panic!("{line}"),
            }
        }
    });
}

#[test]
fn a_script_makes_the_same_definitions_and_runs_no_command_in_it() {
    for server in TestServer::all() {
        let cli = TestCli::new();
        let file = cli.path("touched");
        let source = nasty(&server, "script", &file);
        let expected = oracle_dump(&source).unwrap();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        cli.succeed(["schema", "a.pgark", "-f", "a.sql"]).unwrap();
        cli.succeed(["schema", "a.pgark", "-c", "-f", "clean.sql"]).unwrap();
        let json = cli.succeed(["schema", "a.pgark", "-c", "--json"]).unwrap().stdout;
        let same = |target: &TestDatabase, what: &str| {
            let differences = diff(&expected, &oracle_dump(target).unwrap());
            assert!(differences.is_empty(), "{what} on {}: {}", server.major, differences.join("\n"));
        };
        let target = TestDatabase::create(&server, "script_target");
        target.run_sql_file(&cli.path("a.sql")).unwrap();
        same(&target, "psql");
        target.run_sql_file(&cli.path("clean.sql")).unwrap();
        same(&target, "psql -c");
        drive(&server, target.name(), &json);
        same(&target, "driver -c");
        let empty = TestDatabase::create(&server, "script_empty");
        empty.run_sql_file(&cli.path("clean.sql")).unwrap();
        same(&empty, "psql -c, empty");
        assert!(!file.exists(), "{}", server.major);
        let db = source.name().to_owned();
        drop((source, target, empty));
        drop_role(&server, &db, &file);
    }
}

#[test]
fn a_script_makes_the_database_itself() {
    for server in TestServer::all() {
        let name = format!("{} it's \\ \"x\" `touch x`", unique("script"));
        let source = TestDatabase::create_named(&server, &name, "lc_collate 'C' lc_ctype 'C'");
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        source.sql(
            &"create table t (a int); comment on database {db} is E'a\n\\\\! touch x';
            alter database {db} owner to pgark_owner; alter database {db} connection limit 5;
            revoke temporary on database {db} from public; grant create on database {db} to pgark_reader;
            alter database {db} set search_path = \"$user\", \"Odd, schema\";
            alter role pgark_reader in database {db} set statement_timeout = '5s'"
                .replace("{db}", &quoted),
        );
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        let expected = oracle_dump_create(&source).unwrap();
        cli.succeed(["schema", "a.pgark", "-C", "-f", "a.sql", "--restrict-key", "pgark"]).unwrap();
        source.drop_now();
        psql_file(&server, "postgres", &cli.path("a.sql")).unwrap();
        assert_eq!(diff(&expected, &oracle_dump_create(&source).unwrap()), Vec::<String>::new());
        // It replaces what is there.
        source.sql("create schema other");
        let json = cli.succeed(["schema", "a.pgark", "-C", "-c", "--json"]).unwrap().stdout;
        drive(&server, "postgres", &json);
        assert_eq!(diff(&expected, &oracle_dump_create(&source).unwrap()), Vec::<String>::new());
        let again = std::fs::read_to_string(cli.path("a.sql")).unwrap();
        let repeated = cli.succeed(["schema", "a.pgark", "-C", "--restrict-key", "pgark"]).unwrap().stdout;
        assert_eq!(diff(&again, &repeated), Vec::<String>::new());
    }
}

#[test]
fn each_selection_is_that_of_a_restore() {
    let Some(server) = TestServer::newest() else { return };
    let cli = TestCli::new();
    let file = cli.path("touched");
    let source = nasty(&server, "selected", &file);
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    std::fs::write(cli.path("rules"), "include table app.cache\nexclude table app.users\n").unwrap();
    let toc = cli.succeed(["list", "a.pgark", "--toc"]).unwrap().stdout;
    let lines = toc.lines().filter(|line| line.contains(" schema "));
    let listed: Vec<&str> = lines.rev().collect();
    std::fs::write(cli.path("list"), listed.join("\n")).unwrap();
    let far = "create foreign data wrapper nowhere; create server far foreign data wrapper nowhere";
    let schemas = "create schema app; create schema audit_log; create schema \"Odd \"\"schema\";";
    let types = "create type app.mood as enum ('sad', 'happy');
        create domain app.email as text check (value like '%@%');
        create function app.touch() returns trigger language plpgsql as 'begin return new; end';
        create function app.watch() returns event_trigger language plpgsql as 'begin end'";
    let base = format!("{schemas}{types}");
    let pre_data = cli.succeed(["schema", "a.pgark", "--section", "pre-data"]).unwrap().stdout;
    // What is there before, and words.
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        (far, &["-n", "app"]),
        (far, &["-n", "a*", "--strict-names", "-N", "a\n*"]),
        (far, &["-n", "app", "-T", "cache", "-T", "*e*n*"]),
        (far, &["-n", "app", "--exclude-table-and-children", "base"]),
        (
            &base,
            &["-N", "app", "-N", "*_log", "-N", "\"Odd\"*", "--exclude-extension", "*", "--no-publications"],
        ),
        (&base, &["-t", "app.users"]),
        (&base, &["-t", "*a*e", "-T", "b*", "-n", "app"]),
        (&base, &["--table-and-children", "app.base"]),
        (&base, &["-t", "cache", "--only"]),
        (&base, &["--filter", "rules"]),
        ("", &["--extension", "citext", "-n", "app", "-T", "*", "-x"]),
        ("", &["--exclude-extension", "citext"]),
        (&pre_data, &["-I", "orders_what", "-I", "\"Orders note\""]),
        (schemas, &["-P", "run(integer)", "-P", "add"]),
        (&pre_data, &["--trigger", "touch", "-n", "app"]),
        ("", &["-L", "list"]),
        ("", &["--section", "pre-data"]),
        (&pre_data, &["--section", "post-data"]),
        ("", &["-O"]),
        ("", &["-x"]),
        ("", &["--no-comments", "--no-security-labels"]),
        ("", &["--no-policies"]),
        ("", &["--no-publications"]),
        ("", &["--no-subscriptions"]),
        ("", &["--no-tablespaces", "--no-table-access-method"]),
    ];
    let mut wrong = Vec::new();
    for (before, words) in cases {
        let targets = ["expected", "found"].map(|topic| TestDatabase::create(&server, topic));
        targets.iter().for_each(|target| drop(target.sql(before)));
        let [expected, found] = &targets;
        let conninfo = expected.conninfo();
        let restore = ["restore", "a.pgark", "-d", &conninfo, "--yes", "-s"];
        cli.succeed(restore.iter().chain(*words)).unwrap();
        let script = cli.succeed(["schema", "a.pgark"].iter().chain(*words)).unwrap().stdout;
        if let Err(error) = found.try_sql(&script) {
            wrong.push(format!("{words:?}: {error}"));
            continue;
        }
        let differences = diff(&oracle_dump(expected).unwrap(), &oracle_dump(found).unwrap());
        if !differences.is_empty() {
            wrong.push(format!("{words:?}: {}", differences.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!file.exists());
    let db = source.name().to_owned();
    drop(source);
    drop_role(&server, &db, &file);
}

#[test]
fn what_a_script_cannot_say_is_refused() {
    let Some(server) = TestServer::newest() else { return };
    let cli = TestCli::new();
    let name = format!("{}\n\\! touch x", unique("line"));
    let source = TestDatabase::create_named(&server, &name, "");
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    std::fs::write(cli.path("there"), "mine").unwrap();
    for (words, code, said) in [
        (&["-C"][..], 12, "line end in its name"),
        (&["-t", "nothing"], 12, "no matching tables were found"),
        (&["-f", "there"], 12, "say --force to replace it"),
        (&["-a"], 2, "pgark cat ARCHIVE TABLE prints rows"),
        (&["--section", "data"], 2, "rows are no definitions"),
        (&["--restrict-key", "a b"], 2, "letters and digits"),
        (&["--restrict-key", "a", "--json"], 2, "cannot be used with"),
        (&["--globals", "-t", "x"], 2, "cannot be used with"),
    ] {
        let outcome = cli.run(["schema", "a.pgark"].iter().chain(words));
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(code), ""), "{words:?}");
        assert!(outcome.stderr.contains(said), "{words:?}: {}", outcome.stderr);
    }
    assert_eq!(std::fs::read_to_string(cli.path("there")).unwrap(), "mine");
    let json = cli.succeed(["schema", "a.pgark", "-C", "--json"]).unwrap().stdout;
    let connects = json.lines().filter(|line| line.contains("\"connect\"")).count();
    assert_eq!(connects, 1, "{json}");
    cli.succeed(["schema", "a.pgark", "-f", "there", "--force"]).unwrap();
    assert!(std::fs::read_to_string(cli.path("there")).unwrap().starts_with("\\restrict "));
}
