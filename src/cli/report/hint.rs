//! Commands for hints, ready to be typed.

use std::path::Path;

use pgark::inspect;
use pgark::server::Conninfo;
use pgark::server::conninfo::DEFAULT_PORT;
use pgark::sql::ident;

use super::Scene;

/// A word of a shell command.
pub fn shell(word: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_./:@%+=,-".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A path as a word of a shell command.
pub fn shell_path(path: &Path) -> String {
    shell(&path.to_string_lossy())
}

/// `-h db1 -p 5433 -U app`: psql's flags for the server that was asked.
pub fn flags(conninfo: &Conninfo) -> String {
    let mut flags = String::new();
    if let Some(host) = conninfo.hosts.first() {
        flags.push_str(&format!("-h {} ", shell(&host.place.to_string())));
        if host.port != DEFAULT_PORT {
            flags.push_str(&format!("-p {} ", host.port));
        }
    }
    format!("{flags}-U {}", shell(&conninfo.user))
}

/// `psql -h db1 -U app -d app -c 'SELECT …'`.
pub fn psql(conninfo: &Conninfo, dbname: &str, sql: &str) -> String {
    let command = format!("psql {} -d {}", flags(conninfo), shell(dbname));
    if sql.is_empty() { command } else { format!("{command} -c {}", shell(sql)) }
}

/// Makes the target as the archive's source was: its encoding and locale are part of what is restored.
pub fn create_database(scene: &Scene<'_>, conninfo: &Conninfo, name: &str) -> String {
    let options = scene
        .archive
        .and_then(|path| inspect::contents(path).ok())
        .map(|contents| contents.database.create_options)
        .filter(|options| !options.is_empty());
    match options {
        Some(options) => {
            let sql = format!("CREATE DATABASE {} WITH {options}", ident(name));
            psql(conninfo, "postgres", &sql)
        }
        None => format!("createdb {} -T template0 {}", flags(conninfo), shell(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::shell;

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(
            [shell("app.pgark"), shell("a b"), shell("it's"), shell("")],
            ["app.pgark", "'a b'", "'it'\\''s'", "''"]
        );
    }
}
