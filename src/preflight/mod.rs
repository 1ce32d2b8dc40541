//! What can be known before a dump or a restore begins, and is cheap to ask: room for sessions, room for locks, what may
//! not be read.

mod lock_table;
mod slots;
mod unreadable;

pub use lock_table::{Fit, LockTable};
pub use slots::{Room, Slots, fewer};
pub use unreadable::{Unreadable, remedy, unreadable};
