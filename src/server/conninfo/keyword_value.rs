//! Strings of the form `host=a port=5432 password='it''s'` (libpq: `conninfo_parse`).

use super::Error;

/// The pairs of a keyword/value string, in order.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, Error> {
    let mut pairs = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(is_space).is_some() {}
        if chars.peek().is_none() {
            return Ok(pairs);
        }
        let mut key = String::new();
        while let Some(c) = chars.next_if(|c| *c != '=' && !is_space(c)) {
            key.push(c);
        }
        while chars.next_if(is_space).is_some() {}
        if chars.next_if_eq(&'=').is_none() {
            return Err(Error::MissingEquals(super::resolve::repeatable(&key, &pairs)));
        }
        while chars.next_if(is_space).is_some() {}
        let quoted = chars.next_if_eq(&'\'').is_some();
        let mut value = String::new();
        loop {
            match chars.next() {
                None if quoted => return Err(Error::OpenQuote),
                None => break,
                Some('\'') if quoted => break,
                Some(c) if !quoted && is_space(&c) => break,
                // A backslash makes the next character literal, within quotes and without.
                Some('\\') => value.extend(chars.next()),
                Some(c) => value.push(c),
            }
        }
        pairs.push((key, value));
    }
}

/// C's `isspace`.
fn is_space(c: &char) -> bool {
    c.is_ascii_whitespace() || *c == '\x0b'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text).expect("valid")
    }

    #[test]
    fn quotes_escapes_and_spaces() {
        let expected =
            [("host", "a b"), ("port", "5432"), ("password", "it's \\"), ("user", ""), ("dbname", "x y")];
        assert_eq!(
            pairs(r"  host = 'a b' port=5432 password=it\'s\ \\ user='' dbname=x\ y "),
            expected.map(|(k, v)| (k.to_owned(), v.to_owned()))
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(matches!(parse("host a"), Err(Error::MissingEquals(key)) if key == "host"));
        assert!(matches!(parse("host='a"), Err(Error::OpenQuote)));
        let error = parse("host=a password=my s3cret").expect_err("two words").to_string();
        assert!(error.contains("single quotes") && !error.contains("s3cret"), "{error}");
    }

    proptest! {
        #[test]
        fn quoted_values_come_back(value in ".*") {
            let quoted = value.replace('\\', "\\\\").replace('\'', "\\'");
            prop_assert_eq!(pairs(&format!("password='{quoted}'")), vec![("password".to_owned(), value)]);
        }

        #[test]
        fn nothing_panics(text in ".*") {
            let _ = parse(&text);
        }
    }
}
