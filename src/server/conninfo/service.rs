//! Service files (documentation: "The Connection Service File"; libpq: `parseServiceInfo`).

#![expect(clippy::disallowed_methods, reason = "reads service files")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Environment, Error, keys};

/// libpq's buffer for one line, with its line feed.
const LINE_MAX: usize = 1023;

/// The parameters of a service: from the file that was named, else from `~/.pg_service.conf`; where neither has it,
/// from the system's `pg_service.conf`.
pub(super) fn load(
    service: &str,
    named: Option<&str>,
    environment: &Environment<'_>,
) -> Result<Vec<(&'static str, String)>, Error> {
    let own = match named {
        Some(path) => Some(PathBuf::from(path)),
        None => environment.home().map(|home| home.join(".pg_service.conf")).filter(|path| path.exists()),
    };
    let dirs = match environment.get("PGSYSCONFDIR") {
        Some(dir) => vec![PathBuf::from(dir)],
        None => environment.config_dirs.clone(),
    };
    let system = dirs.into_iter().map(|dir| dir.join("pg_service.conf")).find(|path| path.exists());
    for path in own.into_iter().chain(system) {
        if let Some(pairs) = parse(&read(&path)?, service, &path)? {
            return Ok(pairs);
        }
    }
    Err(Error::NoService(service.to_owned()))
}

fn read(path: &Path) -> Result<String, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::ServiceFile { path: path.to_owned(), line: None, problem: "not found".to_owned() })
        }
        Err(error) => {
            Err(Error::ServiceFile { path: path.to_owned(), line: None, problem: error.to_string() })
        }
    }
}

/// The pairs of the first group of that name. As in libpq, the first mention of a parameter wins within a group, and
/// what stands after the group is not looked at.
fn parse(text: &str, service: &str, path: &Path) -> Result<Option<Vec<(&'static str, String)>>, Error> {
    let mut pairs: Option<Vec<(&'static str, String)>> = None;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        // Values may be passwords: no message repeats a line.
        let wrong = |problem: &str| {
            Err(Error::ServiceFile {
                path: path.to_owned(),
                line: Some(index + 1),
                problem: problem.to_owned(),
            })
        };
        if line.len() >= LINE_MAX {
            return wrong("the line is too long");
        }
        let line = line.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(group) = line.strip_prefix('[') {
            if pairs.is_some() {
                break;
            }
            if group.strip_prefix(service).is_some_and(|rest| rest.starts_with(']')) {
                pairs = Some(Vec::new());
            }
            continue;
        }
        let Some(pairs) = &mut pairs else { continue };
        if line.starts_with("ldap://") || line.starts_with("ldaps://") {
            return wrong("look-ups in LDAP are not supported; write the parameters into the file");
        }
        let Some((key, value)) = line.split_once('=') else {
            return wrong("syntax error: no \"=\" in the line");
        };
        match keys::known(key) {
            Some("service" | "servicefile") => {
                return wrong("a service cannot name another service");
            }
            Some(key) if pairs.iter().all(|(before, _)| *before != key) => {
                pairs.push((key, value.to_owned()))
            }
            Some(_) => {}
            None => return wrong("syntax error: what stands before \"=\" is no connection parameter"),
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str, service: &str) -> Result<Option<String>, Error> {
        let pairs = parse(text, service, Path::new("/f"))?;
        Ok(pairs.map(|pairs| pairs.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ")))
    }

    #[test]
    fn the_first_group_of_the_name_counts() {
        let text = "# c\nhost=nobody\n[a]\nhost=x\nport = 1\n[a b]\n  host= y \n\n#z\nhost=w\r\nport=2\n[a b]\nport=3\n";
        assert_eq!(pairs(text, "a b").expect("valid").as_deref(), Some("host= y port=2"));
        assert_eq!(pairs(text, "c").expect("valid"), None);
        assert!(pairs(text, "a").is_err(), "the blank belongs to the name `port `");
        assert_eq!(pairs("[a]x\nuser=u", "a").expect("valid").as_deref(), Some("user=u"));
    }

    #[test]
    fn mistakes_are_named_with_their_line_and_without_their_text() {
        let long = format!("[a]\npassword={}", "s3cret".repeat(200));
        for (text, expected) in [
            ("[a]\nservice=b", "line 2: a service cannot name another"),
            ("[a]\n\npassword s3cret", "line 3: syntax error: no \"=\""),
            ("[a]\ns3cret=1", "no connection parameter"),
            ("[a]\nldap://h/dc=x?y?z?s3cret=1", "LDAP"),
            (long.as_str(), "line 2: the line is too long"),
        ] {
            let error = pairs(text, "a").expect_err(text).to_string();
            assert!(error.contains(expected) && !error.contains("s3cret"), "{text}: {error}");
            assert!(error.starts_with("service file \"/f\""), "{error}");
        }
        assert_eq!(pairs("[b]\nnonsense", "a").expect("another group"), None);
    }
}
