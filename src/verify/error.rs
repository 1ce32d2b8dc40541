//! What verification finds.

use std::fmt;

use crate::archive::{self, FormatError, Gap};

/// Why an archive does not verify.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read as an archive: not one, truncated, of a newer version; or its end, table of contents or
    /// root is damaged, so that nothing else can be trusted.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// It can be read, and something in it is damaged or missing.
    #[error("{0}")]
    Failed(Box<Failure>),
    /// The user stopped it.
    #[error("verification was cancelled")]
    Cancelled,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

/// All that is wrong with an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong, in file order; at most [`Failure::FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// How many findings there were.
    pub found: u64,
    /// Records that are intact.
    pub intact: u64,
    /// Records of the archive, END included; unknown for a stream that was not read to its end.
    pub records: Option<u64>,
    /// Rows in damaged records.
    pub rows_hit: u64,
}

impl Failure {
    /// Findings beyond this are counted only.
    pub const FINDINGS_MAX: usize = 1000;
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the archive is damaged or incomplete: ")?;
        if let Some(finding) = self.findings.first() {
            write!(f, "{finding}")?;
        }
        if self.found > 1 {
            write!(f, " (and {} more)", self.found - 1)?;
        }
        match self.records {
            Some(records) => write!(f, "; {} of {records} records are intact", self.intact),
            None => write!(f, "; {} records before it are intact", self.intact),
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A record is not as it was written.
    Record {
        /// Its number, from 0.
        record: u64,
        /// Where it begins.
        offset: u64,
        /// Its type (`DATA`).
        what: &'static str,
        /// The catalog entry whose rows are in it.
        object_id: Option<u32>,
        /// How the catalog names that (`table public.orders`), if the catalog is intact.
        label: Option<String>,
        /// Rows that end in it.
        rows: u32,
        /// What differs.
        why: FormatError,
    },
    /// Records are missing, or do not add up.
    Gap(Gap),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record { record, offset, what, object_id, label, rows, why } => {
                write!(f, "record {record} ({what}, byte {offset}")?;
                match (label, object_id) {
                    (Some(label), _) => write!(f, ", {rows} rows of {label}")?,
                    (None, Some(id)) => write!(f, ", {rows} rows of object {id}")?,
                    (None, None) => {}
                }
                write!(f, "): {why}")
            }
            Self::Gap(gap) => write!(f, "{gap}"),
        }
    }
}
