//! The use-case: an archive into a database.
//!
//! [`prepare`] looks at both and says what will happen ([`Plan`]); [`Prepared::run`] does it.

mod absent;
mod arrange;
mod authority;
mod bundle;
mod create;
mod ddl;
mod dependents;
mod dropping;
mod drops;
mod error;
mod extensions;
mod family;
mod globals;
mod group;
mod guests;
mod islands;
mod jobs;
#[cfg(test)]
mod jobs_tests;
mod leader;
mod load;
mod lots;
mod maintenance;
mod message;
mod obstacle;
mod opened;
mod perform;
mod plan;
mod pool;
mod pre_data;
mod prepare;
mod presence;
mod privileges;
mod public;
mod refresh;
mod rename;
mod replace;
mod roles;
mod room;
mod row_order;
mod run;
mod sequences;
mod settings;
mod sound;
mod source;
mod standing;
mod statistics;
mod stop;
mod stream;
mod table_locks;
mod target;
mod units;
mod whole;
mod works;

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::mapping::Mapping;
use crate::nice::Limits;
use crate::selection::Selection;

pub use error::{Error, Remains};
pub use obstacle::Obstacle;
pub use plan::{Cleaning, GlobalsPlan, Making, Needs, Omit, Plan, Replacing};
pub use prepare::{Prepared, prepare};

/// Where the archive comes from.
#[derive(Clone, Debug)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// Standard input: read once, from front to end.
    Stdin,
}

/// How to restore.
#[derive(Clone, Debug)]
pub struct Options {
    /// Sessions, at least 1.
    pub jobs: usize,
    /// Go on after an error, and list what failed.
    pub keep_going: bool,
    /// What takes part.
    pub selection: Selection,
    /// `-L`: the numbers of the entries that take part, in the order in which they are made.
    pub list: Option<Vec<u32>>,
    /// ANALYZE at the end what has no statistics.
    pub analyze: bool,
    /// Make the database of the archive, instead of restoring into the one that is connected to.
    pub create: Option<Create>,
    /// Names that are others on the target.
    pub mapping: Mapping,
    /// Make the roles that are missing there.
    pub create_missing_roles: bool,
    /// Drop what is made before it is made; with `create`, replace the database.
    pub clean: bool,
    /// End the sessions of others that are in the way of that.
    pub terminate: bool,
    /// Everything in one transaction, on one session.
    pub single_transaction: bool,
    /// Statements of one transaction, at most.
    pub transaction_size: Option<usize>,
    /// No trigger of a table that is there already fires for the rows that come.
    pub disable_triggers: bool,
    /// What becomes of the globals in the archive.
    pub globals: Globals,
    /// How long a session may wait for the server without a sign of life; `None` = as long as it takes.
    pub stall_timeout: Option<Duration>,
    /// Pause while the server suffers; `None` = never.
    pub nice: Option<Limits>,
    /// Restore optimizer statistics, where archive and target can.
    pub statistics: bool,
    /// `maintenance_work_mem` of each session, as the server reads it; otherwise it comes from the server's settings.
    pub maintenance_work_mem: Option<String>,
}

/// How to make the database.
#[derive(Clone, Copy, Debug, Default)]
pub struct Create {
    /// With the server's own locale, not the source's.
    pub target_locale: bool,
}

/// What becomes of the globals in an archive: roles, memberships, tablespaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Globals {
    /// They stay there.
    #[default]
    Skip,
    /// They are restored before the database.
    Also,
    /// They are restored, and nothing else.
    Only,
}

/// What was restored.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// The archive: path, or `-`.
    pub archive: String,
    /// `sha256:<root>`.
    pub identity: String,
    /// `app@db1:5432/app`.
    pub target: String,
    /// Entries that were run, and globals that were made.
    pub objects: usize,
    /// Tables whose rows arrived.
    pub tables: usize,
    /// Rows that arrived, as the server counted them.
    pub rows: u64,
    /// Raw bytes of rows.
    pub raw_bytes: u64,
    /// Large objects.
    pub large_objects: u64,
    /// Sequences set.
    pub sequences: usize,
    /// Warnings: those of the plan, and those that came up while it ran.
    pub warnings: Vec<String>,
    /// What could not be restored: with keep-going anything, else what nothing else needs (a refresh, a setting, a
    /// grant), and globals that differ; not empty = exit 3.
    pub failed: Vec<Failure>,
    /// Wall time, milliseconds.
    pub duration_ms: u64,
}

/// An entry that could not be restored.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The entry.
    pub label: String,
    /// Why: the error, or the entry it depends on.
    pub reason: String,
}
