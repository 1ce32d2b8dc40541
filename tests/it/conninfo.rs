//! Connection strings, environments and files: psql and pgark do the same with them, or the difference is meant.
//!
//! The cases are in `fixtures/conninfo`; README.md there says how they are written. Each is given to the real psql 18
//! and to pgark, with the same environment, and a probe writes down what either sends to whom. The files also hold what
//! psql did when they were written, so that they can be read as a table; `PGARK_TEST_RECORD=1` writes them anew.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::{Manner, Probe, TestServer, tool};

/// What no message may show: every password in the cases contains it.
const SECRET: &str = "s3cret";

/// How many cases there are at least.
const CASES_MIN: usize = 150;

/// One case: how it is written, and what both clients do.
#[derive(Default)]
struct Case {
    name: String,
    /// The lines before the results, as they stand in the file.
    written: Vec<String>,
    psql: Vec<String>,
    /// Where it differs from psql.
    pgark: Option<Vec<String>>,
    why: Option<String>,
}

impl Case {
    /// The values of the lines that begin with this key.
    fn all(&self, key: &str) -> impl Iterator<Item = &str> {
        self.written.iter().filter_map(move |line| line.strip_prefix(key)?.strip_prefix(": "))
    }

    fn one(&self, key: &str) -> Option<&str> {
        self.all(key).next()
    }

    /// What only a psql with TLS can do.
    fn needs_tls(&self) -> bool {
        self.one("needs") == Some("tls")
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/conninfo")
}

/// The text before the first case, and the cases.
fn read(file: &Path) -> (String, Vec<Case>) {
    let text = std::fs::read_to_string(file).unwrap();
    let (head, rest) = text.split_once("\n@ ").unwrap_or_else(|| panic!("{}: no cases", file.display()));
    let cases = rest.split("\n@ ").map(|text| {
        let mut lines = text.trim_end().lines();
        let mut case = Case { name: lines.next().unwrap_or_default().to_owned(), ..Case::default() };
        for line in lines {
            if let Some(line) = line.strip_prefix("= ") {
                case.psql.push(line.to_owned());
            } else if let Some(line) = line.strip_prefix("~ ") {
                case.pgark.get_or_insert_default().push(line.to_owned());
            } else if let Some(line) = line.strip_prefix("why: ") {
                case.why = Some(line.to_owned());
            } else {
                case.written.push(line.to_owned());
            }
        }
        case
    });
    (head.to_owned(), cases.collect())
}

/// The machine as the cases see it: names in braces.
struct Machine {
    probe: Probe,
    user: String,
    /// psql was built with TLS.
    psql_has_tls: bool,
}

impl Machine {
    fn new() -> Self {
        let user = Command::new("id").arg("-un").output().expect("id runs");
        let mut machine = Self {
            probe: Probe::start(),
            user: String::from_utf8_lossy(&user.stdout).trim().to_owned(),
            psql_has_tls: true,
        };
        let mut case = Case::default();
        case.written.push("conn: host={a} sslmode=require".to_owned());
        machine.psql_has_tls = !machine.psql(&case).1.contains("not compiled in");
        machine
    }

    /// The socket directories of the probe: name, path, percent-encoded path.
    fn dirs(&self) -> [(&str, String, String); 3] {
        ["a", "b", "c"].map(|name| {
            let path = self.probe.dir(name).to_str().expect("UTF-8").to_owned();
            (name, path.clone(), path.replace('/', "%2F"))
        })
    }

    /// Names in braces become what they stand for.
    fn fill(&self, text: &str, home: &Path) -> String {
        let mut text = text.to_owned();
        for (name, path, encoded) in self.dirs() {
            text = text.replace(&format!("{{{name}}}"), &path).replace(&format!("{{{name}%}}"), &encoded);
        }
        let abstract_name = format!("@pgark-{}", self.probe.ports[0]);
        text.replace("{port}", &self.probe.ports[0].to_string())
            .replace("{port2}", &self.probe.ports[1].to_string())
            .replace("{abstract}", &abstract_name)
            .replace("{home}", home.to_str().expect("UTF-8"))
            .replace("{tab}", "\t")
    }

