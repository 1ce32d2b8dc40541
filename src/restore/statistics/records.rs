//! The records of statistics, one at a time: from a file when they are wanted; those of a pipe, which come with the
//! rows, are kept compressed until then.

use std::sync::Arc;

use crate::archive::{self, ArchiveFile, Decoder, Header, RecordType, TocEntry, parse_json};
use crate::manifest::Statistics;
use crate::restore::error::Error;

/// Bytes that are kept of a pipe. With the default target a column takes one or two kilobytes.
const KEPT_MAX: usize = 256 << 20;

/// Records of a pipe.
#[derive(Debug, Default)]
pub struct Kept {
    records: Vec<(Header, Vec<u8>)>,
    bytes: usize,
    /// Records that were dropped since they were too many.
    pub dropped: usize,
}

impl Kept {
    /// Keeps a record that the reader has checked, if there is room.
    pub fn push(&mut self, header: Header, stored: Vec<u8>) {
        if self.bytes + stored.len() > KEPT_MAX {
            self.dropped += 1;
            return;
        }
        self.bytes += stored.len();
        self.records.push((header, stored));
    }
}

/// Where records come from.
pub enum Records {
    /// A file.
    File(Arc<ArchiveFile>, std::vec::IntoIter<TocEntry>),
    /// What was kept.
    Kept(std::vec::IntoIter<(Header, Vec<u8>)>),
}

impl Records {
    /// Those of a file.
    pub fn of_file(file: &Arc<ArchiveFile>) -> Self {
        let is_wanted = |entry: &&TocEntry| entry.record_type == RecordType::Statistics;
        let entries: Vec<TocEntry> = file.toc().iter().filter(is_wanted).cloned().collect();
        Self::File(Arc::clone(file), entries.into_iter())
    }

    /// Those of a pipe.
    pub fn of_pipe(kept: Kept) -> Self {
        Self::Kept(kept.records.into_iter())
    }

    /// The next record.
    ///
    /// # Errors
    /// When it is damaged.
    pub async fn next(&mut self) -> Result<Option<Statistics>, Error> {
        let read: Box<dyn FnOnce() -> Result<Statistics, archive::Error> + Send> = match self {
            Self::File(file, entries) => {
                let Some(entry) = entries.next() else { return Ok(None) };
                let file = Arc::clone(file);
                Box::new(move || file.json_at(&entry))
            }
            Self::Kept(records) => {
                let Some((header, stored)) = records.next() else { return Ok(None) };
                Box::new(move || decode(&header, &stored))
            }
        };
        let read = tokio::task::spawn_blocking(read).await;
        Ok(Some(read.map_err(|_| Error::Worker("reading the archive".to_owned()))??))
    }
}

fn decode(header: &Header, stored: &[u8]) -> Result<Statistics, archive::Error> {
    let mut raw = Vec::new();
    let decoded = Decoder::new()?.decode(header, stored, &mut raw);
    decoded.and_then(|()| parse_json(&raw)).map_err(|error| archive::Error::at(header.seq, 0, error))
}
