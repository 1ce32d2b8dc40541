//! Reads a server into an [`crate::object::Database`].

mod query;

pub use query::gated;
