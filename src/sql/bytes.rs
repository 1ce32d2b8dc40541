//! Text of any bytes, within strings.
//!
//! A database in `SQL_ASCII` does not know what its bytes mean, so names and definitions may be no UTF-8 (documentation:
//! "Character Set Support"). Each such byte `b` stands in our strings as the character U+10FF00 + `b`, of the private
//! use area's last block. Those characters themselves are taken for bytes that need it, so that nothing is ambiguous.

use std::borrow::Cow;

/// The character of byte 0; only 0x80 and above occur.
const BASE: u32 = 0x0010_ff00;
/// How the characters of the bytes 0x80 to 0xff begin in UTF-8; a byte from 0x80 to 0xbf follows.
const LEADS: [[u8; 3]; 2] = [[0xf4, 0x8f, 0xbe], [0xf4, 0x8f, 0xbf]];
/// Bytes of such a character.
const LEN: usize = 4;

/// What the server sent, as a string.
pub fn from_server(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if find(bytes).is_none() => Cow::Borrowed(text),
        _ => {
            let mut text = String::with_capacity(bytes.len() + bytes.len() / 2);
            for chunk in bytes.utf8_chunks() {
                for c in chunk.valid().chars() {
                    match byte(c) {
                        None => text.push(c),
                        Some(_) => push_bytes(&mut text, c.encode_utf8(&mut [0; LEN]).as_bytes()),
                    }
                }
                push_bytes(&mut text, chunk.invalid());
            }
            Cow::Owned(text)
        }
    }
}

/// The bytes that the server knows a string by.
pub fn to_server(text: &str) -> Cow<'_, [u8]> {
    restore(text.as_bytes())
}

/// The same for UTF-8 that is bytes already, as in a message of the protocol.
pub fn restore(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some(mut next) = find(bytes) else { return Cow::Borrowed(bytes) };
    let (mut restored, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    loop {
        restored.extend_from_slice(&rest[..next]);
        let high = if rest[next + 2] == LEADS[1][2] { 0x40 } else { 0 };
        restored.push(rest[next + 3] | high);
        rest = &rest[next + LEN..];
        match find(rest) {
            Some(found) => next = found,
            None => break,
        }
    }
    restored.extend_from_slice(rest);
    Cow::Owned(restored)
}

/// Where the first character that stands for a byte begins. Hardly any text has its first byte at all, but what stands in
/// large objects does.
fn find(bytes: &[u8]) -> Option<usize> {
    let stands = |at: &usize| match bytes[*at..].first_chunk::<LEN>() {
        Some([a, b, c, d]) => LEADS.contains(&[*a, *b, *c]) && (0x80..0xc0).contains(d),
        None => false,
    };
    memchr::memchr_iter(LEADS[0][0], bytes).find(stands)
}

/// The byte that a character stands for.
fn byte(c: char) -> Option<u8> {
    u8::try_from(u32::from(c).checked_sub(BASE)?).ok().filter(|byte| *byte >= 0x80)
}

fn push_bytes(text: &mut String, bytes: &[u8]) {
    text.extend(bytes.iter().filter_map(|byte| char::from_u32(BASE + u32::from(*byte))));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_bytes_survives() {
        for a in 0..=255 {
            for b in 0..=255 {
                let bytes = [b'x', a, b, b'y'];
                assert_eq!(*to_server(&from_server(&bytes)), bytes);
            }
        }
    }

    #[test]
    fn utf8_stays_as_it_is() {
        let text = "Größe 数 🦀 \u{10fe80}";
        assert!(matches!(from_server(text.as_bytes()), Cow::Borrowed(same) if same == text));
        assert!(matches!(to_server(text), Cow::Borrowed(same) if same == text.as_bytes()));
    }

    #[test]
    fn the_characters_that_stand_for_bytes_are_not_ambiguous() {
        for text in ["\u{10ff80}", "a\u{10ffff}b", "\u{10ffbf}\u{10ffc0}", "\u{10ff7f}\u{10ff00}"] {
            assert_eq!(*to_server(&from_server(text.as_bytes())), *text.as_bytes(), "{text:?}");
        }
        assert_eq!(from_server(b"t\xff"), "t\u{10ffff}");
        assert_eq!(*to_server("t\u{10ff80}\u{10ffff}"), *b"t\x80\xff");
    }
}
