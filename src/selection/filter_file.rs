//! Files of `--filter`: a rule per line, as pg_dump 17 and later read them (documentation of pg_dump: `--filter`;
//! ordering.md §17). Pure.

use thiserror::Error;

use super::{Pattern, PatternError, RoutinePattern, Selection, TablePattern};

/// Which line of a filter file is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {reason}")]
pub struct FilterError {
    /// 1, 2, 3 …
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// Where the rules are to hold: some are for a restore only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At dump.
    Dump,
    /// At restore: functions, indexes, triggers too.
    Restore,
}

/// Adds the rules of a file to a selection.
///
/// # Errors
/// The first line that cannot be understood.
pub fn apply_filter(text: &str, place: Place, selection: &mut Selection) -> Result<(), FilterError> {
    let mut reader = Reader { rest: text, line: 0 };
    while let Some(line) = reader.next_line() {
        let number = reader.line;
        let wrong = |reason: String| FilterError { line: number, reason };
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (command, line) = word(line);
        if !matches!(command, "include" | "exclude") {
            return Err(wrong(format!("\"{command}\" is no command: include and exclude are")));
        }
        let (what, line) = word(line);
        if what.is_empty() {
            return Err(wrong("the type of the object is missing".to_owned()));
        }
        let pattern = reader.pattern(line).map_err(wrong)?;
        let rule = add(selection, command == "include", what, &pattern, place);
        rule.map_err(|error| wrong(error.to_string()))?;
    }
    Ok(())
}

/// Why a rule cannot be used.
#[derive(Debug, Error)]
enum RuleError {
    #[error(transparent)]
    Pattern(#[from] PatternError),
    #[error("{0}")]
    Unknown(String),
}

fn add(
    selection: &mut Selection,
    include: bool,
    what: &str,
    pattern: &str,
    place: Place,
) -> Result<(), RuleError> {
    let table = |children| Pattern::qualified(pattern).map(|pattern| TablePattern { pattern, children });
    let restore = place == Place::Restore;
    match (include, what) {
        (true, "table") => selection.tables.push(table(false)?),
        (true, "table_and_children") => selection.tables.push(table(true)?),
        (false, "table") => selection.exclude_tables.push(table(false)?),
        (false, "table_and_children") => selection.exclude_tables.push(table(true)?),
        (false, "table_data") => selection.exclude_rows.push(table(false)?),
        (false, "table_data_and_children") => selection.exclude_rows.push(table(true)?),
        (true, "schema") => selection.schemas.push(Pattern::schema(pattern)?),
        (false, "schema") => selection.exclude_schemas.push(Pattern::schema(pattern)?),
        (true, "extension") => selection.extensions.push(Pattern::plain(pattern)?),
        (false, "extension") => selection.exclude_extensions.push(Pattern::plain(pattern)?),
        (true, "function") if restore => selection.routines.push(RoutinePattern::new(pattern)?),
        (true, "index") if restore => selection.indexes.push(Pattern::qualified(pattern)?),
        (true, "trigger") if restore => selection.triggers.push(Pattern::qualified(pattern)?),
        (true, "foreign_data") => {
            return Err(RuleError::Unknown("rows of foreign tables are not dumped".to_owned()));
        }
        (_, "table_data" | "table_data_and_children" | "database") => {
            let command = if include { "include" } else { "exclude" };
            return Err(RuleError::Unknown(format!("{command} {what} is not allowed here")));
        }
        (_, "function" | "index" | "trigger") => {
            return Err(RuleError::Unknown(format!("{what} can only be included, and only at restore")));
        }
        _ => return Err(RuleError::Unknown(format!("unknown type of object: \"{what}\""))),
    }
    Ok(())
}

/// The first word, and the rest.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(|c: char| !(c.is_ascii_alphabetic() || c == '_')).unwrap_or(text.len());
    text.split_at(end)
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Reader<'a> {
    fn next_line(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        self.line += 1;
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }

