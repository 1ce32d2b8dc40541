//! The TLVs after the fixed part of a header (FORMAT.md, "Meta").

use super::bytes::{array_at, u16_at, u32_at};
use super::codes::RecordType;
use super::error::FormatError;
use super::header::META_LEN_MAX;
use super::source::Source;

/// A reader that does not know a tag with this bit refuses the record.
const MUST_KNOW: u16 = 0x8000;
const TAG_CTID_FROM: u16 = 1;
const TAG_CTID_TO: u16 = 2;
const TAG_KEY_RANGE: u16 = 3;
const TAG_SOURCE: u16 = 4;
const TAG_CONTENT_HASH: u16 = 5;
/// END's only TLV.
pub(super) const TAG_END: u16 = MUST_KNOW | 0x10;
const TLV_HEAD_LEN: usize = 4;

/// A row's place in its heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ctid {
    /// Block.
    pub block: u32,
    /// Line pointer, from 1; 0 = before the first row of the block.
    pub item: u16,
}

/// What a DATA record says besides its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// Frame 0 of a part: its first place, inclusive. Absent = from the beginning.
    pub ctid_from: Option<Ctid>,
    /// Frame 0 of a part: its end, exclusive. Absent = to the end.
    pub ctid_to: Option<Ctid>,
    /// Frame 0 of a part that is no range of blocks: what was selected, for people.
    pub key_range: Option<String>,
    /// Frame 0 of a part: what its rows are.
    pub source: Option<Source>,
    /// Sum of the hashes of the rows that end in this frame.
    pub content_hash: Option<u128>,
}

impl Meta {
    /// The TLVs as stored.
    ///
    /// # Errors
    /// When they do not fit in a header. The columns of the source are cut before that happens.
    pub fn encode(&self) -> Result<Vec<u8>, FormatError> {
        let mut out = Vec::new();
        for (tag, ctid) in [(TAG_CTID_FROM, self.ctid_from), (TAG_CTID_TO, self.ctid_to)] {
            if let Some(Ctid { block, item }) = ctid {
                let mut value = block.to_le_bytes().to_vec();
                value.extend(item.to_le_bytes());
                push_tlv(&mut out, tag, &value)?;
            }
        }
        if let Some(text) = &self.key_range {
            push_tlv(&mut out, TAG_KEY_RANGE, text.as_bytes())?;
        }
        if let Some(hash) = self.content_hash {
            push_tlv(&mut out, TAG_CONTENT_HASH, &hash.to_le_bytes())?;
        }
        if let Some(source) = &self.source {
            let room = META_LEN_MAX.saturating_sub(out.len() + TLV_HEAD_LEN).min(u16::MAX.into());
            push_tlv(&mut out, TAG_SOURCE, &source.encode(room)?)?;
        }
        Ok(out)
    }

    /// Reads the TLVs of a record. Unknown tags are skipped unless they must be known.
    ///
    /// # Errors
    /// When a TLV is malformed, given twice, not of this record type, or must be known and is not.
    pub fn decode(record_type: RecordType, bytes: &[u8]) -> Result<Self, FormatError> {
        let mut meta = Self::default();
        for tlv in tlvs(bytes) {
            let (tag, value) = tlv?;
            match (record_type, tag) {
                (RecordType::Data, TAG_CTID_FROM) => set(&mut meta.ctid_from, ctid(value)?)?,
                (RecordType::Data, TAG_CTID_TO) => set(&mut meta.ctid_to, ctid(value)?)?,
                (RecordType::Data, TAG_KEY_RANGE) => {
                    let text = String::from_utf8(value.to_vec())
                        .map_err(|_| FormatError::Rule("the key range is not UTF-8"))?;
                    set(&mut meta.key_range, text)?;
                }
                (RecordType::Data, TAG_SOURCE) => set(&mut meta.source, Source::decode(value)?)?,
                (RecordType::Data, TAG_CONTENT_HASH) => {
                    let hash =
                        value.try_into().map_err(|_| FormatError::Rule("a content hash has 16 bytes"))?;
                    set(&mut meta.content_hash, u128::from_le_bytes(hash))?;
                }
                (RecordType::End, TAG_END) => {}
                _ if tag & MUST_KNOW != 0 => {
                    return Err(FormatError::Unknown { what: "meta tag", value: tag.into() });
                }
                _ => {}
            }
        }
        Ok(meta)
    }
}

