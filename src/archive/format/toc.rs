//! Entries of the table of contents. Headers are authoritative; an entry must say the same.

use super::bytes::{array_at, u16_at, u32_at, u64_at};
use super::codes::{Codec, DataFormat, Flags, RecordType, Transform};
use super::digest::Digest;
use super::error::FormatError;
use super::header::{HEADER_LEN_MIN, Header, META_LEN_MAX};

/// Bytes of an entry.
pub const TOC_ENTRY_LEN: usize = 96;
/// Most entries of one TOC record, which bounds the memory of a reader.
pub const TOC_ENTRIES_MAX: usize = 65_536;

/// Where a record is, and what a plan needs to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TocEntry {
    /// The record's number; not stored, it is the entry's position.
    pub seq: u64,
    /// Where its header begins.
    pub offset: u64,
    /// Bytes of the payload as stored.
    pub stored_len: u64,
    /// Bytes of the payload after decompression.
    pub raw_len: u64,
    /// Bytes of the header.
    pub header_len: u32,
    /// As in the header.
    pub object_id: u32,
    /// As in the header.
    pub part_no: u32,
    /// As in the header.
    pub frame_no: u32,
    /// As in the header.
    pub rows: u32,
    /// As in the header.
    pub record_type: RecordType,
    /// As in the header.
    pub codec: Codec,
    /// As in the header.
    pub transform: Transform,
    /// As in the header.
    pub data_format: DataFormat,
    /// As in the header.
    pub flags: Flags,
    /// The record's leaf.
    pub leaf: Digest,
}

impl TocEntry {
    /// The entry of a record at `offset`.
    pub fn new(header: &Header, offset: u64, leaf: Digest) -> Self {
        Self {
            seq: header.seq,
            offset,
            stored_len: header.stored_len,
            raw_len: header.raw_len,
            header_len: header.encoded_len() as u32,
            object_id: header.object_id,
            part_no: header.part_no,
            frame_no: header.frame_no,
            rows: header.rows,
            record_type: header.record_type,
            codec: header.codec,
            transform: header.transform,
            data_format: header.data_format,
            flags: header.flags,
            leaf,
        }
    }

    /// Bytes of header and payload.
    pub fn record_len(&self) -> u64 {
        u64::from(self.header_len).saturating_add(self.stored_len)
    }

    /// The entry as stored.
    pub fn encode(&self) -> [u8; TOC_ENTRY_LEN] {
        let mut out = [0; TOC_ENTRY_LEN];
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            out[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        [self.offset, self.stored_len, self.raw_len].iter().for_each(|n| put(&n.to_le_bytes()));
        [self.header_len, self.object_id, self.part_no, self.frame_no, self.rows]
            .iter()
            .for_each(|n| put(&n.to_le_bytes()));
        put(&[self.record_type.code(), self.codec.code(), self.transform.code(), self.data_format.code()]);
        put(&self.flags.bits().to_le_bytes());
        put(&[0; 14]);
        put(self.leaf.as_bytes());
        out
    }

    /// Reads the entry of record `seq`.
    ///
    /// # Errors
    /// When a value has no meaning or a reserved byte is not zero.
    pub fn decode(seq: u64, bytes: &[u8; TOC_ENTRY_LEN]) -> Result<Self, FormatError> {
        if bytes[50..64].iter().any(|&byte| byte != 0) {
            return Err(FormatError::Rule("a reserved byte of a TOC entry is not zero"));
        }
        let entry = Self {
            seq,
            offset: u64_at(bytes, 0),
            stored_len: u64_at(bytes, 8),
            raw_len: u64_at(bytes, 16),
            header_len: u32_at(bytes, 24),
            object_id: u32_at(bytes, 28),
            part_no: u32_at(bytes, 32),
            frame_no: u32_at(bytes, 36),
            rows: u32_at(bytes, 40),
            record_type: RecordType::from_code(bytes[44])?,
            codec: Codec::from_code(bytes[45])?,
            transform: Transform::from_code(bytes[46])?,
            data_format: DataFormat::from_code(bytes[47])?,
            flags: Flags::from_bits(u16_at(bytes, 48))?,
            leaf: Digest::from_bytes(array_at(bytes, 64)),
        };
        let header_len = entry.header_len as usize;
        if !(HEADER_LEN_MIN..=HEADER_LEN_MIN + META_LEN_MAX).contains(&header_len) {
            return Err(FormatError::Rule("the header length of a TOC entry is out of bounds"));
        }
        Ok(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_round_trip_and_reserved_bytes_stay_zero() {
        let entry = TocEntry {
            seq: 9,
            offset: 1 << 40,
            stored_len: 2,
            raw_len: 3,
            header_len: 200,
            object_id: 5,
            part_no: 6,
            frame_no: 7,
            rows: 8,
            record_type: RecordType::Data,
            codec: Codec::Zstd,
            transform: Transform::Columns,
            data_format: DataFormat::LargeObject,
            flags: Flags::LAST.with(Flags::CONTINUED),
            leaf: Digest::of(b"leaf"),
        };
        let bytes = entry.encode();
        assert_eq!(TocEntry::decode(9, &bytes), Ok(entry));
        for at in (46..47).chain(50..64) {
            let mut bad = bytes;
            bad[at] = 9;
            assert!(TocEntry::decode(9, &bad).is_err(), "byte {at}");
        }
    }
}