    /// The pattern, up to a comment: white space outside quotes counts where it separates words only, and quotes go
    /// on over line breaks.
    fn pattern(&mut self, line: &'a str) -> Result<String, String> {
        let mut pattern = String::new();
        let mut text = line.trim_start();
        let (mut skip_space, mut found_space) = (true, false);
        if text.is_empty() {
            return Err("the name of the object is missing".to_owned());
        }
        while let Some(c) = text.chars().next().filter(|c| *c != '#') {
            match c {
                '"' => {
                    if found_space && !skip_space {
                        pattern.push(' ');
                    }
                    text = self.quoted(&text[1..], &mut pattern)?;
                    skip_space = false;
                }
                ',' => {
                    pattern.push_str(", ");
                    text = &text[1..];
                    skip_space = true;
                }
                '.' | '(' | ')' => {
                    pattern.push(c);
                    text = &text[1..];
                    skip_space = true;
                }
                _ => {
                    if found_space && !skip_space {
                        pattern.push(' ');
                    }
                    let end = text.find(|c: char| c.is_whitespace() || "#,.()\"".contains(c));
                    let (plain, rest) = text.split_at(end.unwrap_or(text.len()));
                    pattern.push_str(plain);
                    text = rest;
                    skip_space = false;
                }
            }
            let trimmed = text.trim_start();
            found_space = trimmed.len() < text.len();
            text = trimmed;
        }
        if pattern.is_empty() { Err("the name of the object is missing".to_owned()) } else { Ok(pattern) }
    }

    /// Up to the closing quote, quotes included; returns what follows it.
    fn quoted(&mut self, mut text: &'a str, pattern: &mut String) -> Result<&'a str, String> {
        pattern.push('"');
        loop {
            let mut rest = text.char_indices().peekable();
            while let Some((at, c)) = rest.next() {
                match (c, rest.peek().map(|(_, next)| *next)) {
                    ('"', Some('"')) => {
                        pattern.push_str("\"\"");
                        rest.next();
                    }
                    ('"', _) => {
                        pattern.push('"');
                        return Ok(&text[at + 1..]);
                    }
                    ('\\', Some('n')) => {
                        pattern.push('\n');
                        rest.next();
                    }
                    ('\\', Some('\\')) => {
                        pattern.push('\\');
                        rest.next();
                    }
                    _ => pattern.push(c),
                }
            }
            text = self.next_line().ok_or("the closing quote is missing")?;
            pattern.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FilterError, Place, Selection, apply_filter};

    fn read(text: &str, place: Place) -> Result<Selection, FilterError> {
        let mut selection = Selection::default();
        apply_filter(text, place, &mut selection).map(|()| selection)
    }

    #[test]
    fn rules_are_lines_and_comments_may_follow() {
        let text = "# all\n\n  include table app.orders # the big one\nexclude table_data   app . \"Log s\"\n\
            exclude schema tmp*\ninclude extension pgcrypto\ninclude table_and_children t\r\n";
        let selection = read(text, Place::Dump).unwrap();
        let tables: Vec<(String, bool)> =
            selection.tables.iter().map(|table| (table.to_string(), table.children)).collect();
        assert_eq!(tables, [("app.orders".to_owned(), false), ("t".to_owned(), true)]);
        assert_eq!(selection.exclude_rows[0].to_string(), "app.\"Log s\"");
        assert_eq!(selection.exclude_schemas[0].to_string(), "tmp*");
        // Unlike -e this does not leave out what is in no schema.
        assert!(!selection.extensions_only && selection.extensions.len() == 1);
    }

    #[test]
    fn quotes_go_on_over_lines() {
        let selection = read("include table \"a\n#b\\n\"\"c\" # d\n", Place::Dump).unwrap();
        assert_eq!(selection.tables[0].to_string(), "\"a\n#b\n\"\"c\"");
        let error = read("include table \"a\n", Place::Dump).unwrap_err();
        assert!(error.to_string().contains("closing quote"), "{error}");
    }

    #[test]
    fn functions_have_arguments() {
        let selection = read("include function f( integer ,text )\n", Place::Restore).unwrap();
        assert_eq!(selection.routines[0].to_string(), "f(integer, text)");
    }

    #[test]
    fn wrong_lines_are_named() {
        for (text, line, word) in [
            ("includ table t", 1, "include and exclude"),
            ("\ninclude", 2, "type of the object is missing"),
            ("include table", 1, "name of the object"),
            ("include table # t", 1, "name of the object"),
            ("include table_data t", 1, "not allowed"),
            ("include function f()", 1, "only at restore"),
            ("exclude function f()", 1, "only be included"),
            ("include foreign_data s", 1, "foreign tables"),
            ("include tables t", 1, "unknown type"),
            ("include table a.b.c.d", 1, "too many dotted"),
        ] {
            let error = read(text, Place::Dump).unwrap_err();
            assert_eq!(error.line, line, "{text}");
            assert!(error.to_string().contains(word), "{text}: {error}");
        }
    }
}
