//! Whether the server's lock table has room for what one transaction takes.

use crate::preflight::{Fit, LockTable};

/// Says what the server's lock table has no room for, or hardly any. `or` is what else helps.
pub fn look_for_room(
    locks: &LockTable,
    words: &str,
    or: &str,
    warnings: &mut Vec<String>,
    lacks: &mut Vec<String>,
) {
    match locks.fit() {
        Fit::Fits => {}
        Fit::Tight => warnings.push(format!("room for locks is short: {words}: {}", locks.remedy())),
        Fit::TooLarge => lacks.push(format!("room for locks: {words}: {}{or}", locks.remedy())),
    }
}
