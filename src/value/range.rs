//! Ranges and multiranges: `[1,5)`, `{[1,5),[7,)}` (documentation: "Range Types").

use super::cursor::Cursor;
use super::quote::{enclose, is_space};
use super::text::text;
use super::{Malformed, Type};
use crate::version::Version;

/// Bits of the first byte (src/include/utils/rangetypes.h).
const EMPTY: u8 = 0x01;
const LOWER_INCLUSIVE: u8 = 0x02;
const UPPER_INCLUSIVE: u8 = 0x04;
const LOWER_INFINITE: u8 = 0x08;
const UPPER_INFINITE: u8 = 0x10;

/// `range_send`: the flags, then the bounds that are there.
pub fn range(
    subtype: &Type,
    value: &mut Cursor<'_>,
    version: Version,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let flags = value.u8()?;
    if flags & EMPTY != 0 {
        out.extend(b"empty");
        return Ok(());
    }
    out.push(if flags & LOWER_INCLUSIVE != 0 { b'[' } else { b'(' });
    if flags & LOWER_INFINITE == 0 {
        bound(subtype, value, version, out)?;
    }
    out.push(b',');
    if flags & UPPER_INFINITE == 0 {
        bound(subtype, value, version, out)?;
    }
    out.push(if flags & UPPER_INCLUSIVE != 0 { b']' } else { b')' });
    Ok(())
}

fn bound(
    subtype: &Type,
    value: &mut Cursor<'_>,
    version: Version,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let start = out.len();
    text(subtype, value.field()?.ok_or(Malformed)?, version, out)?;
    let special =
        |byte: &u8| matches!(byte, b'"' | b'\\' | b'(' | b')' | b'[' | b']' | b',') || is_space(*byte);
    if out.len() == start || out[start..].iter().any(special) {
        enclose(out, start, true);
    }
    Ok(())
}

/// `multirange_send`: the number of ranges; each with its length.
pub fn multirange(
    range: &Type,
    value: &mut Cursor<'_>,
    version: Version,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    out.push(b'{');
    for at in 0..value.count()? {
        if at > 0 {
            out.push(b',');
        }
        text(range, value.field()?.ok_or(Malformed)?, version, out)?;
    }
    out.push(b'}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_quoted_where_they_need_it() {
        let range_type = Type::Range(Type::Text.into());
        let ranges: [&[u8]; 4] = [&[EMPTY], b"\x02\0\0\0\x01a\0\0\0\x03b c", b"\x1c", b"\x0c\0\0\0\0"];
        let mut bytes = (ranges.len() as i32).to_be_bytes().to_vec();
        for range in ranges {
            bytes.extend((range.len() as i32).to_be_bytes());
            bytes.extend(range);
        }
        let mut out = Vec::new();
        multirange(&range_type, &mut Cursor::new(&bytes), Version::from_num(180_000), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), r#"{empty,[a,"b c"),(,],(,""]}"#);
    }
}
