//! What must be true of a zstd frame before it is decompressed (RFC 8878, 3.1.1).

use super::bytes::u32_at;
use super::error::FormatError;

const MAGIC: u32 = 0xFD2F_B528;
/// A window above this needs more memory than decoders must offer.
const WINDOW_LEN_MAX: u64 = 1 << 27;

/// Checks that `stored` begins with the header of a zstd frame that needs no dictionary, and returns how many bytes it says
/// that it holds.
///
/// # Errors
/// When it does not; nothing was allocated yet.
pub fn check_frame(stored: &[u8]) -> Result<u64, FormatError> {
    let (magic, rest) = stored.split_at_checked(4).ok_or(CUT)?;
    if u32_at(magic, 0) != MAGIC {
        return Err(FormatError::Rule("the payload is not a zstd frame"));
    }
    let (&descriptor, rest) = rest.split_first().ok_or(CUT)?;
    if descriptor & 0b11 != 0 {
        return Err(FormatError::Rule("the zstd frame wants a dictionary"));
    }
    let single_segment = descriptor & 0x20 != 0;
    let (window, rest) = if single_segment {
        (None, rest)
    } else {
        let (&byte, rest) = rest.split_first().ok_or(CUT)?;
        let base = 1u64 << (10 + u32::from(byte >> 3));
        (Some(base + base / 8 * u64::from(byte & 7)), rest)
    };
    let content_len = match (descriptor >> 6, single_segment) {
        (0, false) => return Err(FormatError::Rule("the zstd frame does not say how long its content is")),
        (0, true) => number(rest, 1)?,
        (1, _) => number(rest, 2)? + 256,
        (2, _) => number(rest, 4)?,
        _ => number(rest, 8)?,
    };
    FormatError::at_most("zstd window", window.unwrap_or(content_len), WINDOW_LEN_MAX)?;
    Ok(content_len)
}

const CUT: FormatError = FormatError::Rule("the zstd frame is cut off");

fn number(bytes: &[u8], len: usize) -> Result<u64, FormatError> {
    let mut number = [0; 8];
    number[..len].copy_from_slice(bytes.get(..len).ok_or(CUT)?);
    Ok(u64::from_le_bytes(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_frames_are_accepted_and_say_their_length() {
        for len in [0usize, 1, 255, 256, 300, 70_000, 9 << 20] {
            let stored = zstd::bulk::compress(&vec![b'x'; len], 1).unwrap();
            assert_eq!(check_frame(&stored), Ok(len as u64), "{len}");
        }
    }

    #[test]
    fn dictionaries_big_windows_and_unknown_lengths_are_refused() {
        let magic = MAGIC.to_le_bytes();
        let frame = |rest: &[u8]| [&magic[..], rest].concat();
        assert_eq!(check_frame(&frame(&[0x20, 7])), Ok(7));
        assert!(check_frame(&frame(&[0x21, 9, 7])).is_err());
        assert!(check_frame(&frame(&[0x00, 0])).is_err());
        // 4-byte content size, window of 2^28.
        let frame_28 = frame(&[0x80, 18 << 3, 7, 0, 0, 0]);
        assert_eq!(
            check_frame(&frame_28),
            Err(FormatError::Limit { field: "zstd window", found: 1 << 28, max: 1 << 27 })
        );
        assert_eq!(check_frame(&frame(&[])), Err(CUT));
        assert_eq!(check_frame(b"PK\x03\x04"), Err(FormatError::Rule("the payload is not a zstd frame")));
    }
}
