//! Reads a server into an [`crate::object::Database`].

mod query;
mod read;

pub use query::{Only, gated};
pub use read::{Error, read};
