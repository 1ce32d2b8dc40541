//! What stands around the tuples of COPY's binary format (documentation: COPY, "Binary Format"). Archives keep the tuples only.

/// Signature, flags, length of the extension: none of either.
pub const BINARY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// The trailer: a number of fields of −1.
pub const BINARY_TRAILER: &[u8] = b"\xff\xff";
