//! Bytes to records and back: pure, no I/O. FORMAT.md is the normative text; each file here is one of its parts.

mod bytes;
mod codes;
mod digest;
mod end;
mod error;
mod header;
mod limits;
mod meta;
mod order;
mod source;
mod toc;
mod zstd_frame;

pub use codes::{Codec, DataFormat, Flags, RecordType, Transform};
pub use digest::{ArchiveId, Digest, RootChain, leaf};
pub use end::{END_LEN, End, Status};
pub use error::FormatError;
pub(crate) use header::stored_len_max;
pub use header::{HEADER_LEN_MIN, Header, MAJOR, META_LEN_MAX, NO_OBJECT};
pub use limits::Limits;
pub use meta::{Ctid, Meta};
pub use order::{Contents, Order, Part};
pub use source::{Source, SourceColumn};
pub use toc::{TOC_ENTRIES_MAX, TOC_ENTRY_LEN, TocEntry};
pub use zstd_frame::check_frame;
