//! Security labels: on every kind that has them, of several providers, through a round trip.
//!
//! PostgreSQL comes without a provider that would do, so the tests bring one and have it compiled.

use crate::support::{LabelProvider, TestCli, TestDatabase, TestServer, diff, oracle_dump};

/// Objects and their labels.
const FIXTURE: &str = include_str!("security_label.sql");

/// Every label of the database, as the server describes what it is on. The view has those of all databases'
/// subscriptions.
const LABELS: &str = "
select objtype, coalesce(objnamespace::regnamespace::text, '-'), objname, provider, label
from pg_seclabels
where objtype not in ('role', 'database', 'tablespace') and (objtype <> 'subscription' or objoid in (
    select s.oid from pg_subscription s join pg_database d on d.oid = s.subdbid where d.datname = current_database()))
order by 1, 2, 3, 4, 5";

/// Has every session of the database load the providers.
fn load(provider: &LabelProvider, database: &TestDatabase) {
    database.sql(&format!(
        "alter database \"{}\" set session_preload_libraries = '{}'",
        database.name(),
        provider.library()
    ));
}

#[test]
fn labels_come_back_on_everything_that_has_them() {
    for server in TestServer::all() {
        let Some(provider) = LabelProvider::of(&server) else { continue };
        let (source, target) =
            (TestDatabase::create(&server, "label_source"), TestDatabase::create(&server, "label_target"));
        load(&provider, &source);
        load(&provider, &target);
        source.sql(FIXTURE);
        let labels = source.sql(LABELS);
        assert_eq!(labels.matches("pgark_label|").count(), FIXTURE.matches("for pgark_label").count() - 2);
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
        assert_eq!(diff(&labels, &target.sql(LABELS)), Vec::<String>::new(), "on {}", server.major);
        // pg_dump sorts labels by object: in which order it prints those of one object is chance.
        let lines = |database| {
            let dump = oracle_dump(database).unwrap();
            let mut lines: Vec<&str> = dump.lines().collect();
            lines.sort_unstable();
            lines.join("\n")
        };
        let differences = diff(&lines(&source), &lines(&target));
        assert!(differences.is_empty(), "on {}: {}", server.major, differences.join("\n"));
    }
}

#[test]
fn a_missing_provider_is_named_before_anything_is_written() {
    let Some(server) = TestServer::newest() else { return };
    let Some(provider) = LabelProvider::of(&server) else { return };
    let source = TestDatabase::create(&server, "label_source");
    let target = TestDatabase::create(&server, "label_missing");
    load(&provider, &source);
    source.sql(
        "create table t (a integer); security label for pgark_label on table t is 'x'; insert into t values (1)",
    );
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    // The setting would come with the archive, but only at the end.
    let restored = cli.run(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]);
    assert_eq!(restored.code, Some(12), "{}", restored.stderr);
    assert!(restored.stderr.contains("provider \"pgark_label\""), "{}", restored.stderr);
    cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes", "--no-security-labels"]).unwrap();
    assert_eq!(target.sql("select (select count(*) from t), (select count(*) from pg_seclabel)"), "1|0\n");
}
