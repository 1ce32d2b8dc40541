//! Connection URIs (documentation: "Connection URIs"; libpq: `conninfo_uri_parse`).

use super::Error;

/// Whose words the parameters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Libpq,
    Jdbc,
}

/// The part after the scheme, if the text is a URI for PostgreSQL; an error for other products' schemes.
///
/// Besides libpq's two prefixes those that other tools write are taken: `jdbc:postgresql://`,
/// `postgresql+driver://`.
pub(super) fn after_scheme(text: &str) -> Result<Option<(String, Dialect)>, Error> {
    if let Some(jdbc) = text.strip_prefix("jdbc:") {
        return match jdbc.strip_prefix("postgresql:") {
            // `jdbc:postgresql:name` is a database without a host.
            Some(rest) => Ok(Some((
                rest.strip_prefix("//")
                    .map_or_else(|| format!("/{}", rest.trim_start_matches('/')), str::to_owned),
                Dialect::Jdbc,
            ))),
            None => Err(Error::Uri("the scheme after \"jdbc:\" is not postgresql".to_owned())),
        };
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        // A slip that would make a database's name of a URI, with its password in every message.
        let scheme = text.split(':').next().unwrap_or_default().to_ascii_lowercase();
        return match text.contains(':') && matches!(scheme.as_str(), "postgres" | "postgresql") {
            true => Err(Error::Uri("it begins with postgresql://".to_owned())),
            false => Ok(None),
        };
    };
    if !scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) || scheme.is_empty() {
        return Ok(None);
    }
    match scheme.split_once('+').map_or(scheme, |(base, _driver)| base) {
        "postgresql" | "postgres" => Ok(Some((rest.to_owned(), Dialect::Libpq))),
        _ => Err(Error::Uri(format!("the scheme \"{scheme}\" is not postgresql"))),
    }
}

/// The pairs of a URI, given what follows the scheme. Lists of hosts become one `host` and one `port` with commas.
pub(super) fn parse(rest: &str) -> Result<Vec<(String, String)>, Error> {
    let mut pairs = Vec::new();
    // As in libpq: what stands before the first `@` is user and password, unless a `/` comes before it.
    let (user_info, rest) = match rest.find(['@', '/']) {
        Some(at) if rest[at..].starts_with('@') => (Some(&rest[..at]), &rest[at + 1..]),
        _ => (None, rest),
    };
    if let Some(user_info) = user_info {
        let query = user_info.split_once('?').and_then(|(_, query)| query.split_once('='));
        if query.is_some_and(|(key, _)| super::keys::find(key).is_ok()) {
            return Err(Error::Uri("\"@\" after \"?\" without a \"/\" before it; write it %40".into()));
        }
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        for (key, value) in [("user", user), ("password", password)] {
            if !value.is_empty() {
                pairs.push((key.to_owned(), decode(value)?));
            }
        }
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, query),
        None => (rest, ""),
    };
    let path = path.strip_prefix('/').unwrap_or(path);
    if authority.contains('@') {
        return Err(Error::Uri("more than one \"@\" before the host; in a password write it %40".into()));
    }
    // libpq would take the user for the host, and the password for its port and the database.
    if user_info.is_none() && path.contains('@') && authority.contains(':') {
        return Err(Error::Uri("\"@\" after \"/\"; in a password write \"/\" as %2F".into()));
    }
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in authority.split(',') {
        let (name, port) = split_host(host)?;
        names.push(decode(name)?);
        ports.push(decode(port)?);
    }
    for (key, value) in [("host", names.join(",")), ("port", ports.join(",")), ("dbname", decode(path)?)] {
        if !value.is_empty() {
            pairs.push((key.to_owned(), value));
        }
    }
    for pair in query.strip_suffix('&').unwrap_or(query).split('&').filter(|_| !query.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(|| {
            Error::Uri(format!("missing \"=\" after \"{}\"", super::resolve::repeatable(pair, &pairs)))
        })?;
        if value.contains('=') {
            return Err(Error::Uri(format!(
                "a second \"=\" in \"{}\"; write it %3D",
                super::keys::shown(key)
            )));
        }
        pairs.push((decode(key)?, decode(value)?));
    }
    Ok(pairs)
}

