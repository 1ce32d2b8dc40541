//! bit, bit varying, bytea.

use super::Malformed;
use super::cursor::Cursor;

/// `bit_send`: the number of bits, then bytes whose first bit is the highest.
pub fn bits(value: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let count = value.count()?;
    let bytes = value.take(count.div_ceil(8))?;
    out.extend((0..count).map(|at| b'0' + (bytes[at / 8] >> (7 - at % 8) & 1)));
    Ok(())
}

/// `bytea_output` hex.
pub fn bytea(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.reserve(2 + bytes.len() * 2);
    out.extend(b"\\x");
    out.extend(
        bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_bytes() {
        let mut out = Vec::new();
        bits(&mut Cursor::new(&[0, 0, 0, 10, 0b1010_0001, 0b0100_0000]), &mut out).unwrap();
        out.push(b' ');
        bytea(&[0, 0x1f, 0xff], &mut out);
        assert_eq!(out, b"1010000101 \\x001fff");
    }
}
