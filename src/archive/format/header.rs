//! Record headers (FORMAT.md, "Records"): one definition for both directions.

use super::bytes::{array_at, u16_at, u32_at, u64_at};
use super::codes::{Codec, DataFormat, Flags, RecordType, Transform};
use super::digest::{ArchiveId, Digest};
use super::error::FormatError;
use super::meta::Meta;

/// `format_major` of this format.
pub const MAJOR: u8 = 1;
/// Length of a header without meta, bytes.
pub const HEADER_LEN_MIN: usize = FIXED_LEN + CHECK_LEN;
/// Most meta bytes of a record.
pub const META_LEN_MAX: usize = 64 * 1024;
/// `object_id` of records that belong to no object.
pub const NO_OBJECT: u32 = u32::MAX;

const FIXED_LEN: usize = 128;
const CHECK_LEN: usize = 16;
/// zstd's magic of a skippable frame: the header looks like one to any zstd decoder (RFC 8878, 3.1.2).
const SKIPPABLE_MAGIC: [u8; 4] = [0x5D, 0x2A, 0x4D, 0x18];
const RECORD_MAGIC: &[u8; 8] = b"PGARKREC";
/// Magic and length of the skippable frame are not part of its content.
const SKIP_LEN_BASE: usize = HEADER_LEN_MIN - 8;

/// A record's header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the record is.
    pub record_type: RecordType,
    /// Flags; DATA only.
    pub flags: Flags,
    /// How the payload is stored.
    pub codec: Codec,
    /// What was done to the raw bytes before; binary rows only.
    pub transform: Transform,
    /// What the rows look like; DATA only.
    pub data_format: DataFormat,
    /// The same in every record of an archive.
    pub archive_id: ArchiveId,
    /// 0, 1, 2 … in file order.
    pub seq: u64,
    /// Bytes of the payload as stored.
    pub stored_len: u64,
    /// Bytes of the payload as they were before compression and transform.
    pub raw_len: u64,
    /// XXH3-64 of those bytes.
    pub raw_xxh3: u64,
    /// SHA-256 of the stored payload.
    pub payload_sha256: Digest,
    /// The catalog entry the rows belong to, or [`NO_OBJECT`].
    pub object_id: u32,
    /// Part: one COPY statement of the dump.
    pub part_no: u32,
    /// Frame within the part.
    pub frame_no: u32,
    /// Rows that end in this frame.
    pub rows: u32,
    /// The TLVs as stored; [`Meta::decode`] reads them.
    pub meta: Vec<u8>,
}

impl Header {
    /// Length of the encoded header, bytes.
    pub fn encoded_len(&self) -> usize {
        HEADER_LEN_MIN + self.meta.len()
    }

