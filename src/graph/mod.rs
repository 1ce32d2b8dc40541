//! Order: dependencies, the deterministic sort, loops and their repair, the ready-queue of the restore.
//!
//! Pure: ids, kinds and names only (ordering.md §3–§7, §12).

mod links;
mod node;
mod order;
mod repair;
mod search;
mod section;
mod sort;

pub use node::{Node, NodeIndex, Repair, Repairs, SortKey};
pub use order::{Ordered, order};
pub use section::section;
