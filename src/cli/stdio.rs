//! Standard output is data, standard error is talk.

use std::io::{self, Write};

use super::exit;
use super::report::Report;

/// Prints lines on stderr. A closed stderr stops nothing.
pub fn say(text: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| match text.ends_with('\n') {
        true => Ok(()),
        false => err.write_all(b"\n"),
    });
}

/// Prints a question on stderr and leaves the cursor behind it.
pub fn prompt(text: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

/// Writes data to stdout.
///
/// # Errors
/// When nobody reads it any more, or the disk behind it is full.
pub fn write(bytes: &[u8]) -> Result<(), Report> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|error| Report::new(exit::IO, "cannot write to stdout").cause(error))
}

/// Text of others with its control characters made visible, so that it cannot move the cursor or ring bells.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push(' '),
            // Also the marks that turn the direction of writing.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                out.extend(c.escape_unicode());
            }
            // A byte of a name that is no UTF-8.
            '\u{10ff80}'..='\u{10ffff}' => out.push_str(&format!("\\x{:02x}", u32::from(c) & 0xff)),
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(visible("a\nb\u{1b}[2Jc\td\u{202e}"), "a\\nb\\u{1b}[2Jc d\\u{202e}");
        assert_eq!(visible("b\u{10ffe4}d"), "b\\xe4d");
        assert_eq!(visible("grün 数据"), "grün 数据");
    }
}
