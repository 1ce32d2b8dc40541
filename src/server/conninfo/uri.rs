//! Connection URIs (documentation: "Connection URIs"; libpq: `conninfo_uri_parse`).

use super::Error;

/// The part after the scheme, if the text is a URI for PostgreSQL; an error for other products' schemes.
///
/// Besides libpq's two prefixes those that other tools write are taken: `jdbc:postgresql://`,
/// `postgresql+driver://`.
pub(super) fn after_scheme(text: &str) -> Result<Option<&str>, Error> {
    let stripped = text.strip_prefix("jdbc:").unwrap_or(text);
    let Some((scheme, rest)) = stripped.split_once("://") else {
        return Ok(None);
    };
    if !scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) || scheme.is_empty() {
        return Ok(None);
    }
    match scheme.split_once('+').map_or(scheme, |(base, _driver)| base) {
        "postgresql" | "postgres" => Ok(Some(rest)),
        _ => Err(Error::Uri(format!("the scheme \"{scheme}\" is not postgresql"))),
    }
}

/// The pairs of a URI, given what follows the scheme. Lists of hosts become one `host` and one `port` with commas.
pub(super) fn parse(rest: &str) -> Result<Vec<(String, String)>, Error> {
    let mut pairs = Vec::new();
    let (before, query) = match rest.split_once('?') {
        Some((before, query)) => (before, Some(query)),
        None => (rest, None),
    };
    let (authority, path) = match before.split_once('/') {
        Some((authority, path)) => (authority, path),
        None => (before, ""),
    };
    // libpq looks for the first `@` before the first `/`.
    let hosts = match authority.split_once('@') {
        Some((user_info, hosts)) => {
            if hosts.contains('@') {
                return Err(Error::Uri(
                    "more than one \"@\" before the host; in a password write it %40".into(),
                ));
            }
            let (user, password) = match user_info.split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (user_info, None),
            };
            if !user.is_empty() {
                pairs.push(("user".to_owned(), decode(user)?));
            }
            if let Some(password) = password {
                pairs.push(("password".to_owned(), decode(password)?));
            }
            hosts
        }
        None if path.contains('@') => {
            return Err(Error::Uri("\"@\" after \"/\"; in a password write \"/\" as %2F".into()));
        }
        None => authority,
    };
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in hosts.split(',') {
        let (name, port) = split_host(host)?;
        names.push(decode(name)?);
        ports.push(decode(port)?);
    }
    if names.iter().any(|name| !name.is_empty()) {
        pairs.push(("host".to_owned(), names.join(",")));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        pairs.push(("port".to_owned(), ports.join(",")));
    }
    if !path.is_empty() {
        pairs.push(("dbname".to_owned(), decode(path)?));
    }
    for pair in query.into_iter().flat_map(|query| query.split('&')).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| Error::Uri(format!("missing \"=\" after \"{}\"", name_of(pair))))?;
        if value.contains('=') {
            return Err(Error::Uri(format!("a second \"=\" in \"{}\"; write it %3D", name_of(key))));
        }
        pairs.push((decode(key)?, decode(value)?));
    }
    Ok(pairs)
}

/// A query parameter without `=` may be the rest of a password: only a plain name is repeated in a message.
fn name_of(text: &str) -> &str {
    if text.len() <= 40 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        text
    } else {
        "…"
    }
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

/// Undoes percent-encoding. `+` stays a plus sign.
fn decode(text: &str) -> Result<String, Error> {
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
        let rest = after_scheme(text).expect("scheme").expect("a URI");
        let pairs = parse(rest).expect("valid");
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
            ("h/d%00", "%00"),
            ("h/d%zz", "%zz"),
        ] {
            let error = parse(rest).expect_err(rest).to_string();
            assert!(error.contains(expected), "{rest}: {error}");
        }
        assert!(after_scheme("mysql://h/d").is_err());
        assert!(after_scheme("host=h").expect("no URI").is_none());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in ".*") {
            let _ = parse(&text);
        }
    }
}
