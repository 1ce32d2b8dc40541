//! The values of the record END (FORMAT.md, "END"). With them END has exactly [`END_LEN`] bytes.

use super::bytes::{array_at, u16_at, u64_at};
use super::digest::Digest;
use super::error::FormatError;
use super::header::HEADER_LEN_MIN;
use super::meta::{TAG_END, push_tlv};

/// Bytes of the record END, so that a reader finds it from the end of the file.
pub const END_LEN: usize = HEADER_LEN_MIN + 4 + VALUE_LEN;

const VALUE_LEN: usize = 108;

/// How the dump ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Everything that was asked for is in the archive.
    Complete,
    /// Complete but for objects that LATE lists.
    Skipped,
}

impl Status {
    const fn code(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Skipped => 1,
        }
    }

    /// Status 2, an archive made by salvage, is reserved: it lacks what this reader relies on.
    fn from_code(code: u8) -> Result<Self, FormatError> {
        match code {
            0 => Ok(Self::Complete),
            1 => Ok(Self::Skipped),
            _ => Err(FormatError::Unknown { what: "status", value: code.into() }),
        }
    }
}

/// Totals and root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Where the first TOC record begins.
    pub toc_offset: u64,
    /// Bytes of all TOC records.
    pub toc_bytes: u64,
    /// Records without END.
    pub records: u64,
    /// Bytes of the file.
    pub file_len: u64,
    /// Rows of all DATA records.
    pub rows: u64,
    /// Raw bytes of all DATA records.
    pub raw_bytes: u64,
    /// How the dump ended.
    pub status: Status,
    /// Root over all records before END: the archive's identity.
    pub root: Digest,
}

impl End {
    /// The meta of END.
    pub fn encode(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(VALUE_LEN);
        for n in [self.toc_offset, self.toc_bytes, self.records, self.file_len, self.rows, self.raw_bytes] {
            value.extend(n.to_le_bytes());
        }
        value.push(self.status.code());
        value.resize(56, 0);
        value.extend(self.root.as_bytes());
        value.resize(VALUE_LEN, 0);
        let mut out = Vec::new();
        push_tlv(&mut out, TAG_END, &value).expect("invariant: the value is short");
        out
    }

    /// Reads the meta of END.
    ///
    /// # Errors
    /// When it is not exactly END's TLV, or a reserved byte is not zero.
    pub fn decode(meta: &[u8]) -> Result<Self, FormatError> {
        if meta.len() != 4 + VALUE_LEN
            || u16_at(meta, 0) != TAG_END
            || usize::from(u16_at(meta, 2)) != VALUE_LEN
        {
            return Err(FormatError::Rule("the record END is malformed"));
        }
        let value = &meta[4..];
        if value[49..56].iter().chain(&value[88..]).any(|&byte| byte != 0) {
            return Err(FormatError::Rule("a reserved byte of END is not zero"));
        }
        Ok(Self {
            toc_offset: u64_at(value, 0),
            toc_bytes: u64_at(value, 8),
            records: u64_at(value, 16),
            file_len: u64_at(value, 24),
            rows: u64_at(value, 32),
            raw_bytes: u64_at(value, 40),
            status: Status::from_code(value[48])?,
            root: Digest::from_bytes(array_at(value, 56)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn end_round_trips_and_reserved_bytes_stay_zero() {
        let end = End {
            toc_offset: 1,
            toc_bytes: 2,
            records: 3,
            file_len: 4,
            rows: 5,
            raw_bytes: 6,
            status: Status::Skipped,
            root: Digest::of(b"root"),
        };
        let bytes = end.encode();
        assert_eq!(HEADER_LEN_MIN + bytes.len(), 256);
        assert_eq!(End::decode(&bytes), Ok(end));
        for at in (4 + 49..4 + 56).chain(4 + 88..bytes.len()) {
            let mut bad = bytes.clone();
            bad[at] = 1;
            assert!(End::decode(&bad).is_err(), "byte {at}");
        }
        let mut salvaged = bytes;
        salvaged[4 + 48] = 2;
        assert_eq!(End::decode(&salvaged), Err(FormatError::Unknown { what: "status", value: 2 }));
    }
}
