//! A password is nowhere but on its way to the server: not in what pgark says, not in the archive, not in the arguments of
//! its children, not in the server's log.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use pgark::archive::{ArchiveFile, Decoder, Limits};
use rustix::termios::{LocalModes, tcgetattr};

use crate::support::{Cluster, Running, TestCli, psql, tool};

const CANARY: &str = "c4nary-Zx81Qp";

/// A way of giving the password: what it adds to the connection string (or a URI), and to the command line.
struct Way {
    name: &'static str,
    conninfo: String,
    more: Vec<String>,
    cli: TestCli,
}

fn ways(port: u16) -> Vec<Way> {
    let plain = format!("host=127.0.0.1 port={port} user=canary dbname=postgres");
    // Of the environment of other tests nothing is left.
    let cli = || TestCli::new().env("PGPASSWORD", "");
    let way = |name, conninfo: String, cli| Way { name, conninfo, more: Vec::new(), cli };
    let keep = |cli: &TestCli, name: &str, text: String| {
        let file = cli.path(name);
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    let (pgpass, service, command) = (cli(), cli().env("PGSERVICE", "canary"), cli());
    keep(&pgpass, "home/.pgpass", format!("127.0.0.1:{port}:*:canary:{CANARY}\n"));
    keep(&service, "home/.pg_service.conf", format!("[canary]\npassword={CANARY}\n"));
    keep(&command, "token", CANARY.to_owned());
    vec![
        way("URI", format!("postgres://canary:{CANARY}@127.0.0.1:{port}/postgres"), cli()),
        way("URI's query", format!("postgres://canary@127.0.0.1:{port}/postgres?password={CANARY}"), cli()),
        way("key=value", format!("{plain} password={CANARY}"), cli()),
        way("PGPASSWORD", plain.clone(), TestCli::new().env("PGPASSWORD", CANARY)),
        way(".pgpass", plain.clone(), pgpass),
        way("service file", plain.clone(), service),
        Way {
            // Long enough to be seen among the children.
            more: vec!["--password-command".into(), "sleep 0.3; cat token".into()],
            ..way("command", plain, command)
        },
    ]
}

/// The processes that a process has started, and those that they have, as folders in `/proc`.
fn descendants(pid: u32) -> Vec<PathBuf> {
    let (mut family, mut found) = (BTreeSet::from([pid]), Vec::new());
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        // `pid (name) state parent`
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
        if parent.is_some_and(|parent| family.contains(&parent)) {
            family.insert(pid);
            found.push(entry.path());
        }
    }
    found
}

/// What the children of a process have as arguments, until it ends.
fn arguments_of_children(running: &mut Running) -> BTreeSet<Vec<u8>> {
    let mut found = BTreeSet::new();
    while running.is_running() {
        let children = descendants(running.pid());
        found.extend(children.iter().filter_map(|folder| std::fs::read(folder.join("cmdline")).ok()));
    }
    found
}

/// Waits until what is typed on the terminal of a process' children does not show.
fn wait_for_silence(pid: u32) {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(30) {
        for folder in descendants(pid) {
            let settings = File::open(folder.join("fd/0")).ok().and_then(|tty| tcgetattr(&tty).ok());
            if settings.is_some_and(|settings| !settings.local_modes.contains(LocalModes::ECHO)) {
                return;
            }
        }
    }
    panic!("the prompt shows what is typed");
}

fn is_in(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}

/// The file as it is, and everything in it without compression.
#[track_caller]
fn is_clean(bytes: Vec<u8>, name: &str) {
    assert!(!is_in(&bytes), "{name}: in the archive");
    let archive = ArchiveFile::from_source(Box::new(bytes), Limits::default()).unwrap();
    let (mut decoder, mut stored, mut raw) = (Decoder::new().unwrap(), Vec::new(), Vec::new());
    for entry in archive.toc() {
        archive.read_frame(entry, &mut decoder, &mut stored, &mut raw).unwrap();
        assert!(!is_in(&raw), "{name}: in record {}", entry.seq);
    }
    let said = format!("{:?} {:?} {:?}", archive.begin(), archive.catalog(), archive.late());
    assert!(said.contains("canary_table") && !said.contains(CANARY), "{name}: in BEGIN, CATALOG or LATE");
}

/// A cluster that logs whatever it can, and asks for passwords.
fn cluster() -> Option<Cluster> {
    let cluster = Cluster::start()?;
    let run = |sql: &str| psql(cluster.server(), "postgres", sql).unwrap();
    // The statement that holds the verifier's source must not be logged: the log is looked at.
    run(&format!("create role canary superuser login password '{CANARY}'"));
    run("create table canary_table (a int); insert into canary_table values (1)");
    cluster.configure(
        &[
            ("log_statement", "all"),
            ("log_connections", "on"),
            ("log_min_messages", "debug2"),
            ("log_min_error_statement", "debug5"),
            ("log_error_verbosity", "verbose"),
        ],
        "host all all all scram-sha-256",
    );
    Some(cluster)
}

