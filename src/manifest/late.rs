//! The record LATE.

use serde::{Deserialize, Serialize};

use super::statistics::StatisticsTotal;

/// The record LATE: what is known only at the end.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Late {
    /// Per relation with rows, by entry id.
    pub tables: Vec<TableTotal>,
    /// Sequence values, by entry id.
    pub sequences: Vec<SequenceValue>,
    /// The statistics that the records STATISTICS hold; none in archives that carry none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<StatisticsTotal>,
    /// Warnings of the dump.
    pub warnings: Vec<String>,
    /// Objects that were left out, by name.
    pub skipped: Vec<String>,
    /// How long the dump took, in milliseconds.
    pub duration_ms: u64,
}

/// What arrived in the archive of one relation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableTotal {
    /// Entry id.
    pub id: u32,
    /// Rows.
    pub rows: u64,
    /// Raw bytes.
    pub bytes: u64,
    /// Parts: COPY statements of the dump.
    pub parts: u32,
    /// Blocks of the heap when the dump was planned; 0 where it was not read in ranges of blocks.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pages: u64,
    /// Sum modulo 2^128 of the XXH3-128 of each row's bytes, 32 hex digits: independent of order and ranges.
    pub hash: String,
}

fn is_zero(pages: &u64) -> bool {
    *pages == 0
}

/// The state of a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceValue {
    /// Entry id of the sequence.
    pub id: u32,
    /// `last_value`.
    pub last_value: i64,
    /// `is_called`.
    pub is_called: bool,
}
