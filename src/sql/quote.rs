//! Quoting of identifiers and literals.
//!
//! Every session of pgark runs with `standard_conforming_strings = on`, so a literal needs nothing but doubled
//! quotes (documentation: "String Constants").

use super::keyword;

/// An identifier as SQL writes it: bare where that is safe, else in double quotes.
///
/// The rule is that of `quote_identifier()` in the server: bare only when it is `[a-z_][a-z0-9_]*` and no
/// keyword of a category other than unreserved.
pub fn ident(name: &str) -> String {
    if is_bare(name) { name.to_owned() } else { enclose(name, '"') }
}

fn is_bare(name: &str) -> bool {
    let bytes = name.as_bytes();
    let letters = || bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_');
    // No keyword has a digit: most generated names need not be looked up.
    let has_digit = || bytes.iter().any(u8::is_ascii_digit);
    bytes.first().is_some_and(|b| !b.is_ascii_digit())
        && letters()
        && (has_digit() || !keyword::must_quote(name))
}

/// `schema.name`, or the name alone where there is no schema; each quoted as needed.
pub fn qualified(schema: Option<&str>, name: &str) -> String {
    match schema {
        Some(schema) if is_bare(schema) && is_bare(name) => [schema, ".", name].concat(),
        Some(schema) => [&*ident(schema), ".", &*ident(name)].concat(),
        None => ident(name),
    }
}

/// A string literal.
pub fn literal(value: &str) -> String {
    enclose(value, '\'')
}

fn enclose(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        if c == quote {
            out.push(quote);
        }
        out.push(c);
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::{ident, literal, qualified};

    #[test]
    fn identifiers_are_bare_only_when_safe() {
        for (name, expected) in [
            ("orders", "orders"),
            ("_x9", "_x9"),
            ("9x", "\"9x\""),
            ("Orders", "\"Orders\""),
            ("a b", "\"a b\""),
            ("a\"b", "\"a\"\"b\""),
            ("table", "\"table\""),
            ("between", "\"between\""),
            ("abort", "abort"),
            ("größe", "\"größe\""),
            ("", "\"\""),
        ] {
            assert_eq!(ident(name), expected);
        }
    }

    #[test]
    fn names_and_literals() {
        assert_eq!(qualified(Some("My"), "t"), "\"My\".t");
        assert_eq!(qualified(None, "t"), "t");
        assert_eq!(literal("it's \\n"), "'it''s \\n'");
    }
}
