//! Order: dependencies, the deterministic sort, loops and their repair, the ready-queue of the restore.
//!
//! Pure: ids, kinds and names only (ordering.md §3–§7, §12).

mod node;

pub use node::{Node, NodeIndex, Repair, Repairs, SortKey};
