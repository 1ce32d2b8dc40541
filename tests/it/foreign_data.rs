//! Foreign data: what an ordinary user may not see is named, not lost in silence.

use crate::support::{TestCli, TestDatabase, TestServer, diff, oracle_dump};

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
    let conninfo = source.server().conninfo_as(&role, source.name());
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

/// Only superusers can own a foreign-data wrapper; all servers of the tests have but one.
#[test]
fn a_wrapper_comes_back_to_another_superuser() {
    for server in TestServer::all() {
        let (source, target) =
            (TestDatabase::create(&server, "fdw_source"), TestDatabase::create(&server, "fdw_target"));
        let role = source.role("Super S", "superuser");
        source.sql(&format!(
            "create foreign data wrapper \"Fdw \"\"w\"\"\" options (a 'b');
            create foreign data wrapper plain;
            alter foreign data wrapper \"Fdw \"\"w\"\"\" owner to \"{role}\";
            grant usage on foreign data wrapper \"Fdw \"\"w\"\"\" to pgark_reader with grant option;
            set session authorization pgark_reader;
            grant usage on foreign data wrapper \"Fdw \"\"w\"\"\" to pgark_owner;
            reset session authorization;
            revoke all on foreign data wrapper \"Fdw \"\"w\"\"\" from \"{role}\";
            create server s foreign data wrapper \"Fdw \"\"w\"\"\";
            alter server s owner to \"{role}\";"
        ));
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
        let (before, after) = (oracle_dump(&source).unwrap(), oracle_dump(&target).unwrap());
        assert!(before.contains("ALTER FOREIGN DATA WRAPPER \"Fdw \"\"w\"\"\" OWNER TO"), "{before}");
        let differences = diff(&before, &after);
        // The role goes with the source, and must own nothing by then.
        drop(target);
        assert!(differences.is_empty(), "on {}: {}", server.major, differences.join("\n"));
    }
}
