//! Why bytes are refused.

/// Why a record, or the order of records, is refused. Where it happened is added by the readers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The magic numbers of a record are not there.
    #[error("no record begins here")]
    NoRecord,
    /// `format_major` is another than ours.
    #[error("format version {0} is not known; this program reads version 1")]
    Version(u8),
    /// A value that a later minor version may have given a meaning to. The reader must not guess.
    #[error("unknown {what} {value:#x}")]
    Unknown {
        /// Which field.
        what: &'static str,
        /// Its value.
        value: u64,
    },
    /// Bytes and digest differ.
    #[error("the {0} does not match its checksum")]
    Checksum(&'static str),
    /// A number is not what it must be.
    #[error("{field} is {found}, but must be {expected}")]
    Field {
        /// Which field.
        field: &'static str,
        /// What the archive says.
        found: u64,
        /// What follows from the rest of the archive.
        expected: u64,
    },
    /// A number is above a limit; refused before memory is asked for.
    #[error("{field} is {found}, above the limit of {max}")]
    Limit {
        /// Which field.
        field: &'static str,
        /// What the archive says.
        found: u64,
        /// The limit.
        max: u64,
    },
    /// A rule of the format is broken.
    #[error("{0}")]
    Rule(&'static str),
    /// A payload is not the JSON it should be.
    #[error("the JSON of the record does not parse: {0}")]
    Json(String),
}

impl FormatError {
    /// `Ok` if `found == expected`.
    pub(crate) fn equal(
        field: &'static str,
        found: impl Into<u64>,
        expected: impl Into<u64>,
    ) -> Result<(), Self> {
        let (found, expected) = (found.into(), expected.into());
        if found == expected { Ok(()) } else { Err(Self::Field { field, found, expected }) }
    }

    /// `Ok` if `found <= max`.
    pub(crate) fn at_most(field: &'static str, found: u64, max: u64) -> Result<(), Self> {
        if found <= max { Ok(()) } else { Err(Self::Limit { field, found, max }) }
    }
}
