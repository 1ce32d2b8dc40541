//! What can be known before a dump or a restore begins, and is cheap to ask: room for sessions, room for locks, tables
//! that may not be read.

mod slots;

pub use slots::{Room, Slots, fewer};