#[test]
fn a_password_leaves_no_trace() {
    let Some(cluster) = cluster() else { return };
    for Way { name, conninfo, more, cli } in ways(cluster.server().port) {
        let words = ["dump", &conninfo, "-f", "x.pgark", "--globals", "--role-passwords", "-vv", "--json"];
        let mut running = cli.spawn(words.map(str::to_owned).into_iter().chain(more.clone()));
        let children = arguments_of_children(&mut running);
        let outcome = running.wait();
        assert_eq!(outcome.code, Some(0), "{name}: {}", outcome.stderr);
        assert_eq!(children.is_empty(), more.is_empty(), "{name}: {children:?}");
        assert!(children.iter().all(|arguments| !is_in(arguments)), "{name}: a child's arguments");
        assert!(!is_in((outcome.stdout + &outcome.stderr).as_bytes()), "{name}: what the dump says");
        is_clean(std::fs::read(cli.path("x.pgark")).unwrap(), name);

        psql(cluster.server(), "postgres", "create database canary_target template template0").unwrap();
        let target = conninfo
            .replace("dbname=postgres", "dbname=canary_target")
            .replace("/postgres", "/canary_target");
        let words = ["restore", "x.pgark", "-d", &target, "--yes", "-vv", "--json"];
        let outcome = cli.run(words.map(str::to_owned).into_iter().chain(more.clone()));
        assert_eq!(outcome.code, Some(0), "{name}: {}", outcome.stderr);
        assert!(!is_in((outcome.stdout + &outcome.stderr).as_bytes()), "{name}: what the restore says");
        psql(cluster.server(), "postgres", "drop database canary_target").unwrap();
    }
    let log = cluster.log();
    assert!(log.contains("application_name=pgark") && !log.contains(CANARY), "in the server's log");
}

#[test]
fn a_wrong_password_leaves_no_trace_either() {
    let Some(cluster) = cluster() else { return };
    psql(cluster.server(), "postgres", "alter role canary password 'another'").unwrap();
    for Way { name, conninfo, more, cli } in ways(cluster.server().port) {
        for last in ["", "/nowhere/x.pgark"] {
            let words =
                ["dump", &conninfo, "-f", if last.is_empty() { "x.pgark" } else { last }, "-vv", "--json"];
            let outcome = cli.run(words.map(str::to_owned).into_iter().chain(more.clone()));
            assert!(
                matches!(outcome.code, Some(5 | 7 | 10)),
                "{name}: {:?} {}",
                outcome.code,
                outcome.stderr
            );
            assert!(!is_in((outcome.stdout + &outcome.stderr).as_bytes()), "{name}: {}", outcome.stderr);
        }
        if more.is_empty() {
            // The judge leaves as much in the server's log: nothing.
            let mut judge = cli.program(tool("psql"));
            let said = judge.args(["-Xw", "-d", &conninfo, "-c", "select 1"]).output().unwrap();
            assert!(!said.status.success(), "{name}");
        }
    }
    let log = cluster.log();
    assert!(log.contains("password authentication failed") && !log.contains(CANARY), "in the server's log");
}

#[test]
fn a_password_that_is_typed_leaves_no_trace() {
    let Some(cluster) = cluster() else { return };
    let cli = TestCli::new().env("PGPASSWORD", "").env("SHELL", "/bin/sh").env("TERM", "dumb");
    let port = cluster.server().port;
    for ask in ["", "-W"] {
        // `script` makes the terminal that the prompt wants.
        let dump = format!(
            "{} dump 'host=127.0.0.1 port={port} user=canary dbname=postgres' -f x.pgark --force -vv {ask}",
            env!("CARGO_BIN_EXE_pgark")
        );
        let mut command = cli.program("script");
        command.args(["-qefc", &dump, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("script is installed (package bsdutils)");
        let (mut said, mut output, mut input) =
            (Vec::new(), child.stdout.take().unwrap(), child.stdin.take().unwrap());
        let mut byte = [0];
        while output.read(&mut byte).unwrap() == 1 {
            said.push(byte[0]);
            if said.ends_with(b"Password for canary@127.0.0.1:") {
                wait_for_silence(child.id());
                writeln!(input, "{CANARY}").unwrap();
            }
        }
        let text = String::from_utf8_lossy(&said).into_owned();
        assert!(child.wait().unwrap().success(), "{text}");
        assert!(text.contains("Password for canary@") && !is_in(&said), "{text}");
        is_clean(std::fs::read(cli.path("x.pgark")).unwrap(), "prompt");
    }
    assert!(!cluster.log().contains(CANARY), "in the server's log");
}
