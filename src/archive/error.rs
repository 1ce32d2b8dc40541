//! What goes wrong with an archive. Each variant is a different answer to "what now?".

use std::io;

use super::format::{FormatError, RecordType, TocEntry};
use super::store::StoreError;

/// Why an archive cannot be read or written. Messages do not name the file; the caller knows it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is something else.
    #[error("this is not a pgark archive")]
    NotAnArchive,
    /// The end is missing: the dump was interrupted, or the copy was.
    #[error("the archive is truncated: {records} records with {rows} rows are there, the end is missing")]
    Truncated {
        /// Records that are there in full, as far as their headers say.
        records: u64,
        /// Rows in those records.
        rows: u64,
    },
    /// Bytes are not what they were when written.
    #[error("record {record} is damaged ({what}, byte {offset})")]
    Damaged {
        /// Number of the record, from 0.
        record: u64,
        /// Where the record begins.
        offset: u64,
        /// What kind of record it is, as far as that is known.
        what: &'static str,
        /// The catalog entry whose rows are hit.
        object_id: Option<u32>,
        /// Rows that are hit.
        rows: u32,
        /// What differs.
        source: FormatError,
    },
    /// Made by a program that knows more than this one.
    #[error("the archive needs a newer version of pgark (record {record})")]
    Unsupported {
        /// Number of the record, from 0.
        record: u64,
        /// What is not known.
        source: FormatError,
    },
    /// BEGIN names a feature that this version does not know.
    #[error("the archive needs a newer version of pgark: it uses the feature `{name}`")]
    UnknownFeature {
        /// The feature.
        name: String,
    },
    /// A record is larger than the reader was told to accept.
    #[error("record {record} is too large")]
    TooLarge {
        /// Number of the record, from 0.
        record: u64,
        /// Which limit.
        source: FormatError,
    },
    /// Each record is intact, but something is missing.
    #[error("the archive is incomplete")]
    Incomplete(#[source] super::complete::Gap),
    /// The system could not read or write.
    #[error("cannot {action} the archive")]
    Io {
        /// "read" or "write".
        action: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be opened, made or put in place.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The caller asked the writer for a record that readers would refuse: a mistake in the program.
    #[error("record {record} cannot be written")]
    Refused {
        /// Number the record would have had.
        record: u64,
        /// The rule it breaks.
        source: FormatError,
    },
    /// zstd could not compress, or the system gave no random bytes.
    #[error("cannot {action}")]
    Encode {
        /// What was tried.
        action: &'static str,
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// What `source` means for the record at `offset`.
    pub(crate) fn at(record: u64, offset: u64, source: FormatError) -> Self {
        match source {
            // Later records of another version than the first one's are damage.
            FormatError::Version(_) if record > 0 => {
                Self::Damaged { record, offset, what: "record", object_id: None, rows: 0, source }
            }
            FormatError::Version(_) | FormatError::Unknown { .. } => Self::Unsupported { record, source },
            FormatError::Limit { .. } => Self::TooLarge { record, source },
            _ => Self::Damaged { record, offset, what: "record", object_id: None, rows: 0, source },
        }
    }

    /// What `source` means for a record whose entry is known.
    pub(crate) fn of(entry: &TocEntry, source: FormatError) -> Self {
        match Self::at(entry.seq, entry.offset, source) {
            Self::Damaged { record, offset, source, .. } => Self::Damaged {
                record,
                offset,
                what: entry.record_type.name(),
                object_id: (entry.record_type == RecordType::Data).then_some(entry.object_id),
                rows: entry.rows,
                source,
            },
            other => other,
        }
    }

    /// A failed read.
    pub(crate) fn read(source: io::Error) -> Self {
        Self::Io { action: "read", source }
    }

    /// A failed write.
    pub(crate) fn write(source: io::Error) -> Self {
        Self::Io { action: "write", source }
    }
}