    /// Appends the encoded header to `out`.
    ///
    /// # Errors
    /// When the header breaks a rule that readers check.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), FormatError> {
        FormatError::at_most("meta_len", self.meta.len() as u64, META_LEN_MAX as u64)?;
        self.check_rules()?;
        let start = out.len();
        out.extend(SKIPPABLE_MAGIC);
        out.extend(((SKIP_LEN_BASE + self.meta.len()) as u32).to_le_bytes());
        out.extend(RECORD_MAGIC);
        out.push(MAJOR);
        out.push(self.record_type.code());
        out.extend(self.flags.bits().to_le_bytes());
        out.push(self.codec.code());
        // No cipher in this version.
        out.extend([self.transform.code(), 0]);
        out.push(self.data_format.code());
        out.extend(self.archive_id.as_bytes());
        for n in [self.seq, self.stored_len, self.raw_len, self.raw_xxh3] {
            out.extend(n.to_le_bytes());
        }
        out.extend(self.payload_sha256.as_bytes());
        for n in [
            self.object_id,
            self.part_no,
            self.frame_no,
            self.rows,
            self.meta.len() as u32,
            /* reserved */ 0,
        ] {
            out.extend(n.to_le_bytes());
        }
        out.extend(&self.meta);
        let check = Digest::of(&out[start..]);
        out.extend(&check.as_bytes()[..CHECK_LEN]);
        Ok(())
    }

    /// The length of the header that begins with `prefix`: how many bytes [`Header::decode`] wants.
    ///
    /// # Errors
    /// When no record of this version begins here, or its length is out of bounds.
    pub fn len_from_prefix(prefix: &[u8; HEADER_LEN_MIN]) -> Result<usize, FormatError> {
        if prefix[..4] != SKIPPABLE_MAGIC || prefix[8..16] != *RECORD_MAGIC {
            return Err(FormatError::NoRecord);
        }
        if prefix[16] != MAJOR {
            return Err(FormatError::Version(prefix[16]));
        }
        let skip_len = u64::from(u32_at(prefix, 4));
        let meta_len = u64::from(u32_at(prefix, 120));
        if meta_len > META_LEN_MAX as u64 {
            return Err(FormatError::Rule("the header is longer than a header can be"));
        }
        FormatError::equal("skip_len", skip_len, SKIP_LEN_BASE as u64 + meta_len)?;
        Ok(HEADER_LEN_MIN + meta_len as usize)
    }

    /// Whether `head`, which may be shorter than a header, can be the beginning of an archive.
    pub(crate) fn is_prefix(head: &[u8]) -> bool {
        let magic = &SKIPPABLE_MAGIC[..head.len().min(4)];
        let record_magic = &RECORD_MAGIC[..head.len().saturating_sub(8).min(8)];
        !head.is_empty()
            && head.starts_with(magic)
            && head.get(8..).unwrap_or_default().starts_with(record_magic)
    }

    /// Decodes exactly one header.
    ///
    /// # Errors
    /// When `bytes` are not a header, its check fails, or it breaks a rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let prefix = bytes.first_chunk().ok_or(FormatError::NoRecord)?;
        let len = Self::len_from_prefix(prefix)?;
        FormatError::equal("header length", bytes.len() as u64, len as u64)?;
        let (covered, check) = bytes.split_at(len - CHECK_LEN);
        if Digest::of(covered).as_bytes()[..CHECK_LEN] != *check {
            return Err(FormatError::Checksum("record header"));
        }
        if bytes[22] != 0 {
            return Err(FormatError::Unknown { what: "cipher", value: bytes[22].into() });
        }
        FormatError::equal("reserved", u32_at(bytes, 124), 0u32)?;
        let header = Self {
            record_type: RecordType::from_code(bytes[17])?,
            flags: Flags::from_bits(u16_at(bytes, 18))?,
            codec: Codec::from_code(bytes[20])?,
            transform: Transform::from_code(bytes[21])?,
            data_format: DataFormat::from_code(bytes[23])?,
            archive_id: ArchiveId::from_bytes(array_at(bytes, 24)),
            seq: u64_at(bytes, 40),
            stored_len: u64_at(bytes, 48),
            raw_len: u64_at(bytes, 56),
            raw_xxh3: u64_at(bytes, 64),
            payload_sha256: Digest::from_bytes(array_at(bytes, 72)),
            object_id: u32_at(bytes, 104),
            part_no: u32_at(bytes, 108),
            frame_no: u32_at(bytes, 112),
            rows: u32_at(bytes, 116),
            meta: covered[FIXED_LEN..].to_vec(),
        };
        header.check_rules()?;
        Ok(header)
    }

    /// Rules within one header; writers and readers keep the same ones.
    fn check_rules(&self) -> Result<(), FormatError> {
        if self.record_type == RecordType::Data {
            if self.data_format == DataFormat::None || self.object_id == NO_OBJECT {
                return Err(FormatError::Rule("a DATA record names no object or no row format"));
            }
        } else {
            FormatError::equal("flags", self.flags.bits(), 0u16)?;
            FormatError::equal("data_format", self.data_format.code(), 0u8)?;
            FormatError::equal("object_id", self.object_id, NO_OBJECT)?;
            FormatError::equal("part_no", self.part_no, 0u32)?;
            FormatError::equal("frame_no", self.frame_no, 0u32)?;
            FormatError::equal("rows", self.rows, 0u32)?;
        }
        match self.codec {
            Codec::None => {
                FormatError::equal("stored_len", self.stored_len, 0u64)?;
                FormatError::equal("raw_len", self.raw_len, 0u64)?;
            }
            Codec::Zstd => {
                if self.stored_len > stored_len_max(self.raw_len) {
                    return Err(FormatError::Rule("the payload is stored in more bytes than it can need"));
                }
            }
        }
        if self.transform == Transform::Columns
            && (self.codec, self.data_format) != (Codec::Zstd, DataFormat::Binary)
        {
            return Err(FormatError::Rule("columns of something else than binary rows"));
        }
        if u64::from(self.rows) > self.raw_len {
            return Err(FormatError::Rule("more rows than bytes"));
        }
        if self.record_type == RecordType::End && (self.codec, self.stored_len) != (Codec::None, 0) {
            return Err(FormatError::Rule("the record END has a payload"));
        }
        // Unknown TLVs that must be known are refused with the header, before anything is read on.
        Meta::decode(self.record_type, &self.meta)?;
        Ok(())
    }
}

