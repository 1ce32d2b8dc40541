//! uuid, `"char"`, snapshots.

use super::Malformed;
use super::cursor::Cursor;
use super::text::push;
use crate::version::Version;

/// Groups of hexadecimal digits.
pub fn uuid(bytes: &[u8], out: &mut Vec<u8>) {
    for (at, byte) in bytes.iter().enumerate() {
        push(out, format_args!("{}{byte:02x}", if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" }));
    }
}

/// `"char"`: a byte. From 15 on one that is not ASCII is printed as an octal number; zero is the empty string.
pub fn char(byte: u8, version: Version, out: &mut Vec<u8>) {
    match byte {
        0 => {}
        0x80.. if version.at_least(15) => push(out, format_args!("\\{byte:03o}")),
        _ => out.push(byte),
    }
}

/// `pg_snapshot_send`: the number of running transactions, xmin, xmax, and those.
pub fn snapshot(value: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let count = value.count()?;
    push(out, format_args!("{}:{}:", value.u64()?, value.u64()?));
    for at in 0..count {
        push(out, format_args!("{}{}", if at > 0 { "," } else { "" }, value.u64()?));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chars_that_are_not_ascii_depend_on_the_version() {
        let show = |byte: u8, major: u32| {
            let mut out = Vec::new();
            char(byte, Version::from_num(major * 10_000), &mut out);
            out
        };
        assert_eq!((show(b'a', 14), show(0, 18)), (b"a".to_vec(), Vec::new()));
        assert_eq!((show(0xE9, 14), show(0xE9, 15)), (vec![0xE9], b"\\351".to_vec()));
    }
}
