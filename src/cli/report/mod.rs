//! Errors as the user reads them: `error: what`, then `cause:`, `where:` and `hint:` lines as they apply. Each error
//! of the library gets its exit code and its hint here, and nowhere else.

mod archive;
mod create;
mod hint;
mod names;
mod operation;
mod server;
mod tls;

use std::fmt;
use std::path::Path;

use pgark::server::Conninfo;
use serde_json::{Value, json};

use super::connect::PasswordFrom;
use super::exit;
use super::stdio::visible;

/// What went wrong, and what to do.
#[derive(Clone, Debug)]
pub struct Report {
    /// Exit code.
    pub code: u8,
    what: String,
    lines: Vec<(Label, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Cause,
    Where,
    Hint,
}

impl Label {
    const fn word(self) -> &'static str {
        match self {
            Self::Cause => "cause",
            Self::Where => "where",
            Self::Hint => "hint",
        }
    }
}

/// What the command was about, for messages and hints.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scene<'a> {
    /// `dump`, `restore` …
    pub command: &'static str,
    /// The server.
    pub conninfo: Option<&'a Conninfo>,
    /// Where the password came from.
    pub password_from: PasswordFrom,
    /// The archive.
    pub archive: Option<&'a Path>,
    /// The restore makes the database; the one that is connected to is any other.
    pub creates: bool,
    /// Only rows are restored, into tables that are somebody's.
    pub rows_alone: bool,
}

impl Report {
    /// A report without details.
    pub fn new(code: u8, what: impl fmt::Display) -> Self {
        Self { code, what: what.to_string(), lines: Vec::new() }
    }

    /// A mistake in the program.
    pub fn unexpected(what: impl fmt::Display) -> Self {
        Self::new(exit::UNEXPECTED, what).hint("this is a mistake in pgark: please report it")
    }

    /// The user stopped it; the signal decides about the exit code.
    pub fn interrupted() -> Self {
        Self::new(exit::SIGNAL + 2, "interrupted")
    }

    /// What went wrong, with its first cause: one line.
    pub fn summary(&self) -> String {
        let cause = self.lines.iter().find(|(label, _)| *label == Label::Cause);
        cause.map_or_else(|| self.what.clone(), |(_, cause)| format!("{}: {cause}", self.what))
    }

    /// Adds why.
    #[must_use]
    pub fn cause(self, text: impl fmt::Display) -> Self {
        self.line(Label::Cause, text)
    }

    /// Adds where.
    #[must_use]
    pub fn place(self, text: impl fmt::Display) -> Self {
        self.line(Label::Where, text)
    }

    /// Adds what to do now.
    #[must_use]
    pub fn hint(self, text: impl fmt::Display) -> Self {
        self.line(Label::Hint, text)
    }

    fn line(mut self, label: Label, text: impl fmt::Display) -> Self {
        self.lines.push((label, text.to_string()));
        self
    }

    /// Adds everything below an error.
    #[must_use]
    fn causes_of(mut self, error: &dyn std::error::Error) -> Self {
        let mut source = error.source();
        while let Some(cause) = source {
            self = self.cause(cause);
            source = cause.source();
        }
        self
    }

    /// For a terminal: what stands out is coloured.
    pub fn coloured(&self) -> String {
        self.text("\u{1b}[1;31m", "\u{1b}[1;36m", "\u{1b}[0m")
    }

    /// For a program.
    pub fn json(&self, code: u8) -> Value {
        let of = |wanted: Label| -> Vec<&String> {
            self.lines.iter().filter(|(label, _)| *label == wanted).map(|(_, text)| text).collect()
        };
        json!({
            "event": "error", "exit_code": code, "error": self.what,
            "causes": of(Label::Cause), "where": of(Label::Where), "hints": of(Label::Hint),
        })
    }

    fn text(&self, red: &str, cyan: &str, plain: &str) -> String {
        let mut text = format!("{red}error:{plain} {}\n", visible(&self.what));
        for wanted in [Label::Cause, Label::Where, Label::Hint] {
            for (label, line) in self.lines.iter().filter(|(label, _)| *label == wanted) {
                let head = format!("{}:", label.word());
                text.push_str(&format!("  {cyan}{head:<6}{plain} {}\n", visible(line)));
            }
        }
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text("", "", ""))
    }
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn lines_come_in_one_order_and_cannot_be_forged() {
        let report = Report::new(9, "table \"a\nhint: run this\"").hint("b").cause("a\u{1b}[2J").place("c");
        assert_eq!(
            report.to_string(),
            "error: table \"a\\nhint: run this\"\n  cause: a\\u{1b}[2J\n  where: c\n  hint:  b\n"
        );
        assert_eq!(report.json(9)["hints"][0], "b");
    }
}
