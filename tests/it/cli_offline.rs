//! `verify`, `list`, `info` and `schema`: an archive, no server.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::archive_sample::Sample;
use crate::support::TestCli;

/// A home with the sample archive in it.
fn with_sample() -> (TestCli, Vec<u8>) {
    let cli = TestCli::new();
    let (bytes, _) = Sample::new(1).write();
    std::fs::write(cli.path("a.pgark"), &bytes).unwrap();
    (cli, bytes)
}

/// Runs with something on stdin: exit code, stdout, stderr.
fn piped(arguments: &[&str], input: &[u8]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgark"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    // It may have read enough before the end; its verdict decides.
    let _ = feeder.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn verify_says_what_was_checked() {
    let (cli, bytes) = with_sample();
    let quick = cli.succeed(["verify", "a.pgark"]).unwrap();
    assert!(quick.stdout.starts_with("ok  "), "{}", quick.stdout);
    assert!(quick.stdout.contains("every byte covered, root matches"), "{}", quick.stdout);
    assert!(!quick.stdout.contains("deep"), "{}", quick.stdout);
    assert_eq!(quick.stderr, "");
    let deep = cli.succeed(["verify", "a.pgark", "--deep", "-j", "3"]).unwrap();
    assert!(deep.stdout.contains("98 rows walked"), "{}", deep.stdout);
    assert_eq!(cli.succeed(["verify", "-q", "a.pgark"]).unwrap().stdout, "");
    let (code, stdout, stderr) = piped(&["verify", "-", "--deep"], &bytes);
    assert!(code == Some(0) && stdout.contains("98 rows walked"), "{stdout}{stderr}");
}

#[test]
fn verify_in_json_is_one_document() {
    let (cli, mut bytes) = with_sample();
    let json: Value =
        serde_json::from_str(&cli.succeed(["verify", "a.pgark", "--json"]).unwrap().stdout).unwrap();
    assert_eq!((&json["ok"], &json["exit_code"]), (&true.into(), &0.into()));
    assert!(json["identity"].as_str().unwrap().starts_with("sha256:"));
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(cli.path("bad.pgark"), &bytes).unwrap();
    let outcome = cli.run(["verify", "bad.pgark", "--json"]);
    let json: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((outcome.code, &json["ok"], &json["exit_code"]), (Some(4), &false.into(), &4.into()));
    assert!(outcome.stderr.starts_with("error: "), "{}", outcome.stderr);
}

#[test]
fn a_changed_byte_is_an_alarm_wherever_it_is() {
    let (cli, bytes) = with_sample();
    // The fixed fields of the first header one by one, then samples of the rest.
    for at in (0..40).chain((40..bytes.len()).step_by(bytes.len() / 60)) {
        let mut bad = bytes.clone();
        bad[at] ^= 0x10;
        std::fs::write(cli.path("bad.pgark"), &bad).unwrap();
        let outcome = cli.run(["verify", "bad.pgark"]);
        assert_eq!(outcome.code, Some(4), "byte {at}: {}{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stderr.starts_with("error: bad.pgark: "), "byte {at}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("hint: "), "byte {at}: {}", outcome.stderr);
    }
}

#[test]
fn every_command_says_what_is_the_matter_with_a_file() {
    let (cli, bytes) = with_sample();
    std::fs::write(cli.path("cut.pgark"), &bytes[..bytes.len() - 100]).unwrap();
    std::fs::write(cli.path("empty.pgark"), b"").unwrap();
    std::fs::write(cli.path("other.dump"), b"PGDMP\x01\x10\x00 and so on").unwrap();
    std::fs::write(cli.path("other.sql"), b"--\n-- PostgreSQL database dump\n--\n").unwrap();
    std::fs::create_dir(cli.path("folder")).unwrap();
    let cases = [
        ("missing.pgark", 5, "missing.pgark does not exist"),
        ("cut.pgark", 4, "the archive is truncated"),
        ("empty.pgark", 4, "not a pgark archive"),
        ("other.dump", 4, "pg_restore -d NAME other.dump"),
        ("other.sql", 4, "psql -d NAME -f other.sql"),
        ("folder", 2, "folder is a directory"),
    ];
    for command in ["verify", "list", "info", "schema", "cat"] {
        for (file, code, expected) in cases {
            let table = (command == "cat").then_some("t");
            let outcome = cli.run([command, file].into_iter().chain(table));
            assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(code), ""), "{command} {file}");
            assert!(outcome.stderr.contains(expected), "{command} {file}: {}", outcome.stderr);
            assert!(outcome.stderr.contains("hint: "), "{command} {file}: {}", outcome.stderr);
        }
    }
    let (code, _, stderr) = piped(&["verify", "-"], &bytes[..bytes.len() - 100]);
    assert_eq!(code, Some(4), "{stderr}");
}