/// Appends one TLV.
pub(super) fn push_tlv(out: &mut Vec<u8>, tag: u16, value: &[u8]) -> Result<(), FormatError> {
    let len = u16::try_from(value.len()).map_err(|_| FormatError::Limit {
        field: "meta value",
        found: value.len() as u64,
        max: u16::MAX.into(),
    })?;
    out.extend(tag.to_le_bytes());
    out.extend(len.to_le_bytes());
    out.extend(value);
    Ok(())
}

/// The TLVs in `bytes`, in order.
pub(super) fn tlvs(mut bytes: &[u8]) -> impl Iterator<Item = Result<(u16, &[u8]), FormatError>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let head = bytes.split_at_checked(TLV_HEAD_LEN);
        let tlv = head.and_then(|(head, rest)| {
            let (value, rest) = rest.split_at_checked(u16_at(head, 2).into())?;
            Some((u16_at(head, 0), value, rest))
        });
        match tlv {
            Some((tag, value, rest)) => {
                bytes = rest;
                Some(Ok((tag, value)))
            }
            None => {
                bytes = &[];
                Some(Err(FormatError::Rule("the meta of the record is cut off")))
            }
        }
    })
}

fn ctid(value: &[u8]) -> Result<Ctid, FormatError> {
    let value: [u8; 6] = value.try_into().map_err(|_| FormatError::Rule("a ctid has 6 bytes"))?;
    Ok(Ctid { block: u32_at(&value, 0), item: u16::from_le_bytes(array_at(&value, 4)) })
}

fn set<T>(slot: &mut Option<T>, value: T) -> Result<(), FormatError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(FormatError::Rule("a meta tag is given twice")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::archive::format::SourceColumn;

    fn full() -> Meta {
        Meta {
            ctid_from: Some(Ctid { block: 1, item: 0 }),
            ctid_to: Some(Ctid { block: 2, item: 3 }),
            key_range: Some("id < 10".into()),
            source: Some(Source {
                name: "public.orders".into(),
                encoding: "UTF8".into(),
                server_version_num: 180_003,
                column_count: 1,
                columns: vec![SourceColumn { name: "id".into(), type_name: "bigint".into() }],
            }),
            content_hash: Some(u128::MAX - 5),
        }
    }

    #[test]
    fn meta_round_trips() {
        let bytes = full().encode().unwrap();
        assert_eq!(Meta::decode(RecordType::Data, &bytes).unwrap(), full());
    }

    #[test]
    fn unknown_tags_are_skipped_unless_they_must_be_known() {
        let mut bytes = full().encode().unwrap();
        push_tlv(&mut bytes, 99, b"later").unwrap();
        assert_eq!(Meta::decode(RecordType::Data, &bytes).unwrap(), full());
        push_tlv(&mut bytes, 0x8063, b"later").unwrap();
        assert!(matches!(Meta::decode(RecordType::Data, &bytes), Err(FormatError::Unknown { .. })));
    }

    #[test]
    fn duplicates_and_cut_values_are_refused() {
        let bytes = full().encode().unwrap();
        let twice = [bytes.clone(), bytes.clone()].concat();
        assert!(Meta::decode(RecordType::Data, &twice).is_err());
        assert!(Meta::decode(RecordType::Data, &bytes[..bytes.len() - 1]).is_err());
        assert!(Meta::decode(RecordType::Data, &[1, 0]).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Meta::decode(RecordType::Data, &bytes);
        }
    }
}
