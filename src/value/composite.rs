//! Composite values: `(1,,"a b")` (documentation: "Composite Type Input and Output Syntax").

use super::cursor::Cursor;
use super::quote::{enclose, is_space};
use super::text::text;
use super::{Field, Malformed};
use crate::version::Version;

/// `record_send`: the number of fields; of each the OID of its type and its value.
pub fn composite(
    fields: &[Field],
    value: &mut Cursor<'_>,
    version: Version,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    if value.count()? != fields.len() {
        return Err(Malformed);
    }
    out.push(b'(');
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let _oid = value.u32()?;
        if let Some(bytes) = value.field()? {
            let start = out.len();
            text(&field.data_type, bytes, version, out)?;
            if needs_quotes(&out[start..]) {
                enclose(out, start, true);
            }
        }
    }
    out.push(b')');
    Ok(())
}

fn needs_quotes(text: &[u8]) -> bool {
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | b'(' | b')' | b',') || is_space(*byte);
    text.is_empty() || text.iter().any(special)
}

/// The fields in the text of a composite value; `None` is NULL.
pub fn split(text: &[u8]) -> Result<Vec<Option<Vec<u8>>>, Malformed> {
    let inner = text.strip_prefix(b"(").and_then(|text| text.strip_suffix(b")")).ok_or(Malformed)?;
    let mut fields = Vec::new();
    let (mut field, mut quoted, mut null) = (Vec::new(), false, true);
    let mut rest = inner.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b',' if !quoted => {
                let done = std::mem::take(&mut field);
                fields.push((!null).then_some(done));
                null = true;
                continue;
            }
            b'"' if quoted && rest.next_if_eq(&b'"').is_some() => field.push(b'"'),
            b'"' => quoted = !quoted,
            b'\\' => field.push(rest.next().ok_or(Malformed)?),
            byte => field.push(byte),
        }
        null = false;
    }
    fields.push((!null).then_some(field));
    if quoted { Err(Malformed) } else { Ok(fields) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    #[test]
    fn fields_are_quoted_where_they_need_it_and_read_again() {
        let values = [Some("a"), None, Some(""), Some("NULL"), Some("a b"), Some("\"\\"), Some("(,")];
        let mut bytes = (values.len() as i32).to_be_bytes().to_vec();
        for value in values {
            bytes.extend([0; 4]);
            bytes.extend(value.map_or(-1, |text| text.len() as i32).to_be_bytes());
            bytes.extend(value.unwrap_or_default().bytes());
        }
        let fields = vec![Field { name: String::new(), data_type: Type::Text }; values.len()];
        let mut out = Vec::new();
        composite(&fields, &mut Cursor::new(&bytes), Version::from_num(180_000), &mut out).unwrap();
        assert_eq!(String::from_utf8(out.clone()).unwrap(), r#"(a,,"",NULL,"a b","""\\","(,")"#);
        let read = split(&out).unwrap();
        assert_eq!(read, values.map(|value| value.map(|text| text.as_bytes().to_vec())));
        assert!(
            composite(&fields[1..], &mut Cursor::new(&bytes), Version::from_num(180_000), &mut out).is_err()
        );
        assert!(split(b"(\"a)").is_err());
    }
}
