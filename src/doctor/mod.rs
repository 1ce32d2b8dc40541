//! The use-case: whether a role can dump or restore a database, and what will hurt. Nothing is changed, nothing is locked.

mod activity;
mod archive;
mod collation;
mod disk;
mod examine;
mod privilege;
mod replication;
mod room;
mod server;
mod standby;

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

pub use examine::examine;

/// What to look at.
#[derive(Clone, Debug)]
pub struct Options {
    /// Sessions that a dump or restore would ask for, besides the leader.
    pub jobs: usize,
    /// Transactions that are older are named.
    pub long_transaction: Duration,
    /// An archive that is to be restored into the database.
    pub archive: Option<PathBuf>,
    /// Where a dump would go: a file that need not exist, or a folder.
    pub output: Option<PathBuf>,
}

/// How much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, but something is slower, left out, or in somebody's way.
    Warning,
    /// It does not work.
    Blocks,
}

/// What it matters to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Concerns {
    /// A dump of the database.
    Dump,
    /// A restore into it.
    Restore,
    /// Both.
    Both,
}

/// The result of one check.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Which: `privileges`, `locks` …
    pub check: &'static str,
    /// How much it matters.
    pub level: Level,
    /// To what.
    pub concerns: Concerns,
    /// What was found.
    pub what: String,
    /// What helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Which objects, sessions, settings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
}

/// All results.
#[derive(Clone, Debug, Serialize)]
pub struct Examination {
    /// `app@db1:5432/app`.
    pub target: String,
    /// The server's version.
    pub server_version: String,
    /// The findings, in the order of the checks.
    pub findings: Vec<Finding>,
    /// The worst that concerns a dump.
    pub dump: Level,
    /// The worst that concerns a restore.
    pub restore: Level,
}

/// Why nothing could be found out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server.
    #[error(transparent)]
    Server(#[from] crate::server::Error),
    /// The archive cannot be read, or compared with the target.
    #[error(transparent)]
    Restore(#[from] crate::restore::Error),
}

impl Finding {
    fn new(check: &'static str, level: Level, concerns: Concerns, what: impl Into<String>) -> Self {
        Self { check, level, concerns, what: what.into(), remedy: None, items: Vec::new() }
    }

    fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(check, Level::Ok, Concerns::Both, what)
    }

    fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    fn items(self, items: Vec<String>) -> Self {
        Self { items, ..self }
    }
}

impl Examination {
    fn new(target: String, server_version: String, findings: Vec<Finding>) -> Self {
        let worst = |other: Concerns| {
            let of = findings.iter().filter(|finding| finding.concerns != other);
            of.map(|finding| finding.level).max().unwrap_or(Level::Ok)
        };
        let (dump, restore) = (worst(Concerns::Restore), worst(Concerns::Dump));
        Self { target, server_version, findings, dump, restore }
    }
}
