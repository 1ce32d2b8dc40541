//! Patterns of names, as psql and pg_dump read them (documentation of psql: "Patterns"; ordering.md §17). Pure.

use std::fmt;

use regex_lite::Regex;
use thiserror::Error;

/// What is between the dots of a pattern.
type Parts = Vec<Part>;

/// One name of a pattern: as a regular expression, and as text for a database's name, which is no pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Part {
    expression: String,
    literal: String,
}

/// Why a pattern means nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PatternError {
    /// More dots than names have.
    #[error("improper qualified name (too many dotted names): {0}")]
    TooManyNames(String),
    /// The database in it is another one.
    #[error("\"{pattern}\" names the database \"{named}\", and this is \"{database}\"")]
    OtherDatabase {
        /// The pattern.
        pattern: String,
        /// The database in it.
        named: String,
        /// The database.
        database: String,
    },
    /// No regular expression.
    #[error("\"{pattern}\" is no valid pattern: {reason}")]
    Invalid {
        /// The pattern.
        pattern: String,
        /// Why.
        reason: String,
    },
}

/// A pattern that names objects of at most so many parts.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    database: Option<String>,
    schema: Option<Regex>,
    name: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Pattern {
    /// A pattern of relations and the like: `name`, `schema.name`, `database.schema.name`.
    ///
    /// # Errors
    /// Too many names, or no regular expression.
    pub fn qualified(text: &str) -> Result<Self, PatternError> {
        let mut parts = parts(text);
        let name = parts.pop().unwrap_or_default();
        let schema = parts.pop();
        let database = parts.pop();
        if !parts.is_empty() {
            return Err(PatternError::TooManyNames(text.to_owned()));
        }
        Ok(Self {
            text: text.to_owned(),
            database: database.map(|part| part.literal),
            schema: schema.map(|part| regex(text, &part.expression)).transpose()?,
            name: regex(text, &name.expression)?,
        })
    }

    /// A pattern of schemas: `name`, `database.name`.
    ///
    /// # Errors
    /// Too many names, or no regular expression.
    pub fn schema(text: &str) -> Result<Self, PatternError> {
        let mut parts = parts(text);
        let name = parts.pop().unwrap_or_default();
        let database = parts.pop().map(|part| part.literal);
        if !parts.is_empty() {
            return Err(PatternError::TooManyNames(text.to_owned()));
        }
        Ok(Self { text: text.to_owned(), database, schema: None, name: regex(text, &name.expression)? })
    }

    /// A pattern of what is in no schema: `name`.
    ///
    /// # Errors
    /// A dot, or no regular expression.
    pub fn plain(text: &str) -> Result<Self, PatternError> {
        let mut parts = parts(text);
        let name = parts.pop().unwrap_or_default();
        if !parts.is_empty() {
            return Err(PatternError::TooManyNames(text.to_owned()));
        }
        Ok(Self { text: text.to_owned(), database: None, schema: None, name: regex(text, &name.expression)? })
    }

    /// Refuses another database's name.
    ///
    /// # Errors
    /// [`PatternError::OtherDatabase`].
    pub fn check_database(&self, database: &str) -> Result<(), PatternError> {
        match &self.database {
            Some(named) if named != database => Err(PatternError::OtherDatabase {
                pattern: self.text.clone(),
                named: named.clone(),
                database: database.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Whether it says in which schemas to look.
    pub fn has_schema(&self) -> bool {
        self.schema.is_some()
    }

    /// Whether it matches a name; schemas are not looked at.
    pub fn matches_name(&self, name: &str) -> bool {
        self.name.is_match(name)
    }

    /// Whether it matches a name in a schema.
    pub fn matches(&self, schema: &str, name: &str) -> bool {
        self.schema.as_ref().is_none_or(|regex| regex.is_match(schema)) && self.name.is_match(name)
    }
}

/// The regular expressions between the dots. Outside quotes letters of ASCII are folded, `*` and `?` are wildcards,
/// and other special characters keep the meaning that they have in regular expressions, but for `$` and `[]`.
fn parts(text: &str) -> Parts {
    let mut parts = vec![Part::default()];
    let mut quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let part = parts.last_mut().expect("invariant: there is always one");
        let after_bracket = part.expression.ends_with("\\[");
        let is_escaped = part.expression.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
        let mut add = |expression: &str, literal: char| {
            part.expression.push_str(expression);
            part.literal.push(literal);
        };
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                rest.next();
                add("\"", '"');
            }
            '"' => quoted = !quoted,
            '*' if !quoted => add(".*", c),
            '?' if !quoted => add(".", c),
            '.' if !quoted => parts.push(Part::default()),
            '$' => add("\\$", c),
            '|' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '.' | '^' | '\\' if quoted => {
                add(&format!("\\{c}"), c);
            }
            '[' if rest.peek() == Some(&']') => add("\\[", c),
            // The server's regular expressions take such a brace, and such a bracket, for itself.
            '{' if !is_escaped && !rest.peek().is_some_and(char::is_ascii_digit) => add("\\{", c),
            ']' if after_bracket => add("\\]", c),
            _ if !quoted => {
                let folded = c.to_ascii_lowercase();
                add(folded.encode_utf8(&mut [0; 4]), folded);
            }
            _ => add(c.encode_utf8(&mut [0; 4]), c),
        }
    }
    parts
}

fn regex(pattern: &str, expression: &str) -> Result<Regex, PatternError> {
    // A line break is a character like any other to the server.
    Regex::new(&format!("(?s)^({expression})$"))
        .map_err(|error| PatternError::Invalid { pattern: pattern.to_owned(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::{Pattern, PatternError};

    fn table(pattern: &str, schema: &str, name: &str) -> bool {
        Pattern::qualified(pattern).unwrap().matches(schema, name)
    }

    #[test]
    fn letters_fold_outside_quotes_only() {
        assert!(table("Orders", "public", "orders"));
        assert!(!table("Orders", "public", "Orders"));
        assert!(table("\"Orders\"", "public", "Orders"));
        assert!(table("App.\"Odd \"\"name\"", "app", "Odd \"name"));
        assert!(table("o\"RD\"ers", "public", "oRDers"));
        // Other alphabets are not folded: that would be a matter of the locale.
        assert!(table("Ü", "public", "Ü"));
    }

    #[test]
    fn wildcards_are_literal_in_quotes() {
        assert!(table("a*.t?", "app", "t1"));
        assert!(!table("a*.t?", "app", "t12"));
        assert!(table("\"a*\"", "s", "a*") && !table("\"a*\"", "s", "ab"));
        assert!(table("a_b", "s", "a_b") && !table("a_b", "s", "axb"));
        assert!(table("*", "s", "a\nb"));
        assert!(table("\"a.b\"", "s", "a.b"));
    }

    #[test]
    fn other_characters_are_those_of_regular_expressions() {
        assert!(table("(a|b)[0-9]+", "s", "b17") && !table("(a|b)[0-9]+", "s", "c1"));
        assert!(table("a|b", "s", "b") && !table("a|b", "s", "ab"));
        assert!(table("\"(a|b)\"", "s", "(a|b)"));
        assert!(table("x{2}", "s", "xx"));
        assert!(table("t\\d", "s", "t7"));
        assert!(matches!(Pattern::qualified("(a"), Err(PatternError::Invalid { .. })));
    }

    #[test]
    fn dollars_and_empty_brackets_are_themselves() {
        assert!(table("pay$", "s", "pay$") && !table("pay$", "s", "pay"));
        assert!(table("a[]", "s", "a[]"));
        assert!(table("a{b", "s", "a{b") && table("a\\{b", "s", "a{b"));
    }

    #[test]
    fn names_have_as_many_parts_as_objects() {
        let database = |pattern: &str| Pattern::qualified(pattern).unwrap().check_database("DB");
        assert_eq!(database("\"DB\".s.t"), Ok(()));
        assert!(matches!(database("DB.s.t"), Err(PatternError::OtherDatabase { .. })));
        assert!(matches!(Pattern::qualified("a.b.c.d"), Err(PatternError::TooManyNames(_))));
        assert!(matches!(Pattern::schema("a.b.c"), Err(PatternError::TooManyNames(_))));
        assert!(matches!(Pattern::plain("a.b"), Err(PatternError::TooManyNames(_))));
        assert!(Pattern::schema("db.s").unwrap().matches_name("s"));
        assert!(!Pattern::qualified("t").unwrap().has_schema());
        assert!(Pattern::qualified("*.t").unwrap().has_schema());
    }
}
