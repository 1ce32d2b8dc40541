//! `psql` and `pg_dump` of PostgreSQL 18: the judge, independent of the code under test.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use super::database::TestDatabase;
use super::server::{TestServer, password, script};

/// The path of a client tool: from `PGARK_ORACLE_BIN`, else from `scripts/servers oracle`.
pub fn tool(name: &str) -> PathBuf {
    static FOUND: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut found = FOUND.lock().expect("a test failed while it looked for a tool");
    found.entry(name.to_owned()).or_insert_with(|| find(name)).clone()
}

fn find(name: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os("PGARK_ORACLE_BIN").filter(|folder| !folder.is_empty()) {
        return Path::new(&folder).join(name);
    }
    let output = Command::new(script()).args(["oracle", name]).output().expect("scripts/servers runs");
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert!(output.status.success(), "no {name}: {}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(path)
}

/// The program and the environment of a psql that speaks TLS: the wheel's has a libpq without. `None` where none is here.
///
/// The servers that `scripts/servers` fetches bring a libpq of the same version with TLS; put before the other one, it is
/// what psql then uses.
pub fn tls_psql() -> Option<(PathBuf, Option<PathBuf>)> {
    let output =
        Command::new(script()).args(["bin", "18", "postgres"]).output().expect("scripts/servers runs");
    let postgres = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let libpq = postgres.ancestors().nth(2).map(|root| root.join("lib/libpq.so.5"));
    let psql = tool("psql");
    [None, libpq.filter(|file| file.is_file())].into_iter().map(|libpq| (psql.clone(), libpq)).find(
        |(psql, libpq)| {
            let mut command = Command::new(psql);
            command.args(["-Xw", "-d", "host=/nowhere sslmode=require"]);
            command.envs(libpq.iter().map(|file| ("LD_PRELOAD", file)));
            let said = command.output().expect("psql runs").stderr;
            !String::from_utf8_lossy(&said).contains("not compiled in")
        },
    )
}

/// `pg_dump --version`, such as `pg_dump (PostgreSQL) 18.6`.
pub fn oracle_version() -> String {
    let output = Command::new(tool("pg_dump")).arg("--version").output().expect("pg_dump runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A client tool aimed at one database, with nothing inherited that could aim it elsewhere.
fn client(name: &str, server: &TestServer, database: &str) -> Command {
    let mut command = Command::new(tool(name));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    // Bytes as they are: not every database can say everything in UTF-8.
    command.envs([("LC_ALL", "C"), ("PGCLIENTENCODING", "SQL_ASCII"), ("PGCONNECT_TIMEOUT", "30")]);
    command.env("PGPASSWORD", password()).env("PGPASSFILE", "/dev/null");
    command.arg("-d").arg(server.conninfo(database)).stdin(Stdio::null());
    command
}

/// Stdout of a finished command; its stderr when it failed.
fn finish(mut command: Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    said(&output)
}

fn said(output: &Output) -> Result<String, String> {
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr).trim().to_owned())
    }
}

/// Bytes as text; what is not UTF-8 (a SQL_ASCII database may hold anything) as `\xNN`, so that no two
/// outputs that differ become equal.
fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

/// Runs statements, stops at the first error, and returns the rows as `psql -At` prints them.
pub fn psql(server: &TestServer, database: &str, sql: &str) -> Result<String, String> {
    let mut command = client("psql", server, database);
    command.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-f", "-"]);
    feed(command, sql)
}

/// Runs a file, `\` commands and COPY blocks included.
pub fn psql_file(server: &TestServer, database: &str, path: &Path) -> Result<String, String> {
    let mut command = client("psql", server, database);
    command.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-f"]).arg(path);
    finish(command)
}

fn feed(mut command: Command, text: &str) -> Result<String, String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    let mut stdin = child.stdin.take().expect("invariant: stdin is piped");
    // Writing in a thread of its own: psql may fill its output before it has read everything.
    let text = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().map_err(|error| format!("{command:?}: {error}"))?;
    // After an error psql closes the pipe early; its message says more than ours.
    let _written = writer.join();
    said(&output)
}

