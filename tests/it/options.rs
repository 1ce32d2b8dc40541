//! `docs/options.md` names every option of pg_dump, pg_restore and pg_dumpall 18, and says what pgark does with each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use crate::support::{TestCli, tool};

/// A row of the table.
#[derive(Debug, Default)]
struct Row {
    /// `-t`, if it has a letter.
    short: Option<String>,
    /// `--table`
    long: String,
    /// `D`, `R`, `A`
    tools: BTreeSet<char>,
    /// The commands that take it: `dump`, `restore`; `pgark` where no command is needed.
    taken_by: BTreeSet<String>,
    /// What pgark does with it.
    text: String,
}

fn rows() -> Vec<Row> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/options.md");
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().filter(|line| line.starts_with("| `-"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [names, tools, taken_by, text] = cells[..] else { panic!("four cells are wanted: {line}") };
        let names: Vec<String> = names.split(", ").map(|name| name.trim_matches('`').to_owned()).collect();
        let (long, short): (Vec<String>, Vec<String>) =
            names.into_iter().partition(|name| name.starts_with("--"));
        Row {
            short: short.into_iter().next(),
            long: long.into_iter().next().unwrap_or_else(|| panic!("no long name: {line}")),
            tools: tools.split(' ').filter_map(|tool| tool.chars().next()).collect(),
            taken_by: taken_by.split(' ').filter(|word| *word != "-").map(str::to_owned).collect(),
            text: text.replace('`', ""),
        }
    };
    lines.map(row).collect()
}

/// Options that a tool's help names: the long name, and the letter.
fn options_of(name: &str) -> BTreeMap<String, Option<String>> {
    let output = Command::new(tool(name)).arg("--help").env("LC_ALL", "C").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let option = |line: &str| {
        let words = line.strip_prefix("  ").filter(|words| words.starts_with('-'))?;
        let (short, long) = match words.split_once(", ") {
            Some((short, long)) if short.len() == 2 => (Some(short.to_owned()), long),
            _ => (None, words),
        };
        let end = long.find(['=', ' ']).unwrap_or(long.len());
        Some((long[..end].to_owned(), short))
    };
    let options: BTreeMap<_, _> = help.lines().filter_map(option).collect();
    assert!(options.len() > 30, "{name}: {options:?}");
    options
}

#[test]
fn every_option_of_the_three_tools_has_its_row() {
    let rows = rows();
    let mut wrong = Vec::new();
    for (letter, name) in [('D', "pg_dump"), ('R', "pg_restore"), ('A', "pg_dumpall")] {
        let options = options_of(name);
        for (long, short) in &options {
            let row = rows.iter().find(|row| row.long == *long && row.tools.contains(&letter));
            match row {
                None => wrong.push(format!("{name} {long}: no row")),
                Some(row) if short.is_some() && row.short != *short => {
                    wrong.push(format!("{name} {long}: its letter is {short:?}"));
                }
                Some(_) => {}
            }
        }
        let unknown =
            rows.iter().filter(|row| row.tools.contains(&letter) && !options.contains_key(&row.long));
        wrong.extend(unknown.map(|row| format!("{name} has no {}", row.long)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What pgark says to a command with an option and nothing else.
fn said(cli: &TestCli, command: &str, option: &str) -> String {
    let outcome = cli.run([command, option]);
    format!("{}{}", outcome.stdout, outcome.stderr)
}

#[test]
fn each_row_says_what_pgark_does() {
    let cli = TestCli::new();
    let mut wrong = Vec::new();
    for row in rows() {
        if row.taken_by.contains("pgark") {
            cli.succeed([row.long.as_str()]).unwrap();
            continue;
        }
        let wanted = [("dump", "DA"), ("restore", "R"), ("schema", "")];
        for (command, tools) in wanted {
            let said = said(&cli, command, &row.long);
            let is_known = !said.contains("unexpected argument") && !said.contains("is not offered");
            if row.taken_by.contains(command) {
                if !is_known {
                    wrong.push(format!("{command} {}: {said}", row.long));
                }
                continue;
            }
            if is_known {
                wrong.push(format!("{command} takes {}", row.long));
            }
            // Of a script fewer options are expected.
            if !tools.chars().any(|tool| row.tools.contains(&tool)) && !said.contains("is not offered") {
                continue;
            }
            // Somebody will try it: the error says what the table says.
            let hint = said.split_once("hint:  ").map(|(_, hint)| hint.trim()).unwrap_or_default();
            if hint.is_empty() || !row.text.contains(hint) {
                wrong.push(format!(
                    "{command} {}: the error says {hint:?}, the table {:?}",
                    row.long, row.text
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn letters_mean_what_they_mean_for_the_same_tool() {
    let cli = TestCli::new();
    for row in rows() {
        let Some(short) = row.short.as_deref() else { continue };
        for (command, tool) in [("dump", 'D'), ("restore", 'R'), ("schema", 'D')] {
            if !row.tools.contains(&tool) || row.taken_by.contains("pgark") {
                continue;
            }
            let (letter, word) = (said(&cli, command, short), said(&cli, command, &row.long));
            let offered =
                |said: &str| !said.contains("unexpected argument") && !said.contains("is not offered");
            assert_eq!(offered(&letter), offered(&word), "{command} {short}: {letter}\n{word}");
            let names_it = |said: &str| said.contains(&row.long);
            // Where a value is missing, clap names the option.
            if letter.contains("a value is required") && !row.text.contains(&format!("the letter {short}")) {
                assert!(names_it(&letter), "{command} {short}: {letter}");
            }
        }
    }
}
