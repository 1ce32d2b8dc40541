//! Rows between a server and frames: which bytes of a COPY stream become which bytes of an archive.

mod binary;
mod large_object;

pub use binary::{BINARY_HEADER, BINARY_TRAILER};
pub use large_object::{Malformed, PAGE_BYTES, Run, pages_from_copy, runs};
