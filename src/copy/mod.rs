//! Rows between a server and frames: which bytes of a COPY stream become which bytes of an archive.

mod large_object;

pub use large_object::{Malformed, PAGE_BYTES, Run, pages_from_copy, runs};
