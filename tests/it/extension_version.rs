//! Extensions come from the target: another version is said, a missing one refused.

use crate::support::{TestCli, TestDatabase, TestServer};

#[test]
fn another_version_of_an_extension_is_a_warning() {
    let Some(server) = TestServer::newest() else { return };
    let (source, target) =
        (TestDatabase::create(&server, "extension"), TestDatabase::create(&server, "extension_target"));
    let default = source.sql("select default_version from pg_available_extensions where name = 'hstore'");
    source.sql("create extension hstore version '1.5'; create extension btree_gin");
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let restored = cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
    let said = format!(
        "extension \"hstore\" is 1.5 in the source, the target makes version {}, though it has the other one too",
        default.trim()
    );
    assert!(restored.stderr.contains(&said), "{}", restored.stderr);
    assert!(!restored.stderr.contains("btree_gin\" is"), "{}", restored.stderr);
}

#[test]
fn a_missing_extension_is_named_with_what_to_install() {
    let servers = TestServer::all();
    // adminpack was dropped in 17.
    let (Some(old), Some(new)) = (
        servers.iter().rfind(|server| server.major <= 16),
        servers.iter().rfind(|server| server.major >= 17),
    ) else {
        return;
    };
    let (source, target) = (TestDatabase::create(old, "extension"), TestDatabase::create(new, "extension"));
    source.sql("create extension adminpack; create table t (a int)");
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let restored = cli.run(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]);
    assert_eq!(restored.code, Some(12), "{}", restored.stderr);
    assert!(
        restored
            .stderr
            .contains("extension \"adminpack\": install the package that brings adminpack.control"),
        "{}",
        restored.stderr
    );
    assert_eq!(target.sql("select count(*) from pg_class where relname = 't'").trim(), "0");
}
