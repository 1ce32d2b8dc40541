//! What can stop a dump.

use thiserror::Error;

use crate::preflight::{LockTable, Unreadable};

/// Why a dump did not finish. Nothing stands under the final name then.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The server.
    #[error(transparent)]
    Server(#[from] crate::server::Error),
    /// The catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] crate::catalog::Error),
    /// The archive could not be written.
    #[error(transparent)]
    Archive(#[from] crate::archive::Error),
    /// The database has objects of kinds that pgark does not know how to dump.
    #[error("the database has {} object(s) that pgark cannot dump yet: {}", .0.len(), .0.join(", "))]
    Unsupported(Vec<String>),
    /// A privilege in the catalog that pgark does not understand.
    #[error("cannot read the privileges of the database")]
    Acl(#[from] crate::object::acl::AclError),
    /// Row security would hide rows.
    #[error("row security would filter the rows of {}", .0.join(", "))]
    RowSecurity(Vec<String>),
    /// Tables, sequences or large objects that the role may not read.
    #[error("the role may not read {} of what would be dumped", .0.len())]
    Unreadable(Vec<Unreadable>),
    /// The server cannot hold the locks of all tables at once.
    #[error("the server has no room for the locks of {} tables", .0.tables)]
    LockTable(LockTable),
    /// The hashes of passwords are asked for, and the role may not read them.
    #[error("role \"{0}\" may not read the passwords of roles")]
    HiddenPasswords(String),
    /// A table lock was not to be had in time.
    #[error("could not lock {table} within the time given")]
    Lock {
        /// The table, or the number of tables waited for.
        table: String,
        /// Who holds it: pid, what it runs.
        holders: Vec<String>,
        /// The server's words.
        #[source]
        source: crate::server::Error,
    },
    /// A session got no answer for too long.
    #[error("no sign of life from the server for {} s", .limit.as_secs_f64())]
    Stalled {
        /// How long.
        limit: std::time::Duration,
        /// Which session, with the server's process.
        session: String,
        /// What it was doing.
        doing: String,
    },
    /// A snapshot that another session exported cannot be had.
    #[error("cannot use the snapshot \"{id}\"")]
    Snapshot {
        /// Its id.
        id: String,
        /// The server's words.
        #[source]
        source: crate::server::Error,
    },
    /// What is in such a snapshot has been dropped, renamed or rewritten since.
    #[error("tables have been dropped, renamed or rewritten since the snapshot \"{0}\"")]
    Outdated(String),
    /// The condition for the rows of a table is none.
    #[error("the condition for the rows of {table} cannot be used")]
    Condition {
        /// The table.
        table: String,
        /// The server's words.
        #[source]
        source: crate::server::Error,
    },
    /// Tables changed each time between listing and locking them.
    #[error("tables are dropped, renamed or rewritten faster than they can be locked ({0} attempts)")]
    Restless(usize),
    /// The server is newer than any that pgark knows, and has what pgark does not know.
    #[error("PostgreSQL {0} is not supported: pgark reads servers from 12 on")]
    TooOld(String),
    /// A table has more parts, or the database more objects, than the format can number.
    #[error("too many {0} for one archive")]
    TooMany(&'static str),
    /// Names that the selection asks for and the database does not have.
    #[error(transparent)]
    Selection(#[from] crate::selection::SelectionError),
    /// The user stopped it.
    #[error("interrupted")]
    Cancelled,
    /// A part of the program ended without a word.
    #[error("a worker ended unexpectedly: {0}")]
    Worker(String),
}
