//! The password file, `~/.pgpass` (documentation: "The Password File").

#![expect(clippy::disallowed_methods, reason = "reads the password file")]

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What a look-up compares with the first four fields of a line.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The host as the user wrote it; `localhost` for the default socket.
    pub host: &'a str,
    /// Port.
    pub port: u16,
    /// Database.
    pub dbname: &'a str,
    /// Role.
    pub user: &'a str,
}

/// The file's text, if it may be used. A file that others can read is ignored with a warning, as in libpq.
pub(super) fn load(path: &Path, warnings: &mut Vec<String>) -> Option<String> {
    let shown = path.display();
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            warnings.push(format!("password file \"{shown}\" cannot be read: {error}"));
            return None;
        }
    };
    if !metadata.is_file() {
        warnings.push(format!("password file \"{shown}\" is not a plain file"));
        return None;
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        warnings.push(format!(
            "password file \"{shown}\" has group or world access; permissions should be u=rw (0600) or less; \
             it is ignored"
        ));
        return None;
    }
    match fs::read(path) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) => {
            warnings.push(format!("password file \"{shown}\" cannot be read: {error}"));
            None
        }
    }
}

/// The password of the first line that matches; none if that line has an empty one.
pub(super) fn find(text: &str, wanted: Wanted<'_>) -> Option<String> {
    let port = wanted.port.to_string();
    let wanted = [wanted.host, &port, wanted.dbname, wanted.user];
    let password = text.split('\n').map(|line| line.trim_end_matches('\r')).find_map(|line| {
        if line.starts_with('#') {
            return None;
        }
        let mut rest = line;
        for want in wanted {
            let (raw, value, tail) = field(rest);
            if raw != "*" && value != want {
                return None;
            }
            rest = tail?;
        }
        let (_, password, _) = field(rest);
        Some(password)
    });
    password.filter(|password| !password.is_empty())
}

/// The first field: as written, without escapes, and what follows its colon.
fn field(line: &str) -> (&str, String, Option<&str>) {
    let mut value = String::new();
    let mut chars = line.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            ':' => return (&line[..at], value, Some(&line[at + 1..])),
            '\\' => match chars.next() {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            _ => value.push(c),
        }
    }
    (line, value, None)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const FILE: &str = "# comment\n\
        db1:5432:app:ann:one\n\
        *:*:*:bob:t\\:w\\\\o\r\n\
        ::1:5432:x:y:never\n\
        \\:\\:1:5432:app:ann:six\n\
        localhost:5433:*:ann:sock:trailing\n\
        \\*:5432:app:ann:star\n\
        h:1:d:nobody:\n\
        h:1:d:nobody:late\n";

    fn look(host: &str, port: u16, dbname: &str, user: &str) -> Option<String> {
        find(FILE, Wanted { host, port, dbname, user })
    }

    #[test]
    fn the_first_matching_line_wins() {
        assert_eq!(look("db1", 5432, "app", "ann").as_deref(), Some("one"));
        assert_eq!(look("any", 1, "any", "bob").as_deref(), Some("t:w\\o"));
        assert_eq!(look("::1", 5432, "app", "ann").as_deref(), Some("six"));
        assert_eq!(look("localhost", 5433, "z", "ann").as_deref(), Some("sock"));
        assert_eq!(look("db2", 5432, "app", "ann"), None);
        assert_eq!(look("DB1", 5432, "app", "ann"), None);
        assert_eq!(look("*", 5432, "app", "ann").as_deref(), Some("star"));
        assert_eq!(look("h", 1, "d", "nobody"), None);
    }

    #[test]
    fn a_file_that_others_can_read_is_ignored_with_a_warning() {
        let dir = tempfile::tempdir().expect("tempdir");
        let path = dir.path().join("pgpass");
        let mut warnings = Vec::new();
        assert_eq!(load(&path, &mut warnings), None);
        assert!(warnings.is_empty(), "a missing file is no news");
        fs::write(&path, "*:*:*:*:p").expect("write");
        for (mode, readable) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("chmod");
            warnings.clear();
            assert_eq!(load(&path, &mut warnings).is_some(), readable, "{mode:o}");
            assert_eq!(warnings.is_empty(), readable, "{mode:o}");
        }
        assert_eq!(load(dir.path(), &mut warnings), None);
        assert!(warnings.iter().any(|w| w.contains("not a plain file")));
    }
}