/// The definition of everything in a database, as pg_dump 18 says it: the text that must survive a round trip.
///
/// Comment lines stay: they carry each object's owner and schema. Only what differs from run to run is fixed
/// (the key of `\restrict`).
pub fn oracle_dump(database: &TestDatabase) -> Result<String, String> {
    definitions(database, &[])
}

/// The same with the database itself: `CREATE DATABASE` and its properties.
pub fn oracle_dump_create(database: &TestDatabase) -> Result<String, String> {
    definitions(database, &["--create"])
}

fn definitions(database: &TestDatabase, more: &[&str]) -> Result<String, String> {
    let mut command = client("pg_dump", database.server(), database.name());
    command.args(["--schema-only", "--restrict-key=pgark"]).args(more);
    finish(command).map_err(|error| format!("pg_dump of {}: {error}", database.name()))
}

/// The globals of a cluster, as pg_dumpall 18 says them.
pub fn oracle_globals(server: &TestServer) -> Result<String, String> {
    let mut command = client("pg_dumpall", server, "postgres");
    command.args(["--globals-only", "--restrict-key=pgark"]);
    finish(command).map_err(|error| format!("pg_dumpall of {}: {error}", server.major))
}

/// The optimizer statistics of a database, as pg_dump 18 writes them for a restore; without the server's version and
/// without what only 18 counts.
pub fn oracle_statistics(database: &TestDatabase) -> Result<String, String> {
    let mut command = client("pg_dump", database.server(), database.name());
    command.args(["--statistics-only", "--restrict-key=pgark"]);
    let text = finish(command).map_err(|error| format!("pg_dump of {}: {error}", database.name()))?;
    let ours = |line: &&str| {
        let line = line.trim_start();
        // The last argument carries the parenthesis.
        !["'version',", "'relallfrozen',", "-- Dumped from"].iter().any(|start| line.starts_with(start))
    };
    Ok(text.lines().filter(ours).map(|line| line.trim_end_matches(',')).collect::<Vec<_>>().join("\n"))
}

/// Copies a database the official way, definitions and rows: what plain replay makes of it.
pub fn replay(source: &TestDatabase, target: &TestDatabase) -> Result<(), String> {
    let dump = finish(client("pg_dump", source.server(), source.name()))?;
    // pg_dump 18 sets a parameter that servers before 17 do not know.
    let dump = dump.replace("SET transaction_timeout = 0;\n", "");
    psql(target.server(), target.name(), &dump).map(drop)
}

/// An archive that pg_dump 18 makes in its own format, with these words.
pub fn oracle_archive(database: &TestDatabase, words: &[&str], file: &Path) -> Result<(), String> {
    let mut command = client("pg_dump", database.server(), database.name());
    command.args(["--format=custom", "--file"]).arg(file).args(words);
    finish(command).map(drop)
}

/// The lines of `pg_restore -l` that stand for entries, without their numbers and the owner `postgres`.
pub fn oracle_toc(file: &Path) -> Result<Vec<String>, String> {
    let mut command = Command::new(tool("pg_restore"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).arg("-l").arg(file);
    let text = finish(command)?;
    let entry = |line: &str| {
        let (_, rest) = line.split_once("; ")?;
        let what = rest.splitn(3, ' ').nth(2)?;
        Some(what.strip_suffix("postgres").unwrap_or(what).trim_end().to_owned())
    };
    Ok(text.lines().filter(|line| !line.starts_with(';')).filter_map(entry).collect())
}

/// Restores an archive of pg_dump's by pg_restore 18, which goes on after errors; what it said.
pub fn oracle_restore(file: &Path, target: &TestDatabase, words: &[&str]) -> String {
    let mut command = client("pg_restore", target.server(), target.name());
    let output = command.args(words).arg(file).output().expect("pg_restore runs");
    text(&output.stderr)
}