    /// Runs one client on the case: what the probe saw, and all that the client said.
    fn run(&self, case: &Case, mut command: Command, program: &str) -> (Vec<String>, String, Output) {
        let home = tempfile::tempdir().expect("a home");
        self.files(case, home.path());
        command.env_clear().stdin(Stdio::null()).current_dir(home.path());
        // What a build of psql may need to find its libraries.
        for name in ["LD_LIBRARY_PATH", "PATH"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.env("LC_ALL", "C").env("HOME", home.path());
        for pair in case.all("env") {
            let (name, value) = pair.split_once('=').expect("NAME=value");
            command.env(name, self.fill(value, home.path()));
        }
        if let Some(name) = case.one("unset") {
            command.env_remove(name);
        }
        command
            .args(case.one("args").unwrap_or_default().split_whitespace().map(|a| self.fill(a, home.path())));
        if let Some(conn) = case.one("conn") {
            command.arg("-d").arg(self.fill(conn, home.path()));
        }
        self.probe.behave(Manner {
            asks: case.one("asks").unwrap_or("password").to_owned(),
            answer: case.one("answer").unwrap_or("57P03").to_owned(),
            tls: case.one("tls") == Some("yes"),
        });
        let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let said = [&output.stdout[..], &output.stderr].concat();
        let program_pair = match program {
            "pgark" => " application_name='pgark dump leader'".to_owned(),
            other => format!(" application_name={other}"),
        };
        let seen = self.probe.seen().into_iter().map(|line| {
            let mut line = line.replace(&program_pair, "").replace(&format!("={}", self.user), "={os}");
            for (name, path, encoded) in self.dirs() {
                line = line.replace(&path, &format!("{{{name}}}")).replace(&encoded, &format!("{{{name}%}}"));
            }
            // Whether TLS is asked for is looked at where psql can.
            if case.needs_tls() { line } else { line.replace(" ssl user", " user") }
        });
        (seen.collect(), String::from_utf8_lossy(&said).into_owned(), output)
    }

    /// Writes the files of a case: `file: PATH MODE`, then its lines after `| `.
    fn files(&self, case: &Case, home: &Path) {
        use std::os::unix::fs::PermissionsExt;
        let mut lines = case.written.iter().peekable();
        while let Some(line) = lines.next() {
            let Some(spec) = line.strip_prefix("file: ") else { continue };
            let (path, mode) = spec.split_once(' ').expect("PATH MODE");
            let path = home.join(path);
            std::fs::create_dir_all(path.parent().expect("in the home")).unwrap();
            let mut text = String::new();
            while let Some(line) = lines.next_if(|line| line.starts_with('|')) {
                let line = line.strip_prefix("| ").unwrap_or_default();
                text.push_str(&self.fill(line, home).replace("{cr}", "\r"));
                text.push('\n');
            }
            std::fs::write(&path, text).unwrap();
            let mode = u32::from_str_radix(mode, 8).expect("an octal mode");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    fn psql(&self, case: &Case) -> (Vec<String>, String) {
        let mut command = Command::new(tool("psql"));
        command.args(["-X", "-w", "-c", "select 1"]);
        let (mut seen, said, output) = self.run(case, command, "psql");
        assert!(!output.status.success(), "{}: the probe let psql in: {said}", case.name);
        if seen.is_empty() {
            let unreachable =
                ["No such file or directory", "Connection refused", "could not translate host name"];
            let tried = unreachable.iter().any(|words| said.contains(words));
            seen.push(if tried { "not reached" } else { "refused" }.to_owned());
        }
        (seen, said)
    }

    fn pgark(&self, case: &Case) -> Vec<String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgark"));
        command.args(["dump", "-w", "-v", "-f", "out.pgark"]);
        let (mut seen, said, output) = self.run(case, command, "pgark");
        assert!(!said.contains(SECRET), "{}: a password is shown: {said}", case.name);
        // pgark always reads and writes UTF-8, and says so to the server.
        seen.iter_mut().for_each(|line| *line = line.replace(" client_encoding=UTF8", ""));
        let warnings = said.lines().filter(|line| line.contains("warning: ")).count();
        assert_eq!(warnings, usize::from(case.one("warns").is_some()), "{}: warnings: {said}", case.name);
        if let Some(text) = case.one("warns").or(case.one("says")) {
            assert!(said.contains(text), "{}: `{text}` is not said: {said}", case.name);
        }
        match output.status.code() {
            Some(2 | 7) if seen.is_empty() => seen.push("refused".to_owned()),
            Some(6) if seen.is_empty() => seen.push("not reached".to_owned()),
            Some(6..=8) => {}
            code => panic!("{}: exit {code:?}: {said}", case.name),
        }
        seen
    }
}

/// All cases of one file: how many there are, and what is wrong.
fn check(name: &str) -> (usize, Vec<String>) {
    let file = folder().join(name);
    let (head, mut cases) = read(&file);
    let machine = Machine::new();
    let record = std::env::var_os("PGARK_TEST_RECORD").is_some();
    let mut wrong = Vec::new();
    let mut unasked = 0;
    for case in &mut cases {
        if case.one("needs") == Some("ipv6") && !machine.probe.ipv6 {
            continue;
        }
        let asked = machine.psql_has_tls || !case.needs_tls();
        let psql = if asked { machine.psql(case).0 } else { case.psql.clone() };
        unasked += usize::from(!asked);
        let pgark = machine.pgark(case);
        if record {
            case.pgark = (pgark != psql).then_some(pgark);
            case.psql = psql;
            continue;
        }
        if psql != case.psql {
            wrong.push(format!("{}: psql\n  did {psql:#?}\n  file {:#?}", case.name, case.psql));
        }
        let expected = case.pgark.as_ref().unwrap_or(&case.psql);
        if pgark != *expected {
            wrong.push(format!("{}: pgark\n  did {pgark:#?}\n  file {expected:#?}", case.name));
        }
        if case.pgark.is_some() != case.why.is_some() || case.pgark.as_ref() == Some(&case.psql) {
            wrong.push(format!("{}: a difference needs a reason, and a reason a difference", case.name));
        }
    }
    if record {
        write(&file, &head, &cases);
    }
    if unasked > 0 {
        println!("{name}: {unasked} cases need a psql with TLS; compared with what one did before");
    }
    (cases.len(), wrong.into_iter().map(|text| format!("{name}: {text}")).collect())
}

fn write(file: &Path, head: &str, cases: &[Case]) {
    let mut text = head.to_owned();
    for case in cases {
        let mut lines = vec![format!("\n@ {}", case.name)];
        lines.extend(
            case.written.iter().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()),
        );
        lines.extend(case.psql.iter().map(|line| format!("= {line}")));
        lines.extend(case.pgark.iter().flatten().map(|line| format!("~ {line}")));
        lines.extend(case.why.iter().map(|why| format!("why: {why}")));
        text.push_str(&lines.join("\n"));
        text.push('\n');
    }
    std::fs::write(file, text).unwrap();
}

#[test]
fn psql_and_pgark_do_the_same() {
    // Where no server runs there need not be a psql either.
    if TestServer::newest().is_none() {
        return;
    }
    let mut names: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".txt"))
        .collect();
    names.sort();
    let only = std::env::var("PGARK_TEST_FIXTURE").unwrap_or_default();
    names.retain(|name| name.contains(&only));
    let (counts, wrong): (Vec<_>, Vec<_>) = names.iter().map(|name| check(name)).unzip();
    let (count, wrong): (usize, Vec<_>) = (counts.iter().sum(), wrong.concat());
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(!only.is_empty() || count >= CASES_MIN, "{count} cases");
    println!("{count} cases");
}
