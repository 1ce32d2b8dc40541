//! The archive format and its files. `schema/archive/FORMAT.md` is the normative text.
//!
//! [`mod@format`] is pure: bytes to records and back. [`Writer`] appends records, [`ArchiveFile`] reads
//! them in any order from many threads, [`StreamReader`] reads them in file order from a pipe. Only `store` opens
//! files.

mod codec;
mod columns;
mod complete;
mod content_hash;
mod error;
pub mod format;
mod json;
mod locate;
mod read_at;
mod reader;
mod rows;
mod store;
mod stream;
mod writer;

pub use codec::{Decoder, Encoded, Encoder, LARGE};
pub use complete::{Gap, catalog_gaps, gaps, row_gap};
pub use content_hash::ContentHash;
pub use error::Error;
pub use format::{
    ArchiveId, Codec, Contents, Ctid, DataFormat, Digest, End, Flags, FormatError, Header, Limits, Meta,
    NO_OBJECT, Part, RecordType, Source, SourceColumn, Status, TocEntry, Transform,
};
pub use json::{Use, check_features, parse_json};
pub use read_at::ReadAt;
pub use reader::ArchiveFile;
pub use rows::{RowWalker, row_len};
pub use store::{Input, Output, Overwrite, StoreError, free_bytes, is_stream, open_stream};
pub use stream::{StreamReader, StreamRecord};
pub use writer::{Draft, Finished, Writer};
