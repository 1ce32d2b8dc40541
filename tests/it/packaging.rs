//! What a package brings along: completions that load, pages of the manual that say everything.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Stdio;

use crate::support::TestCli;

#[test]
fn bash_completes_commands_and_options() {
    let cli = TestCli::new();
    std::fs::write(cli.path("pgark"), cli.succeed(["completions", "bash"]).unwrap().stdout).unwrap();
    let complete = |words: &str| {
        let script = format!(
            "source ./pgark && complete -p pgark >&2 && COMP_WORDS=(pgark {words}) &&
            COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) && _pgark pgark \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\" &&
            echo \"${{COMPREPLY[@]}}\""
        );
        let output = cli.program("bash").args(["-c", &script]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && said.contains("-F _pgark"), "{words}: {said}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(complete("res"), "restore");
    assert_eq!(complete("restore --table-and"), "--table-and-children");
    assert_eq!(complete("dump --sect"), "--section");
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let script = cli.succeed(["completions", shell]).unwrap().stdout;
        assert!(script.contains("table-and-children"), "{shell}");
    }
}

/// The long options of lines such as `-t, --table <PATTERN>`.
fn options<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let names = lines.map(str::trim_start).filter(|line| line.starts_with('-')).filter_map(|line| {
        let (_, option) = line.split_once("--")?;
        let end = option.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        Some(option[..end.unwrap_or(option.len())].to_owned())
    });
    names.collect()
}

#[test]
fn pages_name_and_explain_what_the_help_names() {
    let cli = TestCli::new();
    std::fs::create_dir(cli.path("man1")).unwrap();
    cli.succeed(["man", "--dir", "man1"]).unwrap();
    let page = |name: &str| std::fs::read_to_string(cli.path("man1").join(name)).unwrap();
    assert_eq!(page("pgark.1"), cli.succeed(["man"]).unwrap().stdout);
    let pages = std::fs::read_dir(cli.path("man1")).unwrap().count();
    let is_command = |line: &&str| line.starts_with("pgark\\-") && line.ends_with("(1)");
    let commands = page("pgark.1").lines().filter(is_command).count();
    assert_eq!(pages, commands + 1, "{}", page("pgark.1"));
    for command in ["dump", "restore", "schema"] {
        let page = page(&format!("pgark-{command}.1"));
        assert_eq!(page, cli.succeed(["man", command]).unwrap().stdout);
        let help = cli.succeed([command, "--help"]).unwrap().stdout;
        let plain = page.replace("\\fB", "").replace("\\-", "-");
        let (found, wanted) = (options(plain.lines()), options(help.lines()));
        assert!(wanted.len() > 15, "{help}");
        assert_eq!(found, wanted, "{command}");
        let lines: Vec<&str> = page.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.contains("\\fB\\-\\-")) {
            let next = lines.get(at + 1).copied().unwrap_or_default();
            assert!(!next.is_empty() && !next.starts_with('.'), "{command}: {line} is not explained");
        }
        assert!(page.contains(".SH EXAMPLES\n.nf\n"), "{page}");
    }
    let unknown = cli.run(["man", "bogus"]);
    assert_eq!(unknown.code, Some(2), "{}", unknown.stderr);
}

#[test]
fn pages_are_proper_roff() {
    let cli = TestCli::new();
    for command in ["dump", "doctor"] {
        let page = cli.succeed(["man", command]).unwrap().stdout;
        let mut groff = cli.program("groff");
        groff.args(["-ww", "-man", "-Kutf8", "-Tutf8", "-P-cbou"]);
        groff.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let Ok(mut child) = groff.spawn() else {
            println!("skipped: groff is not installed");
            return;
        };
        child.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(&format!("\n       pgark {command} [OPTIONS] [CONN]\n")), "{text}");
    }
}
