//! tsvector.

use super::Malformed;
use super::cursor::Cursor;
use super::text::push;

/// `tsvectorsend`: the number of lexemes; of each its text, the number of positions, and those, their weight in the two
/// highest bits.
pub fn tsvector(value: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    for at in 0..value.count()? {
        if at > 0 {
            out.push(b' ');
        }
        out.push(b'\'');
        for byte in value.cstring()? {
            if matches!(byte, b'\'' | b'\\') {
                out.push(*byte);
            }
            out.push(*byte);
        }
        out.push(b'\'');
        for position in 0..value.u16()? {
            out.push(if position == 0 { b':' } else { b',' });
            let found = value.u16()?;
            let weight = ["", "C", "B", "A"][usize::from(found >> 14)];
            push(out, format_args!("{}{weight}", found & 0x3FFF));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lexemes_are_quoted_and_weighed() {
        let bytes = b"\0\0\0\x02it's\\\0\0\x02\0\x01\xC0\x05b\0\0\0";
        let mut out = Vec::new();
        tsvector(&mut Cursor::new(bytes), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "'it''s\\\\':1,5A 'b'");
    }
}
