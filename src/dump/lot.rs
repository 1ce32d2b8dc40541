//! Lots: parts that are copied by one message to the server, so that small tables cost no round trip each. Pure.

use std::ops::Range;

use super::data::PlannedPart;

/// Expected bytes of a lot of several parts. Larger parts have messages of their own.
const LOT_BYTES_MAX: u64 = 1 << 20;
/// Parts of a lot. The server holds the lock of each until the message ends.
const LOT_PARTS_MAX: usize = 64;

/// Cuts parts, which are in descending order of size, into lots.
pub fn lots(parts: &[PlannedPart]) -> Vec<Range<usize>> {
    let mut lots: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0;
    for (at, planned) in parts.iter().enumerate() {
        bytes += planned.part.bytes;
        match lots.last_mut() {
            Some(lot) if bytes <= LOT_BYTES_MAX && lot.len() < LOT_PARTS_MAX => lot.end = at + 1,
            _ => {
                bytes = planned.part.bytes;
                lots.push(at..at + 1);
            }
        }
    }
    lots
}

/// The statements that lock and copy parts, one after the other. What is behind the savepoint is undone at the end,
/// and the locks with it: a worker never holds more than those of one lot, since the leader has them all.
///
/// A part that cannot be locked at once fails: behind somebody who queues for an exclusive lock this session would
/// wait for him, and he for the leader.
///
/// On a `standby` the locks stay: who is within a savepoint when replay needs what he reads is not told so, but
/// disconnected (the server's `ProcessRecoveryConflictInterrupt`).
pub fn message(parts: &[PlannedPart], standby: bool) -> String {
    let mut sql = String::new();
    let mut add = |statement: &str| {
        sql.push_str(statement);
        sql.push(';');
    };
    if !standby {
        add("SAVEPOINT lot");
    }
    for PlannedPart { part, lock, .. } in parts {
        match lock {
            Some(lock) if standby => ["SAVEPOINT lot", lock, "RELEASE lot"].into_iter().for_each(&mut add),
            Some(lock) => add(lock),
            None => {}
        }
        add(&part.sql);
    }
    if !standby {
        add(UNDO);
    }
    sql
}

/// Ends what [`message`] began, also after an error. The transaction, and so the snapshot, goes on.
pub const UNDO: &str = "ROLLBACK TO lot;RELEASE lot";

#[cfg(test)]
mod tests {
    use super::{LOT_PARTS_MAX, lots, message};
    use crate::dump::data::PlannedPart;
    use crate::dump::plan::Part;
    use crate::manifest::RowFormat;

    fn planned(bytes: u64) -> PlannedPart {
        let part =
            Part { entry: 1, number: 0, sql: "COPY t".into(), format: RowFormat::Text, blocks: None, bytes };
        PlannedPart { part, label: "t".into(), lock: Some("LOCK t".into()), source: Default::default() }
    }

    #[test]
    fn small_parts_share_a_message_and_large_ones_do_not() {
        let sizes = [90 << 20, 1 << 20, 600 << 10, 300 << 10, 200 << 10, 0, 0];
        let parts: Vec<PlannedPart> = sizes.map(planned).into();
        assert_eq!(lots(&parts), [0..1, 1..2, 2..4, 4..7]);
        let empty: Vec<PlannedPart> = std::iter::repeat_with(|| planned(0)).take(LOT_PARTS_MAX + 1).collect();
        assert_eq!(lots(&empty), [0..LOT_PARTS_MAX, LOT_PARTS_MAX..LOT_PARTS_MAX + 1]);
        assert!(lots(&[]).is_empty());
    }

    #[test]
    fn the_locks_of_a_lot_end_with_it() {
        assert_eq!(
            message(&[planned(1), planned(2)], false),
            "SAVEPOINT lot;LOCK t;COPY t;LOCK t;COPY t;ROLLBACK TO lot;RELEASE lot;"
        );
        assert_eq!(
            message(&[planned(1), planned(2)], true),
            "SAVEPOINT lot;LOCK t;RELEASE lot;COPY t;SAVEPOINT lot;LOCK t;RELEASE lot;COPY t;"
        );
    }
}