/// Most stored bytes of `raw_len` bytes: zstd's own bound adds one part in 256; twice that leaves room for other
/// encoders.
pub(crate) fn stored_len_max(raw_len: u64) -> u64 {
    (raw_len / 128).saturating_add(raw_len).saturating_add(1024)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::archive::format::{Ctid, leaf};

    fn header() -> Header {
        let meta = Meta { ctid_from: Some(Ctid { block: 7, item: 0 }), ..Meta::default() };
        Header {
            record_type: RecordType::Data,
            flags: Flags::LAST,
            codec: Codec::Zstd,
            transform: Transform::Columns,
            data_format: DataFormat::Binary,
            archive_id: ArchiveId::from_bytes([9; 16]),
            seq: 5,
            stored_len: 100,
            raw_len: 1000,
            raw_xxh3: 77,
            payload_sha256: Digest::of(b"payload"),
            object_id: 17,
            part_no: 1,
            frame_no: 2,
            rows: 10,
            meta: meta.encode().unwrap(),
        }
    }

    fn encoded(header: &Header) -> Vec<u8> {
        let mut out = Vec::new();
        header.encode(&mut out).unwrap();
        out
    }

    /// Sets a byte and repairs the check, as a writer of another version would.
    fn altered(at: usize, value: u8) -> Result<Header, FormatError> {
        let mut bytes = encoded(&header());
        bytes[at] = value;
        let covered = bytes.len() - CHECK_LEN;
        let check = Digest::of(&bytes[..covered]);
        bytes[covered..].copy_from_slice(&check.as_bytes()[..CHECK_LEN]);
        Header::decode(&bytes)
    }

    #[test]
    fn fields_stand_where_the_format_says() {
        let bytes = encoded(&header());
        assert_eq!(bytes.len(), 144 + 10);
        assert_eq!(u32_at(&bytes, 0), 0x184D_2A5D);
        assert_eq!(u32_at(&bytes, 4), 136 + 10);
        assert_eq!(&bytes[8..16], b"PGARKREC");
        assert_eq!(&bytes[16..24], &[1, 3, 4, 0, 1, 1, 0, 1]);
        assert_eq!(u64_at(&bytes, 40), 5);
        assert_eq!(u32_at(&bytes, 116), 10);
    }

    #[test]
    fn every_changed_bit_is_noticed_by_the_check() {
        let bytes = encoded(&header());
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut bad = bytes.clone();
                bad[at] ^= 1 << bit;
                assert!(Header::decode(&bad).is_err(), "byte {at} bit {bit}");
                assert_ne!(leaf(&bad), leaf(&bytes));
            }
        }
    }

    #[test]
    fn values_without_a_meaning_are_refused() {
        assert_eq!(altered(16, 2), Err(FormatError::Version(2)));
        assert_eq!(altered(17, 9), Err(FormatError::Unknown { what: "record type", value: 9 }));
        assert_eq!(altered(18, 8), Err(FormatError::Unknown { what: "flags", value: 8 }));
        assert_eq!(altered(20, 2), Err(FormatError::Unknown { what: "codec", value: 2 }));
        assert_eq!(altered(21, 2), Err(FormatError::Unknown { what: "transform", value: 2 }));
        assert_eq!(altered(22, 1), Err(FormatError::Unknown { what: "cipher", value: 1 }));
        assert_eq!(altered(23, 4), Err(FormatError::Unknown { what: "data format", value: 4 }));
        assert_eq!(altered(124, 1), Err(FormatError::Field { field: "reserved", found: 1, expected: 0 }));
        // Columns of lines of text.
        assert!(matches!(altered(23, 2), Err(FormatError::Rule(_))));
        // A non-DATA record keeps the fields of DATA at zero.
        assert!(altered(17, 4).is_err());
        // Stored bytes that cannot come from so few raw bytes.
        assert!(matches!(altered(55, 1), Err(FormatError::Rule(_))));
    }

    #[test]
    fn lengths_are_checked_before_the_rest_is_read() {
        let mut prefix = *encoded(&header()).first_chunk::<HEADER_LEN_MIN>().unwrap();
        prefix[120..124].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(Header::len_from_prefix(&prefix), Err(FormatError::Rule(_))));
    }

    proptest! {
        #[test]
        fn headers_round_trip(
            seq: u64, stored_len in 1u64..1 << 20, xxh3: u64, sha: [u8; 32], id: [u8; 16],
            object_id in 0..NO_OBJECT, part_no: u32, frame_no: u32, rows in 0u32..1 << 20, flags in 0u16..8,
        ) {
            let header = Header {
                record_type: RecordType::Data, flags: Flags::from_bits(flags).unwrap(), codec: Codec::Zstd,
                transform: Transform::None, data_format: DataFormat::Text, archive_id: ArchiveId::from_bytes(id), seq, stored_len,
                raw_len: 1 << 20, raw_xxh3: xxh3, payload_sha256: Digest::from_bytes(sha), object_id, part_no,
                frame_no, rows, meta: Vec::new(),
            };
            let bytes = encoded(&header);
            prop_assert_eq!(bytes.len(), header.encoded_len());
            prop_assert_eq!(Header::decode(&bytes).unwrap(), header);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(Header::decode(&bytes).is_err());
        }
    }
}
