//! What a reader accepts before it asks for memory.

use super::codes::RecordType;
use super::error::FormatError;
use super::header::Header;
use super::toc::{TOC_ENTRIES_MAX, TOC_ENTRY_LEN};

/// Limits of a reader. The meta of a record and the entries of a TOC record have fixed limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most raw bytes of a DATA record.
    pub frame_len_max: u64,
    /// Most raw bytes of a JSON record.
    pub json_len_max: u64,
    /// Most records of an archive.
    pub records_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { frame_len_max: 64 << 20, json_len_max: 1 << 30, records_max: 1 << 32 }
    }
}

impl Limits {
    /// Refuses a record whose payload this reader does not want to hold in memory.
    ///
    /// # Errors
    /// [`FormatError::Limit`].
    pub fn check(&self, header: &Header) -> Result<(), FormatError> {
        let max = match header.record_type {
            RecordType::Data | RecordType::Statistics | RecordType::Ancillary(_) => self.frame_len_max,
            RecordType::Toc => (TOC_ENTRIES_MAX * TOC_ENTRY_LEN) as u64,
            RecordType::End => 0,
            _ => self.json_len_max,
        };
        FormatError::at_most("raw_len", header.raw_len, max)?;
        FormatError::at_most("record number", header.seq, self.records_max)
    }
}
