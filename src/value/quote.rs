//! Quoting within arrays, composites and ranges.

/// What `isspace` means in the C locale, and `array_isspace` in any.
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Encloses `out[start..]` in double quotes. Quotes and backslashes in it are escaped: with a backslash, or doubled.
pub fn enclose(out: &mut Vec<u8>, start: usize, doubled: bool) {
    let text = out.split_off(start);
    out.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(if doubled { byte } else { b'\\' });
        }
        out.push(byte);
    }
    out.push(b'"');
}
