//! What the command line says about itself, and about wrong usage.

use crate::support::TestCli;

const COMMANDS: [&str; 10] =
    ["dump", "restore", "verify", "list", "info", "schema", "doctor", "cat", "completions", "man"];

#[test]
fn help_has_examples_first_and_fits_two_screens() {
    let cli = TestCli::new();
    let top = cli.succeed(["--help"]).unwrap();
    for command in COMMANDS {
        assert!(top.stdout.contains(&format!("  {command}  ")), "{command}:\n{}", top.stdout);
        for flag in ["--help", "-?"] {
            let help = cli.succeed([command, flag]).unwrap();
            assert_eq!(help.stderr, "");
            let text = help.stdout;
            let (examples, usage) = (text.find("Examples:").unwrap(), text.find("Usage:").unwrap());
            assert!(examples < usage, "{text}");
            assert!(text.contains(&format!("pgark {command} ")), "{text}");
            // --help has the rarer options, too.
            let is_full = flag == "--help" && matches!(command, "dump" | "restore" | "schema");
            assert!(is_full || text.lines().count() <= 48, "{command}: {} lines", text.lines().count());
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        }
    }
}

#[test]
fn every_flag_is_explained() {
    let cli = TestCli::new();
    for command in COMMANDS {
        let help = cli.succeed([command, "--help"]).unwrap().stdout;
        let lines: Vec<&str> = help.lines().collect();
        let flags = lines.iter().enumerate().filter(|(_, line)| line.trim_start().starts_with('-'));
        for (at, line) in flags {
            // Where a flag is long, the words are in the next line.
            let next = lines.get(at + 1).is_some_and(|next| next.starts_with("          "));
            let explained =
                next || line.trim_start().split("  ").filter(|part| !part.trim().is_empty()).count() >= 2;
            assert!(explained, "{command}: {line}");
        }
    }
}

#[test]
fn the_version_names_the_program() {
    for flag in ["--version", "-V"] {
        let outcome = TestCli::new().succeed([flag]).unwrap();
        assert_eq!(outcome.stdout, format!("pgark {}\n", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn h_is_the_host_and_not_help() {
    let outcome = TestCli::new().run(["dump", "-h"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""));
    assert!(outcome.stderr.contains("--host"), "{}", outcome.stderr);
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_wanted() {
    let cases: [(&[&str], &str); 16] = [
        (&[], "Usage:"),
        (&["bogus"], "unrecognized subcommand"),
        (&["dump", "app"], "hint:  name a file: pgark dump app -f app.pgark"),
        (&["dump", "app", "-d", "app", "-f", "x"], "cannot be used with"),
        (&["dump", "app", "-f", "x", "-j", "0"], "1 to 1000"),
        (&["dump", "app", "-f", "x", "-Z", "gzip:9"], "zstd:"),
        (&["dump", "app", "-f", "x", "-Z", "none"], "always compressed"),
        (&["dump", "app", "-f", "x", "--label", "nokey"], "key=value"),
        (&["dump", "app", "-f", "x", "--split-above", "3 apples"], "no unit"),
        (&["dump", "app", "-f", "x", "--lock-wait-timeout", "soon"], "30s"),
        (&["dump", "app", "-f", "x", "--copy-format", "binary"], "--copy-format auto"),
        (&["dump", "-f", "x", "-w", "-W"], "cannot be used with"),
        (&["dump", "host=db1 hots=x", "-f", "x"], "unknown connection parameter \"hots\""),
        (&["dump", "app", "-f", "x", "-p", "many"], "invalid value for connection parameter \"port\""),
        (&["restore", "a.pgark"], "pgark restore a.pgark -d NAME"),
        (&["verify"], "<ARCHIVE|->"),
    ];
    for (arguments, expected) in cases {
        let outcome = TestCli::new().run(arguments);
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}: {}",
            outcome.stderr
        );
        assert!(outcome.stderr.contains(expected), "{arguments:?}: {}", outcome.stderr);
    }
}
