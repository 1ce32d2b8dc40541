//! Security labels. No server comes with a provider, so sources get their labels by INSERT, and the one server whose
//! headers are here gets a provider of ours (`security_label.c`).

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{TestCli, TestDatabase, TestServer, diff, oracle_dump, tool};

/// The major that the oracle's headers are for.
const HEADERS_MAJOR: u32 = 18;

/// Labels whatever has a comment and may have a label, once or twice.
const LABEL: &str = r#"
    select lo_create(47110);
    comment on large object 47110 is 'labelled';
    create view labelled as
        select d.objoid, d.classoid, d.objsubid from pg_description d left join pg_class c on c.oid = d.objoid
        where d.objoid >= 16384 and d.classoid in ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass,
                'pg_namespace'::regclass, 'pg_language'::regclass, 'pg_event_trigger'::regclass,
                'pg_publication'::regclass, 'pg_largeobject'::regclass)
            and (d.classoid <> 'pg_class'::regclass or c.relkind in ('r', 'p', 'f', 'v', 'm', 'S', 'c'));
    insert into pg_seclabel (objoid, classoid, objsubid, provider, label)
        select objoid, classoid, objsubid, 'pgark_test', E'it''s a "label" \\ größe ' || objsubid from labelled
        union all
        select objoid, classoid, objsubid, 'Pgark "Odd" one', 'odd:{' || objoid::bigint % 7 || '}' from labelled where objoid::bigint % 3 = 0;
    insert into pg_shseclabel (objoid, classoid, provider, label)
        select s.oid, 'pg_subscription'::regclass, 'pgark_test', 'of a subscription'
        from pg_subscription s join pg_database d on d.oid = s.subdbid where d.datname = current_database();
    drop view labelled;
"#;

/// The cluster's catalog outlives the database.
const UNLABEL: &str = "
    delete from pg_shseclabel where (classoid, objoid) in (
        select 'pg_subscription'::regclass, s.oid from pg_subscription s join pg_database d on d.oid = s.subdbid
        where d.datname = current_database())";

/// Everything that can have a label, under names of every sort.
fn labelled(server: &TestServer) -> TestDatabase {
    let source = TestDatabase::create(server, "labels");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/objects/names.sql");
    source.run_sql_file(&file).unwrap();
    source.sql(LABEL);
    source
}

/// The SECURITY LABEL statements of a script, sorted. A name may hold a line break; both scripts break there.
fn statements(script: &str) -> String {
    let mut lines: Vec<&str> = script.lines().filter(|line| line.starts_with("SECURITY LABEL ")).collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[test]
fn every_label_that_pg_dump_sees_is_in_the_archive() {
    for server in TestServer::all() {
        let source = labelled(&server);
        // pg_dump forgets these.
        source.sql("delete from pg_seclabel where objoid in (select oid from pg_class where relkind = 'c')");
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "x.pgark"]).unwrap();
        let expected = statements(&oracle_dump(&source).unwrap());
        source.sql(UNLABEL);
        let schema = cli.succeed(["schema", "x.pgark"]).unwrap().stdout;
        assert!(expected.lines().count() > 200, "{expected}");
        let differences = diff(&expected, &statements(&schema));
        assert!(differences.is_empty(), "on {}:\n{}", server.major, differences.join("\n"));
    }
}

#[test]
fn a_missing_provider_is_named_before_anything_is_written() {
    let Some(server) = TestServer::newest() else { return };
    let (source, target) =
        (TestDatabase::create(&server, "labels"), TestDatabase::create(&server, "unlabelled"));
    source.sql(
        "create table t (a int);
        insert into pg_seclabel values ('t'::regclass, 'pg_class'::regclass, 0, 'No such provider', 'x')",
    );
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "x.pgark"]).unwrap();
    let restore = ["restore", "x.pgark", "-d", &target.conninfo(), "--yes", "--no-security-labels"];
    let refused = cli.run(&restore[..5]);
    assert_eq!(refused.code, Some(12), "{}", refused.stderr);
    assert!(refused.stderr.contains("No such provider"), "{}", refused.stderr);
    assert_eq!(target.sql("select count(*) from pg_class where oid >= 16384").trim(), "0");
    cli.succeed(restore).unwrap();
    assert_eq!(target.sql("select count(*) from t").trim(), "0");
}

/// Compiles the provider in a folder that the server can read; `None`, after saying so, when that cannot be done here.
fn provider(folder: &Path) -> Option<PathBuf> {
    let headers = Command::new(tool("pg_config")).arg("--includedir-server").output().ok();
    let headers = headers.map(|found| PathBuf::from(String::from_utf8_lossy(&found.stdout).trim()));
    let Some(headers) = headers.filter(|headers| headers.join("postgres.h").exists()) else {
        println!("skipped: no headers of PostgreSQL {HEADERS_MAJOR} are here");
        return None;
    };
    let library = folder.join("pgark_label.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/security_label.c");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-I"])
        .arg(headers)
        .arg("-o")
        .arg(&library)
        .arg(source)
        .output();
    match compiled {
        Ok(compiled) => {
            let said = String::from_utf8_lossy(&compiled.stderr);
            assert!(compiled.status.success(), "the provider does not compile:\n{said}");
        }
        Err(error) => {
            println!("skipped: no C compiler: {error}");
            return None;
        }
    }
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("the folder is ours");
    Some(library)
}

#[test]
fn labels_of_every_kind_and_of_two_providers_come_back() {
    let Some(server) = TestServer::of(HEADERS_MAJOR) else { return };
    if !server.host.starts_with('/') {
        println!("skipped: PostgreSQL {HEADERS_MAJOR} cannot see our files");
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Some(library) = provider(folder.path()) else { return };
    let (source, target) = (labelled(&server), TestDatabase::create(&server, "relabelled"));
    target.sql(&format!(
        "alter database {} set session_preload_libraries = '{}'",
        target.name(),
        library.display()
    ));
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "x.pgark"]).unwrap();
    let (expected, objects) = (oracle_dump(&source).unwrap(), source.sql(LABELS));
    let restored = cli.succeed(["restore", "x.pgark", "-d", &target.conninfo(), "--yes"]);
    let found = (oracle_dump(&target), target.sql(LABELS));
    source.sql(UNLABEL);
    target.sql(UNLABEL);
    restored.unwrap();
    // pg_dump does not order the labels of one object.
    assert_eq!(diff(&statements(&expected), &statements(&found.0.unwrap())), [""; 0]);
    assert!(objects.contains("large object|") && objects.contains("größe"), "{objects}");
    assert_eq!(diff(&objects, &found.1), [""; 0]);
}

/// All labels; pg_dump counts large objects as data.
const LABELS: &str = "select objtype, objnamespace::regnamespace, objname, provider, label from pg_seclabels
    where classoid <> 'pg_subscription'::regclass order by 1, objnamespace::regnamespace::text, 3, 4, 5";
