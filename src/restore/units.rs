//! Pieces of rows that one COPY loads: some frames of one part, cut where rows end. Pure.

use crate::archive::{Flags, RecordType, TocEntry};

/// Raw bytes after which a unit ends: an error costs no more than this to repeat, and several workers share a table.
const UNIT_BYTES: u64 = 48 << 20;

/// Frames that are loaded by one COPY.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// Entry id of the rows.
    pub entry: u32,
    /// The frames, in order.
    pub frames: Vec<TocEntry>,
    /// Raw bytes.
    pub bytes: u64,
    /// Rows.
    pub rows: u64,
}

impl Unit {
    /// Takes in another one of the same entry, which follows it.
    pub fn join(&mut self, other: Self) {
        self.frames.extend(other.frames);
        self.bytes += other.bytes;
        self.rows += other.rows;
    }
}

/// The units of an archive, in file order of their first frames. A row that is cut over frames stays in one unit.
pub fn units(toc: &[TocEntry]) -> Vec<Unit> {
    let mut frames: Vec<&TocEntry> =
        toc.iter().filter(|entry| entry.record_type == RecordType::Data && entry.raw_len > 0).collect();
    frames.sort_by_key(|entry| (entry.object_id, entry.part_no, entry.frame_no));
    let mut units: Vec<Unit> = Vec::new();
    let mut part = None;
    for frame in frames {
        let same_part = part == Some((frame.object_id, frame.part_no));
        part = Some((frame.object_id, frame.part_no));
        let cut_row = frame.flags.has(Flags::CONTINUED);
        let unit = match units.last_mut() {
            Some(unit) if same_part && (cut_row || unit.bytes < UNIT_BYTES) => unit,
            _ => {
                units.push(Unit { entry: frame.object_id, ..Unit::default() });
                units.last_mut().expect("invariant: just pushed")
            }
        };
        unit.frames.push(frame.clone());
        unit.bytes += frame.raw_len;
        unit.rows += u64::from(frame.rows);
    }
    units
}
