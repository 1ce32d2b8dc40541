//! JSON of a value, from its text: as `row_to_json` makes it (`datum_to_json` in the server's json.c). Two things differ:
//! line breaks in values of type `json` become spaces, so that a row is a line; and casts to `json` that users define
//! are not made.

use std::io::{self, Write};

use super::array::{Token, delimiter, tokens};
use super::composite::split;
use super::{Malformed, Type};
use crate::sql::bytes::to_server;

/// Writes the JSON of a value that has this text.
///
/// # Errors
/// The writer's; [`Malformed`] within it when the text is no value of the type.
pub fn json_value<W: Write>(data_type: &Type, text: &[u8], out: &mut W) -> io::Result<()> {
    match data_type {
        Type::Bool => out.write_all(if text == b"t" { b"true" } else { b"false" }),
        Type::Int2 | Type::Int4 | Type::Int8 | Type::Float4 | Type::Float8 | Type::Numeric => {
            // JSON has no infinity, and nothing that is not a number.
            let digits = text.strip_prefix(b"-").unwrap_or(text);
            match digits.first() {
                Some(b'0'..=b'9') => out.write_all(text),
                _ => json_string(text, out),
            }
        }
        Type::Json | Type::Jsonb => {
            for (at, line) in text.split(|byte| matches!(byte, b'\n' | b'\r')).enumerate() {
                out.write_all(if at > 0 { b" " } else { b"" })?;
                out.write_all(line)?;
            }
            Ok(())
        }
        Type::Timestamp => json_string(&iso(text, false), out),
        Type::Timestamptz => json_string(&iso(text, true), out),
        Type::Vector { numbers } => {
            let element = if *numbers { Type::Int2 } else { Type::Oid };
            out.write_all(b"[")?;
            let elements = text.split(|byte| *byte == b' ').filter(|element| !element.is_empty());
            for (at, text) in elements.enumerate() {
                out.write_all(if at > 0 { b"," } else { b"" })?;
                json_value(&element, text, out)?;
            }
            out.write_all(b"]")
        }
        Type::Array(element) => json_array(element, text, out),
        Type::Composite(fields) => {
            let values = split(text)?;
            // A composite type may have no fields.
            let none = fields.is_empty() && values == [None];
            if values.len() != fields.len() && !none {
                return Err(Malformed.into());
            }
            out.write_all(b"{")?;
            for (at, (field, value)) in fields.iter().zip(values).enumerate() {
                out.write_all(if at > 0 { b"," } else { b"" })?;
                json_string(&to_server(&field.name), out)?;
                out.write_all(b":")?;
                match value {
                    Some(text) => json_value(&field.data_type, &text, out)?,
                    None => out.write_all(b"null")?,
                }
            }
            out.write_all(b"}")
        }
        _ => json_string(text, out),
    }
}

/// Lower bounds are lost, as in the server.
fn json_array<W: Write>(element: &Type, text: &[u8], out: &mut W) -> io::Result<()> {
    let mut first = true;
    for token in tokens(text, delimiter(element))? {
        let comma: &[u8] = if first || token == Token::Close { b"" } else { b"," };
        out.write_all(comma)?;
        first = token == Token::Open;
        match token {
            Token::Open => out.write_all(b"[")?,
            Token::Close => out.write_all(b"]")?,
            Token::Element(None) => out.write_all(b"null")?,
            Token::Element(Some(text)) => json_value(element, &text, out)?,
        }
    }
    Ok(())
}

/// `2000-01-01 00:00:00+00` as XML Schema writes it: `2000-01-01T00:00:00+00:00`. The era stays at the end.
fn iso(text: &[u8], zoned: bool) -> Vec<u8> {
    let mut iso = text.to_vec();
    let Some(space) = memchr::memchr(b' ', &iso) else { return iso };
    iso[space] = b'T';
    let end = iso[space..].iter().position(|byte| *byte == b' ').map_or(iso.len(), |at| space + at);
    // Hours alone are too short.
    if zoned && end >= 3 && matches!(iso[end - 3], b'+' | b'-') {
        iso.splice(end..end, *b":00");
    }
    iso
}

/// Writes a string.
///
/// # Errors
/// The writer's.
pub fn json_string<W: Write>(mut text: &[u8], out: &mut W) -> io::Result<()> {
    out.write_all(b"\"")?;
    while let Some(at) = text.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')) {
        out.write_all(&text[..at])?;
        match text[at] {
            0x08 => out.write_all(b"\\b")?,
            0x0c => out.write_all(b"\\f")?,
            b'\n' => out.write_all(b"\\n")?,
            b'\r' => out.write_all(b"\\r")?,
            b'\t' => out.write_all(b"\\t")?,
            byte @ (b'"' | b'\\') => out.write_all(&[b'\\', byte])?,
            byte => write!(out, "\\u{byte:04x}")?,
        }
        text = &text[at + 1..];
    }
    out.write_all(text)?;
    out.write_all(b"\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Field;

    fn show(data_type: &Type, text: &str) -> String {
        let mut out = Vec::new();
        json_value(data_type, text.as_bytes(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn scalars_are_what_json_has_for_them() {
        assert_eq!([show(&Type::Bool, "t"), show(&Type::Bool, "f")], ["true", "false"]);
        assert_eq!(
            [show(&Type::Float8, "-1e+20"), show(&Type::Float8, "-Infinity")],
            ["-1e+20", "\"-Infinity\""]
        );
        assert_eq!(show(&Type::Oid, "7"), "\"7\"");
        assert_eq!(show(&Type::Text, "a\"\\\n\u{1}é"), r#""a\"\\\n\u0001é""#);
        assert_eq!(show(&Type::Json, "{\"a\":\n1}"), "{\"a\": 1}");
        assert_eq!(show(&Type::Timestamp, "0044-03-15 12:00:00 BC"), "\"0044-03-15T12:00:00 BC\"");
        assert_eq!(show(&Type::Timestamptz, "2000-01-01 00:00:00+00"), "\"2000-01-01T00:00:00+00:00\"");
        assert_eq!(
            show(&Type::Timestamptz, "0044-03-15 12:00:00-03:30 BC"),
            "\"0044-03-15T12:00:00-03:30 BC\""
        );
        assert_eq!(show(&Type::Timestamptz, "infinity"), "\"infinity\"");
        assert_eq!(show(&Type::Vector { numbers: true }, "1 2"), "[1,2]");
        assert_eq!(show(&Type::Vector { numbers: false }, ""), "[]");
    }

    #[test]
    fn arrays_and_composites_nest() {
        let inner = Type::Array(Type::Int4.into());
        assert_eq!(show(&inner, "[0:1][1:2]={{1,NULL},{3,4}}"), "[[1,null],[3,4]]");
        assert_eq!(show(&inner, "{}"), "[]");
        assert_eq!(
            show(&Type::Array(Type::Box.into()), "{(1,1),(0,0);(2,2),(0,0)}"),
            r#"["(1,1),(0,0)","(2,2),(0,0)"]"#
        );
        let fields = ["a", "b \""].map(|name| Field { name: name.to_owned(), data_type: inner.clone() });
        let composite = Type::Array(Type::Composite(fields.to_vec()).into());
        assert_eq!(show(&composite, r#"{"(\"{1,2}\",)"}"#), r#"[{"a":[1,2],"b \"":null}]"#);
    }
}
