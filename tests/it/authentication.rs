//! Passwords and channel binding with a real server, in clear and over TLS; several servers behind one connection string.

use crate::support::{Authority, Cluster, TestCli, TestDatabase, TestServer, psql};

#[test]
fn every_way_to_prove_a_password() {
    let Some(cluster) = Cluster::start() else { return };
    let ca = Authority::new("pgark-tests");
    ca.sign("good", "server", "DNS:db.pgark.example", 2);
    for file in ["good.crt", "good.key"] {
        cluster.give(&ca.path(file));
    }
    let roles = "set password_encryption = 'md5'; create role old login password 'secret';
        set password_encryption = 'scram-sha-256'; create role new login password 'secret'";
    psql(cluster.server(), "postgres", roles).unwrap();
    let database = TestDatabase::create(cluster.server(), "auth");
    let cli = TestCli::new();
    let mut wrong = Vec::new();
    for method in ["trust", "password", "md5", "scram-sha-256"] {
        let settings = [("ssl_cert_file", "good.crt"), ("ssl_key_file", "good.key"), ("ssl", "on")];
        cluster.configure(&settings, &format!("host all all all {method}"));
        for (role, tls, binding) in ["old", "new"].into_iter().flat_map(|role| {
            let ways = [
                ("disable", "disable"),
                ("disable", "require"),
                ("require", "prefer"),
                ("require", "require"),
            ];
            ways.map(|(tls, binding)| (role, tls, binding))
        }) {
            let conninfo = format!(
                "host=127.0.0.1 port={} dbname={} user={role} password=secret sslmode={tls} channel_binding={binding}",
                cluster.server().port,
                database.name()
            );
            let outcome = cli.run(["dump", &conninfo, "-f", "a.pgark", "--force", "-w"]);
            // The server asks for SCRAM wherever it has such a hash, but where it wants the password itself.
            let scram = role == "new" && matches!(method, "md5" | "scram-sha-256");
            let known = method == "trust" || role == "new" || method != "scram-sha-256";
            let inside = known && (binding != "require" || scram && tls == "require");
            if outcome.code != Some(if inside { 0 } else { 7 }) {
                wrong.push(format!("{method} {role} {tls} {binding}: {:?} {}", outcome.code, outcome.stderr));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Workers that ask for the name again would come to another server, which does not have the snapshot.
#[test]
fn all_sessions_go_to_the_server_that_was_found_first() {
    let servers = TestServer::all();
    let [.., one, other] = &servers[..] else { return };
    let name = format!("pgark_test_{}_hosts", std::process::id());
    let databases = [one, other].map(|server| TestDatabase::create_named(server, &name, ""));
    for (database, server) in databases.iter().zip([one, other]) {
        database.sql(&format!(
            "create table t as select {} as major from generate_series(1, 1000)",
            server.major
        ));
    }
    // One that is dead is among them.
    let hosts = [&one.host, "/nowhere", &other.host].join(",");
    let ports = format!("{},5432,{}", one.port, other.port);
    let conninfo = format!("host={hosts} port={ports} user=postgres dbname={name} load_balance_hosts=random");
    let cli = TestCli::new();
    for _ in 0..8 {
        let outcome = cli.succeed(["dump", &conninfo, "-f", "a.pgark", "--force", "-j4", "--json"]).unwrap();
        assert!(
            outcome.stdout.contains("\"rows\":1000,") && outcome.stdout.contains("\"jobs\":4,"),
            "{}",
            outcome.stdout
        );
    }
}
