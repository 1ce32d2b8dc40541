//! What stands in the way of making a database.

use thiserror::Error;

/// Why a database is not made; known before the first write.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// There is one of that name.
    #[error("the database \"{0}\" exists already")]
    Exists(String),
    /// There is one of the name that it would have until it is whole. It is not removed unasked: somebody may be at
    /// work on it.
    #[error("the database \"{database}\" exists: another restore is running, or one was interrupted")]
    Leftover {
        /// The name.
        database: String,
        /// Sessions on it.
        sessions: i64,
    },
    /// The role is neither superuser nor CREATEDB.
    #[error("role \"{0}\" may not create databases")]
    MayNotCreate(String),
    /// The role cannot give a database to its owner.
    #[error("role \"{role}\" may not make \"{owner}\" the owner of a database")]
    MayNotGive {
        /// The restoring role.
        role: String,
        /// The owner in the source.
        owner: String,
    },
}
