//! Verifies an archive: every byte of it, and that it holds what its catalog promises. Needs no server.

mod error;
mod plan;
mod run;
mod stream;
mod tally;

use std::io::Read;
use std::path::Path;

pub use error::{Error, Failure, Finding};

use crate::archive::{ArchiveId, Digest, Limits, Status, is_stream, open_stream};
use crate::context::Context;

/// What to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Decompress too, walk the rows, and compare the content hash of every table.
    pub deep: bool,
    /// Threads that read and hash; 0 counts as 1. A pipe is read by one.
    pub jobs: usize,
    /// What the reader accepts.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self { deep: false, jobs: 1, limits: Limits::default() }
    }
}

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The archive's identity.
    pub root: Digest,
    /// Its id.
    pub archive_id: ArchiveId,
    /// How its dump ended.
    pub status: Status,
    /// Records, END included.
    pub records: u64,
    /// Relations with rows, and groups of large objects.
    pub tables: u64,
    /// Rows.
    pub rows: u64,
    /// Raw bytes of the rows.
    pub raw_bytes: u64,
    /// Bytes of the archive.
    pub file_len: u64,
    /// The rows were decompressed and walked.
    pub deep: bool,
}

/// Verifies the archive `path`; a named pipe is read as a stream.
///
/// # Errors
/// [`Error::Failed`] with what is damaged or missing; others when the archive cannot be read at all.
pub fn verify(ctx: &Context, path: &Path, options: &Options) -> Result<Report, Error> {
    if is_stream(path) {
        let input = open_stream(path).map_err(crate::archive::Error::from)?;
        return verify_stream(ctx, input, options);
    }
    run::file(ctx, path, options)
}

/// Verifies the archive that arrives on `input`, to its end. The first damaged record is the last one read.
///
/// # Errors
/// As [`verify`].
pub fn verify_stream(ctx: &Context, input: impl Read, options: &Options) -> Result<Report, Error> {
    stream::verify(ctx, input, options)
}

/// Verifies an archive that can be read at any place.
///
/// # Errors
/// As [`verify`].
pub fn verify_source(
    ctx: &Context,
    source: Box<dyn crate::archive::ReadAt>,
    options: &Options,
) -> Result<Report, Error> {
    run::source(ctx, source, options)
}
