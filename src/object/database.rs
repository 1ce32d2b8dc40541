//! Everything that was read of one database. (in work)

/// The rows of all catalog queries, assembled.
#[derive(Debug, Default)]
pub struct Database {}
