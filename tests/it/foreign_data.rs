//! Foreign data: what an ordinary user may not see is named, not lost in silence.

use crate::support::{TestCli, TestDatabase, TestServer};

#[test]
fn hidden_options_are_named() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "source");
    let role = source.role("owner", "login");
    source.sql(&format!(
        "create foreign data wrapper w;
        create server s foreign data wrapper w;
        alter server s owner to \"{role}\";
        create user mapping for \"{role}\" server s options (password 'own secret');
        create user mapping for public server s options (password 'common secret');
        create user mapping for pgark_reader server s options (password 'hidden secret')"
    ));
    let cli = TestCli::new();
    let conninfo = source.conninfo().replace("user=postgres", &format!("user={role}"));
    let dump = cli.run(["dump", &conninfo, "-f", "a.pgark"]);
    assert_eq!(dump.code, Some(3), "{}", dump.stderr);
    assert!(
        dump.stderr.contains("options of the user mapping for pgark_reader on server s"),
        "{}",
        dump.stderr
    );
    let schema = cli.succeed(["schema", "a.pgark"]).unwrap().stdout;
    assert!(schema.contains("OPTIONS (password 'own secret')"), "{schema}");
    assert!(schema.contains("FOR PUBLIC SERVER s OPTIONS (password 'common secret')"), "{schema}");
    assert!(schema.contains("CREATE USER MAPPING FOR pgark_reader SERVER s;"), "{schema}");

    // A superuser sees everything.
    let dump = cli.succeed(["dump", &source.conninfo(), "-f", "b.pgark"]).unwrap();
    assert!(!dump.stderr.contains("left out"), "{}", dump.stderr);
    let schema = cli.succeed(["schema", "b.pgark"]).unwrap().stdout;
    assert!(schema.contains("'hidden secret'"), "{schema}");
}
