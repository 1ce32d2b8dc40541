//! Patterns of functions, as `-P` takes them: a name, perhaps with the types of the arguments.

use std::fmt;

use super::{Pattern, PatternError};

/// `name`, `schema.name`, `name(integer, text)`.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutinePattern {
    text: String,
    name: Pattern,
    /// Types of the arguments; `None` = whatever they are.
    arguments: Option<Vec<String>>,
}

impl fmt::Display for RoutinePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl RoutinePattern {
    /// Reads one.
    ///
    /// # Errors
    /// A name that is none; arguments without their end.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let mut quoted = false;
        let open = text.find(|c: char| {
            quoted ^= c == '"';
            c == '(' && !quoted
        });
        let (name, arguments) = match open {
            None => (text, None),
            Some(at) => {
                let inside = text[at + 1..].trim_end().strip_suffix(')');
                let inside = inside.ok_or_else(|| PatternError::Invalid {
                    pattern: text.to_owned(),
                    reason: "the closing parenthesis is missing".to_owned(),
                })?;
                (text[..at].trim_end(), Some(arguments(inside)))
            }
        };
        Ok(Self { text: text.to_owned(), name: Pattern::qualified(name)?, arguments })
    }

    /// Whether it matches a routine; `reference` is how SQL names it, with its arguments, names and modes of which
    /// the pattern may leave out.
    pub fn matches(&self, schema: &str, name: &str, reference: &str) -> bool {
        self.name.matches(schema, name)
            && self.arguments.as_ref().is_none_or(|wanted| {
                let begin = reference.find('(').map_or(reference.len(), |at| at + 1);
                let inside = reference[begin..].strip_suffix(')').unwrap_or(&reference[begin..]);
                let own = arguments(inside);
                let of_input: Vec<&String> = own.iter().filter(|own| !own.starts_with("OUT ")).collect();
                let is = |(wanted, own): (&String, &&String)| {
                    *own == wanted || own.strip_suffix(wanted).is_some_and(|before| before.ends_with(' '))
                };
                of_input.len() == wanted.len() && wanted.iter().zip(&of_input).all(is)
            })
    }
}

/// Between the commas outside quotes, with single spaces.
fn arguments(inside: &str) -> Vec<String> {
    let (mut quoted, mut list) = (false, vec![String::new()]);
    for c in inside.chars() {
        quoted ^= c == '"';
        match c {
            ',' if !quoted => list.push(String::new()),
            _ => list.last_mut().expect("invariant: there is always one").push(c),
        }
    }
    let list: Vec<String> =
        list.iter().map(|one| one.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    if list == [""] { Vec::new() } else { list }
}

#[cfg(test)]
mod tests {
    use super::RoutinePattern;

    fn matches(pattern: &str, reference: &str) -> bool {
        RoutinePattern::new(pattern).unwrap().matches("s", "f", reference)
    }

    #[test]
    fn arguments_may_be_left_out_and_named_or_not() {
        let reference = "s.f(a integer, b double precision, OUT c text)";
        assert!(matches("f", reference) && matches("s.f", reference) && matches("f*", reference));
        assert!(matches("f(integer,double precision)", reference));
        assert!(matches("s.f( a  integer , double precision )", reference));
        assert!(!matches("f(integer)", reference) && !matches("f()", reference));
        assert!(!matches("f(big integer, double precision)", reference));
        assert!(matches("f()", "s.f()") && !matches("other.f()", "s.f()"));
        assert!(RoutinePattern::new("f(integer").is_err());
    }
}
