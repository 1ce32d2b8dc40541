//! What arrived in the archive, per entry: becomes LATE.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::data::Extent;
use crate::manifest::TableTotal;

#[derive(Clone, Copy, Debug, Default)]
struct Total {
    rows: u64,
    bytes: u64,
    hash: u128,
}

/// Sums that workers add to.
#[derive(Debug, Default)]
pub struct Totals(Mutex<BTreeMap<u32, Total>>);

impl Totals {
    /// Counts a frame.
    pub fn add(&self, entry: u32, rows: u64, bytes: u64, hash: u128) {
        let mut totals = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let total = totals.entry(entry).or_default();
        total.rows += rows;
        total.bytes += bytes;
        total.hash = total.hash.wrapping_add(hash);
    }

    /// All of them by entry id; `extent` says how much was planned.
    pub fn table_totals(&self, extent: impl Fn(u32) -> Extent) -> Vec<TableTotal> {
        let totals = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        totals
            .iter()
            .map(|(&id, total)| {
                let Extent { parts, pages } = extent(id);
                let hash = format!("{:032x}", total.hash);
                TableTotal { id, rows: total.rows, bytes: total.bytes, parts, pages, hash }
            })
            .collect()
    }

    /// Rows of the entries that `counts` says yes to.
    pub fn rows(&self, counts: impl Fn(u32) -> bool) -> u64 {
        let totals = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        totals.iter().filter(|(id, _)| counts(**id)).map(|(_, total)| total.rows).sum()
    }
}
