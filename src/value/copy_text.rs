//! COPY's text format (documentation: COPY, "Text Format").

use std::borrow::Cow;
use std::io::{self, Write};

/// Letters of the escapes of control characters.
const ESCAPES: [(u8, u8); 6] =
    [(0x08, b'b'), (0x0c, b'f'), (b'\n', b'n'), (b'\r', b'r'), (b'\t', b't'), (0x0b, b'v')];

/// Writes a field of a line; `None` is NULL.
///
/// # Errors
/// The writer's.
pub fn copy_field<W: Write>(text: Option<&[u8]>, out: &mut W) -> io::Result<()> {
    let Some(mut text) = text else { return out.write_all(b"\\N") };
    while let Some(at) = text.iter().position(|byte| escape(*byte).is_some()) {
        out.write_all(&text[..at])?;
        out.write_all(&[b'\\', escape(text[at]).unwrap_or(b'\\')])?;
        text = &text[at + 1..];
    }
    out.write_all(text)
}

fn escape(byte: u8) -> Option<u8> {
    match byte {
        b'\\' => Some(b'\\'),
        0x0e.. | 0..=0x07 => None,
        _ => ESCAPES.iter().find(|(found, _)| *found == byte).map(|(_, letter)| *letter),
    }
}

/// The fields of a line without its newline, as they stand there. A table may have no columns.
pub fn split_line(line: &[u8], columns: usize) -> Vec<&[u8]> {
    if columns == 0 { Vec::new() } else { line.split(|byte| *byte == b'\t').collect() }
}

/// A field as it stands in a line: its text; `None` is NULL.
pub fn read_field(field: &[u8]) -> Option<Cow<'_, [u8]>> {
    if field == b"\\N" {
        return None;
    }
    let Some(mut next) = memchr::memchr(b'\\', field) else { return Some(Cow::Borrowed(field)) };
    let (mut text, mut rest) = (Vec::with_capacity(field.len()), field);
    loop {
        text.extend(&rest[..next]);
        let Some(letter) = rest.get(next + 1) else { break };
        let control = ESCAPES.iter().find(|(_, found)| found == letter);
        text.push(control.map_or(*letter, |(byte, _)| *byte));
        rest = &rest[next + 2..];
        next = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
    }
    Some(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_escaped_and_read_again() {
        let every: Vec<u8> = (1..=255).collect();
        for (text, expected) in [
            (&b"a\tb\\N\n\x08\x0b\x0c\r"[..], &b"a\\tb\\\\N\\n\\b\\v\\f\\r"[..]),
            (b"", b""),
            (b"\\", b"\\\\"),
            (&every, &[]),
        ] {
            let mut out = Vec::new();
            copy_field(Some(text), &mut out).unwrap();
            assert!(expected.is_empty() && !text.is_empty() || out == expected, "{out:?}");
            assert_eq!(read_field(&out).unwrap(), text);
            assert_eq!(split_line(&out, 1).len(), 1);
        }
        assert_eq!(read_field(b"\\N"), None);
        assert_eq!(
            (split_line(b"", 0).len(), split_line(b"", 1).len(), split_line(b"\t", 2).len()),
            (0, 1, 2)
        );
    }
}
