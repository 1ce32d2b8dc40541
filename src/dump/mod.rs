//! The use-case: one database into one archive.

mod choice;
mod conditions;
mod copy_part;
mod data;
mod data_types;
mod database;
mod entries;
mod error;
mod globals;
mod locks;
mod lot;
mod missing;
mod outline;
mod output;
mod plan;
mod run;
mod sequences;
mod source;
mod statistics;
mod totals;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::nice::Limits;
use crate::selection::{Pattern, Selection};

pub use error::Error;
pub use run::dump;

/// Where the archive goes.
#[derive(Clone, Debug)]
pub enum Output {
    /// A file: it appears under its name only when complete and synced.
    File {
        /// Its final name.
        path: PathBuf,
        /// Replace an existing file.
        force: bool,
    },
    /// Standard output.
    Stdout,
}

/// How to dump.
#[derive(Clone, Debug)]
pub struct Options {
    /// Sessions that copy rows, at least 1.
    pub jobs: usize,
    /// zstd level.
    pub level: i32,
    /// The user's labels.
    pub labels: BTreeMap<String, String>,
    /// Tables above this many bytes (heap and TOAST) are read in ranges; `None` = never.
    pub split_above: Option<u64>,
    /// What takes part.
    pub selection: Selection,
    /// Leave out objects of kinds that pgark does not dump, with a warning each.
    pub skip_unsupported: bool,
    /// How long to wait for table locks.
    pub lock_wait_timeout: Option<Duration>,
    /// How long a session may wait for the server without a sign of life; `None` = as long as it takes.
    pub stall_timeout: Option<Duration>,
    /// Pause while the server suffers; `None` = never.
    pub nice: Option<Limits>,
    /// `--copy-format text`: text for every table.
    pub text_only: bool,
    /// What of the cluster goes into the archive.
    pub globals: Globals,
    /// Carry optimizer statistics.
    pub statistics: bool,
    /// Which snapshot is read.
    pub snapshot: Snapshot,
    /// Dump the rows that policies let this role see, instead of refusing.
    pub row_security: bool,
    /// Of these tables only some rows.
    pub conditions: Vec<Condition>,
}

/// The snapshot that a dump reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Snapshot {
    /// One of its own.
    #[default]
    Own,
    /// One of its own that no serializable transaction can make anomalous: it waits until there is one.
    Deferrable,
    /// One that another session has exported, by its id.
    Exported(String),
}

/// Rows of some tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The tables; a name without a schema is looked for in all.
    pub tables: Pattern,
    /// What has to hold: an expression of SQL.
    pub sql: String,
}

/// What of the cluster goes into an archive: roles, memberships, tablespaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Globals {
    /// Nothing.
    #[default]
    No,
    /// All but the hashes of passwords.
    WithoutPasswords,
    /// All.
    WithPasswords,
}

/// What was dumped.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// The archive: path, or `-`.
    pub archive: String,
    /// `sha256:<root>`.
    pub identity: String,
    /// Database.
    pub database: String,
    /// The source's version.
    pub server_version: String,
    /// Bytes of the archive.
    pub bytes: u64,
    /// Raw bytes of rows.
    pub raw_bytes: u64,
    /// Objects (entries).
    pub objects: usize,
    /// Tables with rows to store, empty ones included.
    pub tables: usize,
    /// Rows.
    pub rows: u64,
    /// Large objects.
    pub large_objects: u64,
    /// Sessions that copied.
    pub jobs: usize,
    /// Warnings.
    pub warnings: Vec<String>,
    /// Roles, if the globals of the cluster were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<usize>,
    /// Objects left out; not empty = exit 3.
    pub skipped: Vec<String>,
    /// Wall time, milliseconds.
    pub duration_ms: u64,
}
