//! What can be checked independently of each other. Pure.

use std::collections::HashMap;

use crate::archive::{Flags, RecordType, TocEntry};

/// Groups the records: each group can be checked by another worker. Frames that share a row belong together, in
/// order; any other record stands alone.
pub(super) fn units(toc: &[TocEntry]) -> Vec<Vec<usize>> {
    let mut units: Vec<Vec<usize>> = Vec::with_capacity(toc.len());
    let mut open: HashMap<(u32, u32), usize> = HashMap::new();
    for (index, entry) in toc.iter().enumerate() {
        let part = (entry.object_id, entry.part_no);
        let continued = entry.record_type == RecordType::Data && entry.flags.has(Flags::CONTINUED);
        let unit = match open.remove(&part).filter(|_| continued) {
            Some(unit) => {
                units[unit].push(index);
                unit
            }
            None => {
                units.push(vec![index]);
                units.len() - 1
            }
        };
        if entry.flags.has(Flags::CONTINUES) {
            open.insert(part, unit);
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{Codec, DataFormat, Digest, Transform};

    #[test]
    fn frames_that_share_a_row_stay_together() {
        let frame = |seq, object_id, flags| TocEntry {
            seq,
            offset: 0,
            stored_len: 0,
            raw_len: 0,
            header_len: 144,
            object_id,
            part_no: 0,
            frame_no: 0,
            rows: 0,
            record_type: RecordType::Data,
            codec: Codec::Zstd,
            transform: Transform::None,
            data_format: DataFormat::Text,
            flags,
            leaf: Digest::default(),
        };
        let both = Flags::CONTINUED.with(Flags::CONTINUES);
        let toc = [
            frame(0, 1, Flags::CONTINUES),
            frame(1, 2, Flags::NONE),
            frame(2, 1, both),
            frame(3, 2, Flags::LAST),
            frame(4, 1, Flags::CONTINUED),
            frame(5, 1, Flags::LAST),
        ];
        assert_eq!(units(&toc), [vec![0, 2, 4], vec![1], vec![3], vec![5]]);
    }
}
