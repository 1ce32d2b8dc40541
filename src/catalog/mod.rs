//! Reads a server into an [`crate::object::Database`].

mod query;
mod read;

pub use query::gated;
pub use read::{Error, read};
