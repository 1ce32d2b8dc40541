//! The order of records, and what parts they add up to. Writer and readers obey the same rules.

use std::collections::BTreeMap;

use super::codes::{DataFormat, Flags, RecordType};
use super::error::FormatError;
use super::meta::{Ctid, Meta};
use super::toc::TocEntry;

/// The parts of an archive, by (object id, part number).
pub type Contents = BTreeMap<(u32, u32), Part>;

/// What the frames of one part add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Format of its rows.
    pub data_format: DataFormat,
    /// Frames.
    pub frames: u32,
    /// Rows.
    pub rows: u64,
    /// Raw bytes.
    pub raw_bytes: u64,
    /// Its last frame was seen.
    pub finished: bool,
    /// First place in the heap, from the header of frame 0.
    pub ctid_from: Option<Ctid>,
    /// End in the heap, exclusive.
    pub ctid_to: Option<Ctid>,
    /// It is described by a key range instead.
    pub has_key_range: bool,
    row_is_open: bool,
}

impl Part {
    /// Takes over what the header of frame 0 says of the part.
    pub(crate) fn set_range(&mut self, meta: &Meta) {
        self.ctid_from = meta.ctid_from;
        self.ctid_to = meta.ctid_to;
        self.has_key_range = meta.key_range.is_some();
    }
}

/// How far the records have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Empty,
    Begun,
    Catalog,
    Late,
    Catalog2,
    Toc,
    End,
}

/// Checks records one by one, in file order.
#[derive(Debug)]
pub struct Order {
    stage: Stage,
    next_seq: u64,
    next_offset: u64,
    rows: u64,
    raw_bytes: u64,
    contents: Contents,
}

impl Default for Order {
    fn default() -> Self {
        Self::new()
    }
}