#[test]
fn list_shows_tables_and_sorts_them() {
    let (cli, _) = with_sample();
    let text = cli.succeed(["list", "a.pgark"]).unwrap().stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("TABLE ") && lines[0].ends_with("FORMAT"), "{text}");
    assert!(lines[1].starts_with("public.binary ") && lines[1].ends_with("2  binary"), "{text}");
    assert!(lines[2].starts_with("public.empty ") && lines[2].contains(" 0 B "), "{text}");
    assert!(lines[3].starts_with("public.text ") && lines[3].contains(" 21 "), "{text}");
    let order = |by: &str| -> Vec<String> {
        let outcome = cli.succeed(["list", "a.pgark", "--json", "--sort", by]).unwrap();
        let json: Value = serde_json::from_str(&outcome.stdout).unwrap();
        json["tables"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(order("rows"), ["public.binary", "public.text", "public.empty"]);
    assert_eq!(order("size"), ["public.binary", "public.text", "public.empty"]);
    assert_eq!(order("name"), ["public.binary", "public.empty", "public.text"]);
    let toc = cli.succeed(["list", "a.pgark", "--toc"]).unwrap().stdout;
    assert_eq!(toc.lines().count(), 6, "{toc}");
    assert!(toc.lines().nth(5).unwrap().contains("view"), "{toc}");
}

#[test]
fn info_shows_where_an_archive_comes_from() {
    let (cli, _) = with_sample();
    let text = cli.succeed(["info", "a.pgark"]).unwrap().stdout;
    for expected in [
        "identity     sha256:",
        "encoding ",
        "locale ",
        "settings ",
        "database     sample",
        "objects ",
        "rows         96 in 3 tables",
    ] {
        assert!(text.contains(expected), "{expected}:\n{text}");
    }
    let json: Value =
        serde_json::from_str(&cli.succeed(["info", "a.pgark", "--json"]).unwrap().stdout).unwrap();
    assert_eq!((&json["source"]["database"], &json["tables"]), (&"sample".into(), &3.into()));
    assert_eq!(json["complete"], true);
}

#[test]
fn schema_prints_a_restricted_script() {
    let (cli, _) = with_sample();
    let text = cli.succeed(["schema", "a.pgark"]).unwrap().stdout;
    let key = text.lines().next().unwrap().strip_prefix("\\restrict ").unwrap();
    assert!(key.len() == 63 && key.bytes().all(|b| b.is_ascii_alphanumeric()), "{key}");
    assert!(text.ends_with(&format!("\n\\unrestrict {key}\n")), "{text}");
    assert!(text.contains("CREATE TABLE public.binary (a text);\n"), "{text}");
    assert!(!text.contains("COPY "), "{text}");
}

#[test]
fn a_closed_stdout_is_no_panic() {
    let (cli, _) = with_sample();
    let script = format!("'{}' schema a.pgark | true; exit ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_pgark"));
    // The pipe's reader may live long enough to take everything.
    let output = Command::new("bash").args(["-c", &script]).current_dir(cli.folder()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 10)), "{stderr}");
    assert!(!stderr.contains("panic") && !stderr.contains("report it"), "{stderr}");
    if Path::new("/dev/full").exists() {
        let script = format!("'{}' info a.pgark > /dev/full", env!("CARGO_BIN_EXE_pgark"));
        let output = Command::new("bash").args(["-c", &script]).current_dir(cli.folder()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(10), "{stderr}");
        assert!(stderr.contains("cannot write to stdout"), "{stderr}");
    }
}
