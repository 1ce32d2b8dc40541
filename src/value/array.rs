//! Arrays: `{1,"a b",NULL}`, `[0:1]={1,2}` (documentation: "Array Input and Output Syntax").

use super::cursor::Cursor;
use super::quote::{enclose, is_space};
use super::text::{push, text};
use super::{Malformed, Type};
use crate::version::Version;

/// The server's `MAXDIM`.
const DIMENSIONS_MAX: usize = 6;

/// `array_send`: the number of dimensions, whether there are NULLs, the OID of the element's type, length and lower bound
/// of each dimension, the elements.
pub fn array(
    element: &Type,
    value: &mut Cursor<'_>,
    version: Version,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let dimensions = value.count()?;
    let (_has_nulls, _oid) = (value.i32()?, value.u32()?);
    if dimensions > DIMENSIONS_MAX {
        return Err(Malformed);
    }
    let mut lengths = Vec::with_capacity(dimensions);
    let mut bounds = Vec::with_capacity(dimensions);
    for _ in 0..dimensions {
        let (length, lower) = (value.count()?, i64::from(value.i32()?));
        bounds.push((lower, lower + length as i64 - 1));
        lengths.push(length);
    }
    if lengths.is_empty() || lengths.contains(&0) {
        out.extend(b"{}");
        return Ok(());
    }
    if bounds.iter().any(|(lower, _)| *lower != 1) {
        bounds.iter().for_each(|(lower, upper)| push(out, format_args!("[{lower}:{upper}]")));
        out.push(b'=');
    }
    braces(element, &lengths, value, version, out)
}

fn braces(
    element: &Type,
    lengths: &[usize],
    value: &mut Cursor<'_>,
    version: Version,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let delimiter = delimiter(element);
    let Some((length, inner)) = lengths.split_first() else { return Err(Malformed) };
    out.push(b'{');
    for at in 0..*length {
        if at > 0 {
            out.push(delimiter);
        }
        if !inner.is_empty() {
            braces(element, inner, value, version, out)?;
            continue;
        }
        match value.field()? {
            None => out.extend(b"NULL"),
            Some(bytes) => {
                let start = out.len();
                text(element, bytes, version, out)?;
                if needs_quotes(&out[start..], delimiter) {
                    enclose(out, start, false);
                }
            }
        }
    }
    out.push(b'}');
    Ok(())
}

/// typdelim: of all built-in types only `box` has another one than the comma.
pub fn delimiter(element: &Type) -> u8 {
    if *element == Type::Box { b';' } else { b',' }
}

fn needs_quotes(text: &[u8], delimiter: u8) -> bool {
    let special =
        |byte: &u8| matches!(byte, b'"' | b'\\' | b'{' | b'}') || *byte == delimiter || is_space(*byte);
    text.is_empty() || text.eq_ignore_ascii_case(b"NULL") || text.iter().any(special)
}

/// A part of an array's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// `{`
    Open,
    /// `}`
    Close,
    /// An element; `None` is NULL.
    Element(Option<Vec<u8>>),
}

/// Takes an array's text apart.
pub fn tokens(text: &[u8], delimiter: u8) -> Result<Vec<Token>, Malformed> {
    let start = memchr::memchr(b'{', text).ok_or(Malformed)?;
    let mut tokens = Vec::new();
    let mut rest = text[start..].iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'{' => tokens.push(Token::Open),
            b'}' => tokens.push(Token::Close),
            b'"' => {
                let mut element = Vec::new();
                loop {
                    match rest.next().ok_or(Malformed)? {
                        b'"' => break,
                        b'\\' => element.push(rest.next().ok_or(Malformed)?),
                        byte => element.push(byte),
                    }
                }
                tokens.push(Token::Element(Some(element)));
            }
            byte if byte == delimiter => {}
            byte => {
                let mut element = vec![byte];
                let part = |byte: &u8| *byte != b'}' && *byte != delimiter;
                element.extend(std::iter::from_fn(|| rest.next_if(part)));
                tokens.push(Token::Element((element != b"NULL").then_some(element)));
            }
        }
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(dimensions: &[(i32, i32)], elements: &[Option<&str>]) -> Vec<u8> {
        let mut bytes = (dimensions.len() as i32).to_be_bytes().to_vec();
        bytes.extend([0; 8]);
        for (length, lower) in dimensions {
            bytes.extend(length.to_be_bytes());
            bytes.extend(lower.to_be_bytes());
        }
        for element in elements {
            bytes.extend(element.map_or(-1, |text| text.len() as i32).to_be_bytes());
            bytes.extend(element.unwrap_or_default().bytes());
        }
        bytes
    }

    fn show(dimensions: &[(i32, i32)], elements: &[Option<&str>]) -> String {
        let mut out = Vec::new();
        let bytes = binary(dimensions, elements);
        array(&Type::Text, &mut Cursor::new(&bytes), Version::from_num(180_000), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn elements_are_quoted_where_they_need_it() {
        let elements = [Some("a"), None, Some(""), Some("null"), Some("a b"), Some("\"\\"), Some("{,")];
        assert_eq!(show(&[(7, 1)], &elements), r#"{a,NULL,"","null","a b","\"\\","{,"}"#);
        assert_eq!(show(&[], &[]), "{}");
        let four = [Some("1"), Some("2"), Some("3"), Some("4")];
        assert_eq!(show(&[(2, 0), (2, -5)], &four), "[0:1][-5:-4]={{1,2},{3,4}}");
        let mut out = Vec::new();
        let huge = binary(&[(i32::MAX, 1), (i32::MAX, 1), (i32::MAX, 1)], &[]);
        assert!(array(&Type::Text, &mut Cursor::new(&huge), Version::from_num(180_000), &mut out).is_err());
    }

    #[test]
    fn the_text_is_taken_apart() {
        let text = r#"[0:0][1:2]={{"a\"}",NULL},{"NULL",x y}}"#;
        let element = |text: &str| Token::Element(Some(text.as_bytes().to_vec()));
        use Token::{Close, Open};
        let expected = [
            Open,
            Open,
            element("a\"}"),
            Token::Element(None),
            Close,
            Open,
            element("NULL"),
            element("x y"),
            Close,
            Close,
        ];
        assert_eq!(tokens(text.as_bytes(), b',').unwrap(), expected);
        assert!(tokens(b"{\"a", b',').is_err());
    }
}