fn split_host(host: &str) -> Result<(&str, &str), Error> {
    let Some(inner) = host.strip_prefix('[') else {
        return Ok(host.split_once(':').unwrap_or((host, "")));
    };
    let (address, after) =
        inner.split_once(']').ok_or_else(|| Error::Uri("missing \"]\" after an IPv6 address".into()))?;
    if address.is_empty() {
        return Err(Error::Uri("empty IPv6 address".into()));
    }
    match (after.strip_prefix(':'), after) {
        (Some(port), _) => Ok((address, port)),
        (None, "") => Ok((address, "")),
        (None, _) => Err(Error::Uri("only \":\", \"/\", \"?\" or \",\" may follow \"]\"".into())),
    }
}

/// Undoes percent-encoding. `+` stays a plus sign; blanks around the text do not count, and within it they must be
/// encoded.
fn decode(text: &str) -> Result<String, Error> {
    let text = text.trim_matches(' ');
    if text.contains(' ') {
        return Err(Error::Uri("a blank within it; write it %20".into()));
    }
    // The text may be a password, so an error shows only the three bytes in question.
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let code = tail.get(..2).and_then(|hex| Some(hex_digit(hex[0])? * 16 + hex_digit(hex[1])?));
        match code {
            None | Some(0) => {
                let shown = String::from_utf8_lossy(&tail[..tail.len().min(2)]);
                return Err(Error::Percent(format!("%{shown}")));
            }
            Some(code) => bytes.push(code),
        }
        rest = &tail[2..];
    }
    String::from_utf8(bytes).map_err(|_| Error::Percent("not UTF-8".into()))
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> String {
        let (rest, _) = after_scheme(text).expect("scheme").expect("a URI");
        let pairs = parse(&rest).expect("valid");
        pairs.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn parts() {
        for (uri, expected) in [
            ("postgres://u:p@h:1/d", "user=u password=p host=h port=1 dbname=d"),
            ("postgresql://", ""),
            ("postgresql:///d", "dbname=d"),
            ("postgresql://u@/d", "user=u dbname=d"),
            ("postgresql://a:1,b:2,c/d", "host=a,b,c port=1,2, dbname=d"),
            ("postgresql://[::1]:5433/d", "host=::1 port=5433 dbname=d"),
            ("postgresql://%2Fvar%2Frun%2Fpostgresql/db", "host=/var/run/postgresql dbname=db"),
            ("postgresql:///?host=a,b&port=1,2", "host=a,b port=1,2"),
            ("postgres://u:a%2Fb%40%25+c@h/d?x=%C3%BC", "user=u password=a/b@%+c host=h dbname=d x=ü"),
            (
                "postgres://coder@localhost:36717/coder?sslmode=disable&password=abc%2Fd",
                "user=coder host=localhost port=36717 dbname=coder sslmode=disable password=abc/d",
            ),
            ("jdbc:postgresql://h/d", "host=h dbname=d"),
            ("jdbc:postgresql:d?user=u", "dbname=d user=u"),
            ("postgres://u:p?q=1@h", "user=u password=p?q=1 host=h"),
            ("postgres://u:@h,/a@b?", "user=u host=h, port=, dbname=a@b"),
            ("postgres://h/d?a=b&", "host=h dbname=d a=b"),
            ("postgresql+psycopg2://h/d", "host=h dbname=d"),
        ] {
            assert_eq!(pairs(uri), expected, "{uri}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (rest, expected) in [
            ("u:p@ss@h/d", "%40"),
            ("u:a/b@h/d", "%2F"),
            ("[::1/d", "missing \"]\""),
            ("[]/d", "empty IPv6"),
            ("[::1]x/d", "may follow"),
            ("h/d?a", "missing \"=\" after \"a\""),
            ("h/d?a=b=c", "second \"=\""),
            ("h/d?a=b&&c=d", "missing \"=\""),
            ("h?password=p@ss", "%40"),
            ("h:1?user=p@ss", "%40"),
            ("h/d e", "%20"),
            ("h/d%00", "%00"),
            ("h/d%zz", "%zz"),
        ] {
            let error = parse(rest).expect_err(rest).to_string();
            assert!(error.contains(expected), "{rest}: {error}");
        }
        for text in ["mysql://h/d", "jdbc:mysql://h/d", "postgres:/u:s3cret@h/d", "POSTGRES:u:s3cret@h/d"] {
            let error = after_scheme(text).expect_err(text).to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
        let error = parse("h/d?password=a&s3cret").expect_err("an ampersand").to_string();
        assert!(!error.contains("s3cret"), "{error}");
        assert!(after_scheme("host=h").expect("no URI").is_none());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in ".*") {
            let _ = parse(&text);
        }
    }
}
