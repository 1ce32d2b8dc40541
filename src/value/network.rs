//! inet, cidr, macaddr, macaddr8.

use super::Malformed;
use super::cursor::Cursor;
use super::text::push;

/// `PGSQL_AF_INET`, `PGSQL_AF_INET6`.
const V4: u8 = 2;
const V6: u8 = 3;

/// `network_send`: family, length of the prefix, whether it is a cidr, length of the address, address.
pub fn inet(value: &mut Cursor<'_>, cidr: bool, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let (family, prefix, _, len) = (value.u8()?, value.u8()?, value.u8()?, value.u8()?);
    let address = value.take(len.into())?;
    match (family, address) {
        (V4, [a, b, c, d]) => push(out, format_args!("{a}.{b}.{c}.{d}")),
        (V6, _) if len == 16 => v6(address, out),
        _ => return Err(Malformed),
    }
    if cidr || usize::from(prefix) != usize::from(len) * 8 {
        push(out, format_args!("/{prefix}"));
    }
    Ok(())
}

/// As the server's `inet_net_ntop`: the first longest run of zeros is left out, an IPv4 address within keeps its dots.
fn v6(address: &[u8], out: &mut Vec<u8>) {
    let (pairs, _) = address.as_chunks::<2>();
    let words: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    let (mut zeros, mut start) = (0..0, 0);
    for end in 0..=words.len() {
        if words.get(end).is_none_or(|word| *word != 0) {
            if end - start > zeros.len().max(1) {
                zeros = start..end;
            }
            start = end + 1;
        }
    }
    for (at, word) in words.iter().enumerate() {
        if zeros.contains(&at) {
            if at == zeros.start {
                out.push(b':');
            }
            continue;
        }
        if at > 0 {
            out.push(b':');
        }
        if at == 6 && zeros.start == 0 && (zeros.end == 6 || (zeros.end == 5 && words[5] == 0xFFFF)) {
            let [a, b, c, d] = [address[12], address[13], address[14], address[15]];
            return push(out, format_args!("{a}.{b}.{c}.{d}"));
        }
        push(out, format_args!("{word:x}"));
    }
    if !zeros.is_empty() && zeros.end == words.len() {
        out.push(b':');
    }
}

/// Pairs of hexadecimal digits.
pub fn macaddr(bytes: &[u8], out: &mut Vec<u8>) {
    for (at, byte) in bytes.iter().enumerate() {
        push(out, format_args!("{}{byte:02x}", if at > 0 { ":" } else { "" }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(head: [u8; 4], address: &[u8], cidr: bool) -> String {
        let mut out = Vec::new();
        inet(&mut Cursor::new(&[&head[..], address].concat()), cidr, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn zeros_are_left_out_once() {
        let words =
            |words: [u16; 8]| -> Vec<u8> { words.iter().flat_map(|word| word.to_be_bytes()).collect() };
        for (address, text) in [
            ([0, 0, 0, 0, 0, 0, 0, 0], "::"),
            ([0, 0, 0, 0, 0, 0, 0, 1], "::1"),
            ([1, 0, 0, 2, 0, 0, 0, 3], "1:0:0:2::3"),
            ([1, 0, 0, 2, 3, 0, 0, 4], "1::2:3:0:0:4"),
            ([1, 0, 2, 3, 4, 5, 6, 7], "1:0:2:3:4:5:6:7"),
            ([1, 2, 3, 4, 5, 6, 0, 0], "1:2:3:4:5:6::"),
            ([0, 0, 0, 0, 0, 0xFFFF, 0x0102, 0x0304], "::ffff:1.2.3.4"),
            ([0, 0, 0, 0, 0, 0, 0x0102, 0x0304], "::1.2.3.4"),
        ] {
            assert_eq!(show([V6, 128, 0, 16], &words(address), false), text);
        }
    }

    #[test]
    fn prefixes_are_shown_where_they_say_something() {
        assert_eq!(show([V4, 32, 0, 4], &[10, 0, 0, 1], false), "10.0.0.1");
        assert_eq!(show([V4, 32, 1, 4], &[10, 0, 0, 1], true), "10.0.0.1/32");
        assert_eq!(show([V4, 8, 0, 4], &[10, 0, 0, 1], false), "10.0.0.1/8");
    }
}