impl Order {
    /// Before the first record.
    pub fn new() -> Self {
        let contents = Contents::new();
        Self { stage: Stage::Empty, next_seq: 0, next_offset: 0, rows: 0, raw_bytes: 0, contents }
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// When it must not come here.
    pub fn push(&mut self, entry: &TocEntry) -> Result<(), FormatError> {
        FormatError::equal("record number", entry.seq, self.next_seq)?;
        FormatError::equal("offset", entry.offset, self.next_offset)?;
        self.next_offset =
            self.next_offset.checked_add(entry.record_len()).ok_or(FormatError::Rule("lengths overflow"))?;
        self.next_seq += 1;
        self.stage = self.next_stage(entry.record_type)?;
        match entry.record_type {
            RecordType::Data => self.push_frame(entry)?,
            RecordType::Late => self.check_parts()?,
            _ => {}
        }
        Ok(())
    }

    fn next_stage(&self, record_type: RecordType) -> Result<Stage, FormatError> {
        use RecordType as R;
        Ok(match (record_type, self.stage) {
            (R::Begin, Stage::Empty) => Stage::Begun,
            (_, Stage::Empty) => return Err(FormatError::Rule("the first record is not BEGIN")),
            (R::Catalog, Stage::Begun) => Stage::Catalog,
            (R::Data, Stage::Catalog) => Stage::Catalog,
            (R::Late, Stage::Catalog) => Stage::Late,
            (R::Catalog2, Stage::Late) => Stage::Catalog2,
            (R::Note | R::Statistics | R::Ancillary(_), stage) if stage < Stage::Toc => stage,
            (R::Toc, Stage::Catalog2 | Stage::Toc) => Stage::Toc,
            (R::End, Stage::Toc) => Stage::End,
            _ => return Err(FormatError::Rule("the record must not come at this place")),
        })
    }

    fn push_frame(&mut self, entry: &TocEntry) -> Result<(), FormatError> {
        self.rows += u64::from(entry.rows);
        self.raw_bytes =
            self.raw_bytes.checked_add(entry.raw_len).ok_or(FormatError::Rule("lengths overflow"))?;
        let part = self.contents.entry((entry.object_id, entry.part_no)).or_insert(Part {
            data_format: entry.data_format,
            frames: 0,
            rows: 0,
            raw_bytes: 0,
            finished: false,
            ctid_from: None,
            ctid_to: None,
            has_key_range: false,
            row_is_open: false,
        });
        if part.finished {
            return Err(FormatError::Rule("a frame comes after the last frame of its part"));
        }
        FormatError::equal("frame_no", entry.frame_no, part.frames)?;
        FormatError::equal("data_format", entry.data_format.code(), part.data_format.code())?;
        if entry.flags.has(Flags::CONTINUED) != part.row_is_open {
            return Err(FormatError::Rule("a row is cut at a frame's end, but its rest does not follow"));
        }
        part.row_is_open = entry.flags.has(Flags::CONTINUES);
        part.finished = entry.flags.has(Flags::LAST);
        if part.finished && part.row_is_open {
            return Err(FormatError::Rule("the last row of a part is cut off"));
        }
        part.frames += 1;
        part.rows += u64::from(entry.rows);
        part.raw_bytes += entry.raw_len;
        Ok(())
    }

    /// Every part has its last frame, and the parts of an object are numbered 0, 1, 2 …
    fn check_parts(&self) -> Result<(), FormatError> {
        let mut expected = (u32::MAX, 0u32);
        for (&(object_id, part_no), part) in &self.contents {
            if !part.finished {
                return Err(FormatError::Rule("a part has no last frame"));
            }
            if object_id != expected.0 {
                expected = (object_id, 0);
            }
            FormatError::equal("part_no", part_no, expected.1)?;
            expected.1 += 1;
        }
        Ok(())
    }

    /// What the header of a frame 0 says of its part.
    pub(crate) fn set_range(&mut self, entry: &TocEntry, meta: &Meta) {
        if let Some(part) = self.contents.get_mut(&(entry.object_id, entry.part_no)) {
            part.set_range(meta);
        }
    }

    /// Number of the next record.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Where the next record begins.
    pub fn next_offset(&self) -> u64 {
        self.next_offset
    }

    /// Rows of the DATA records so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Raw bytes of the DATA records so far.
    pub fn raw_bytes(&self) -> u64 {
        self.raw_bytes
    }

    /// The parts so far.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The parts.
    pub fn into_contents(self) -> Contents {
        self.contents
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::format::{Codec, Digest, HEADER_LEN_MIN, NO_OBJECT, Transform};

    fn entry(order: &Order, record_type: RecordType) -> TocEntry {
        TocEntry {
            seq: order.next_seq(),
            offset: order.next_offset(),
            stored_len: 10,
            raw_len: 10,
            header_len: HEADER_LEN_MIN as u32,
            object_id: NO_OBJECT,
            part_no: 0,
            frame_no: 0,
            rows: 0,
            record_type,
            codec: Codec::Zstd,
            transform: Transform::None,
            data_format: DataFormat::None,
            flags: Flags::NONE,
            leaf: Digest::default(),
        }
    }

    fn push(order: &mut Order, record_type: RecordType) -> Result<(), FormatError> {
        order.push(&entry(order, record_type))
    }

    fn frame(
        order: &mut Order,
        (object_id, part_no, frame_no): (u32, u32, u32),
        flags: Flags,
    ) -> Result<(), FormatError> {
        let data = entry(order, RecordType::Data);
        order.push(&TocEntry { object_id, part_no, frame_no, flags, data_format: DataFormat::Text, ..data })
    }

    fn begun() -> Order {
        let mut order = Order::new();
        push(&mut order, RecordType::Begin).unwrap();
        push(&mut order, RecordType::Catalog).unwrap();
        order
    }

    #[test]
    fn the_usual_order_is_accepted() {
        use RecordType as R;
        let mut order = begun();
        frame(&mut order, (5, 0, 0), Flags::CONTINUES).unwrap();
        frame(&mut order, (6, 0, 0), Flags::LAST).unwrap();
        frame(&mut order, (5, 0, 1), Flags::CONTINUED.with(Flags::LAST)).unwrap();
        for record_type in
            [R::Note, R::Late, R::Statistics, R::Ancillary(0xF0), R::Catalog2, R::Toc, R::Toc, R::End]
        {
            push(&mut order, record_type).unwrap();
        }
        assert!(push(&mut order, R::Note).is_err());
        assert_eq!(order.contents()[&(5, 0)].frames, 2);
    }

    #[test]
    fn other_orders_are_refused() {
        use RecordType as R;
        assert!(push(&mut Order::new(), R::Catalog).is_err());
        for record_type in [R::Begin, R::Catalog, R::Catalog2, R::Toc, R::End] {
            assert!(push(&mut begun(), record_type).is_err(), "{record_type:?}");
        }
        let mut order = begun();
        push(&mut order, R::Late).unwrap();
        assert!(frame(&mut order, (1, 0, 0), Flags::LAST).is_err());
    }

    #[test]
    fn frames_of_a_part_are_dense_and_end() {
        assert!(frame(&mut begun(), (1, 0, 1), Flags::LAST).is_err());
        assert!(frame(&mut begun(), (1, 0, 0), Flags::CONTINUED).is_err());
        assert!(frame(&mut begun(), (1, 0, 0), Flags::CONTINUES.with(Flags::LAST)).is_err());
        let mut order = begun();
        frame(&mut order, (1, 0, 0), Flags::LAST).unwrap();
        assert!(frame(&mut order, (1, 0, 1), Flags::LAST).is_err());
        for (part, flags) in [(0, Flags::NONE), (1, Flags::LAST)] {
            let mut order = begun();
            frame(&mut order, (1, part, 0), flags).unwrap();
            assert!(push(&mut order, RecordType::Late).is_err(), "part {part}");
        }
    }
}
