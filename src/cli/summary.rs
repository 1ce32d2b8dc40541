//! How an operation ends well: words, a `key=value` line, or JSON.

use serde::Serialize;
use serde_json::{Value, json};

use super::arguments::Talk;
use super::progress::{Form, now};
use super::{Outcome, stdio};

/// The end of an operation.
#[derive(Debug)]
pub struct Ending<'a> {
    /// `dump`, `restore`.
    pub command: &'static str,
    /// Exit code.
    pub code: u8,
    /// For people.
    pub words: String,
    /// For a log: names and values of the last line.
    pub pairs: Vec<(&'static str, String)>,
    /// What was left out or failed: a line each, in both.
    pub losses: Vec<String>,
    /// How the command talks.
    pub talk: &'a Talk,
    /// How progress was shown.
    pub form: Form,
    /// stdout is the archive.
    pub stdout_is_taken: bool,
}

impl Ending<'_> {
    /// Says it.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn say(self, summary: &impl Serialize) -> Outcome {
        if self.talk.json {
            let line = self.json(summary);
            if self.stdout_is_taken {
                stdio::say(&line);
            } else {
                stdio::write(line.as_bytes())?;
            }
        }
        match self.form {
            Form::Json if !self.talk.json => stdio::say(&self.json(summary)),
            Form::Json => {}
            // What is missing is no small talk.
            Form::Quiet => self.losses.iter().for_each(|loss| stdio::say(loss)),
            _ if self.talk.json => {}
            Form::Plain => {
                self.losses.iter().for_each(|loss| stdio::say(loss));
                stdio::say(&self.line());
            }
            Form::Bar | Form::None => {
                stdio::say(&self.words);
                self.losses.iter().for_each(|loss| stdio::say(loss));
            }
        }
        Ok(self.code)
    }

    /// `{"event":"summary","command":…,"exit_code":…,…}`.
    fn json(&self, summary: &impl Serialize) -> String {
        let mut line = json!({"event": "summary", "command": self.command, "exit_code": self.code});
        if let (Value::Object(line), Ok(Value::Object(fields))) = (&mut line, serde_json::to_value(summary)) {
            line.extend(fields);
        }
        format!("{line}\n")
    }

    fn line(&self) -> String {
        let mut line = format!("{} {} done", now(), self.command);
        for (name, value) in &self.pairs {
            line.push_str(&format!(" {name}={}", word(value)));
        }
        line
    }
}

/// A value of a `key=value` line, in double quotes where it would not be one word.
fn word(value: &str) -> String {
    let value = stdio::visible(value);
    if !value.is_empty() && !value.contains([' ', '"', '\\', '=']) {
        return value;
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn values_are_one_word() {
        assert_eq!([word("a"), word(""), word("a b"), word("a\"b")], ["a", "\"\"", "\"a b\"", "\"a\\\"b\""]);
    }
}
