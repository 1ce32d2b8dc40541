//! Connection parameters that only a real server can answer: what kind it is, who owns it, how it authenticates.

use std::process::{Command, Stdio};

use crate::support::{TestCli, TestDatabase, TestServer, password, tool};

/// Whether psql gets in; what it said.
fn psql(cli: &TestCli, conninfo: &str) -> (bool, String) {
    let mut command: Command = cli.program(tool("psql"));
    command.args(["-X", "-w", "-At", "-c", "select 1", "-d", conninfo]).stdin(Stdio::null());
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Both get in, or both do not; pgark's exit code and what it said.
#[track_caller]
fn as_psql(cli: &TestCli, conninfo: &str) -> (bool, String) {
    let (psql, psql_said) = psql(cli, conninfo);
    let outcome = cli.run(["dump", conninfo, "-f", "x.pgark", "--force", "-w"]);
    let pgark = outcome.code == Some(0);
    assert_eq!(psql, pgark, "{conninfo}\npsql: {psql_said}\npgark: {}", outcome.stderr);
    assert!(pgark || matches!(outcome.code, Some(6 | 7)), "{:?}: {}", outcome.code, outcome.stderr);
    (pgark, outcome.stderr)
}

#[test]
fn the_kind_of_server_that_is_wanted() {
    let cli = TestCli::new();
    for server in TestServer::all() {
        let database = TestDatabase::create(&server, "kind");
        let mut inside = Vec::new();
        for read_only in ["off", "on"] {
            for attrs in ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"] {
                let conninfo = format!(
                    "{} options='-c default_transaction_read_only={read_only}' target_session_attrs={attrs}",
                    database.conninfo()
                );
                if as_psql(&cli, &conninfo).0 {
                    inside.push(format!("{attrs} {read_only}"));
                }
            }
        }
        let expected = "any off, read-write off, primary off, prefer-standby off, \
            any on, read-only on, primary on, prefer-standby on";
        assert_eq!(inside.join(", "), expected, "{}", server.major);
    }
}

#[test]
fn the_owner_of_the_server_behind_a_socket() {
    let Some(server) = TestServer::newest() else { return };
    if !server.host.starts_with('/') {
        return;
    }
    let (cli, database) = (TestCli::new(), TestDatabase::create(&server, "owner"));
    let socket = format!("{}/.s.PGSQL.{}", server.host, server.port);
    let owner = Command::new("stat").args(["-c", "%U", &socket]).output().unwrap();
    let owner = String::from_utf8(owner.stdout).unwrap();
    assert!(as_psql(&cli, &format!("{} requirepeer={}", database.conninfo(), owner.trim())).0);
    let (inside, said) = as_psql(&cli, &format!("{} requirepeer=nobody", database.conninfo()));
    assert!(!inside && said.contains("actual peer user name"), "{said}");
}

#[test]
fn the_way_of_authentication_that_is_wanted() {
    let cli = TestCli::new();
    for server in TestServer::all() {
        let database = TestDatabase::create(&server, "auth");
        let socket = database.conninfo();
        let tcp = format!(
            "host=127.0.0.1 port={} user=postgres dbname={} password={}",
            server.port,
            database.name(),
            password()
        );
        let mut inside = Vec::new();
        for require in ["password", "md5", "scram-sha-256", "none", "!none", "!password,!md5", "gss,none"] {
            for (name, conninfo) in [("socket", &socket), ("tcp", &tcp)] {
                let (entered, said) = as_psql(&cli, &format!("{conninfo} require_auth={require}"));
                match entered {
                    true => inside.push(format!("{name} {require}")),
                    false => assert!(said.contains("authentication method requirement"), "{said}"),
                }
            }
        }
        // Sockets ask for nothing, TCP for a password; which way depends on the server's default hash.
        assert!(
            inside.contains(&"socket none".to_owned()) && inside.contains(&"tcp !none".to_owned()),
            "{inside:?}"
        );
        assert!(
            !inside.contains(&"socket !none".to_owned()) && !inside.contains(&"tcp none".to_owned()),
            "{inside:?}"
        );
        let (entered, said) = as_psql(&cli, &format!("{tcp} sslmode=disable channel_binding=require"));
        assert!(!entered && said.contains("channel binding"), "{said}");
    }
}

#[test]
fn a_service_and_a_password_file_lead_to_the_database() {
    use std::os::unix::fs::PermissionsExt;
    let Some(server) = TestServer::newest() else { return };
    let database = TestDatabase::create(&server, "service");
    let cli = TestCli::new().env("PGPASSWORD", "").env("PGSERVICE", "app");
    let service = format!("[app]\nhost=127.0.0.1\nport={}\nuser=postgres\n", server.port);
    std::fs::write(cli.path("home/.pg_service.conf"), service).unwrap();
    let file = cli.path("home/.pgpass");
    std::fs::write(&file, format!("127.0.0.1:{}:*:postgres:{}\n", server.port, password())).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(as_psql(&cli, &format!("dbname={}", database.name())).0);
    std::fs::remove_file(&file).unwrap();
    let (inside, said) = as_psql(&cli, &format!("dbname={}", database.name()));
    assert!(!inside && said.contains("no password supplied"), "{said}");
}
