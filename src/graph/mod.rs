//! Order: dependencies, the deterministic sort, loops and their repair, the ready-queue of the restore.
//!
//! Pure: ids, kinds and names only (ordering.md §3–§8, §12).
//!
//! [`order()`] sorts what a dump found and breaks loops, [`section()`] tells where an object ended up,
//! [`entry_dependencies`] keeps the edges that an archive stores; [`ReadyQueue`] runs them in parallel. [`components`] finds
//! what leads around in any graph.

mod edges;
mod links;
mod lock;
#[cfg(test)]
mod loop_tests;
mod node;
mod order;
#[cfg(test)]
mod order_tests;
mod ready;
#[cfg(test)]
mod ready_tests;
mod repair;
mod search;
mod section;
mod sort;
#[cfg(test)]
mod world;

pub use edges::entry_dependencies;
pub use node::{Node, NodeIndex, SortKey};
pub use order::{Ordered, order};
pub use ready::{Job, JobId, ReadyError, ReadyQueue, TableId};
pub use search::components;
pub use section::section;
