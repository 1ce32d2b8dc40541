//! COPY's CSV format (documentation: COPY, "CSV Format").

use std::io::{self, Write};

/// Writes a field; `None` is NULL: nothing. `alone` is said where the row has no other.
///
/// # Errors
/// The writer's.
pub fn csv_field<W: Write>(text: Option<&[u8]>, alone: bool, out: &mut W) -> io::Result<()> {
    let Some(mut text) = text else { return Ok(()) };
    let special = |byte: &u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    // Nothing would be NULL, and `\.` on a line the end of the rows.
    let is_plain = match text {
        b"" => false,
        b"\\." if alone => false,
        _ => !text.iter().any(special),
    };
    if is_plain {
        return out.write_all(text);
    }
    out.write_all(b"\"")?;
    while let Some(at) = memchr::memchr(b'"', text) {
        out.write_all(&text[..=at])?;
        out.write_all(b"\"")?;
        text = &text[at + 1..];
    }
    out.write_all(text)?;
    out.write_all(b"\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_need_it() {
        let show = |text: Option<&str>, alone: bool| {
            let mut out = Vec::new();
            csv_field(text.map(str::as_bytes), alone, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!([show(None, false), show(Some(""), false), show(Some("a b"), false)], ["", "\"\"", "a b"]);
        assert_eq!([show(Some("a\"b"), false), show(Some("a\nb"), false)], ["\"a\"\"b\"", "\"a\nb\""]);
        assert_eq!([show(Some("\\."), true), show(Some("\\."), false)], ["\"\\.\"", "\\."]);
    }
}
