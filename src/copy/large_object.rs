//! Large objects in an archive: `{oid u32, pageno u32, len u16, bytes}` per page, little-endian, as pg_largeobject
//! has them (FORMAT.md, data_format 3).

use std::ops::Range;

use thiserror::Error;
use xxhash_rust::xxh3::xxh3_128;

/// Bytes of a page: LOBLKSIZE, a quarter of the server's block (documentation: "pg_largeobject").
pub const PAGE_BYTES: u64 = 2048;
/// Adjacent pages of an object are written together up to this many bytes.
const RUN_BYTES_MAX: usize = 1 << 20;
const PAGE_HEADER: usize = 10;

/// Pages that are not what they should be.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("large object pages are malformed at byte {at}")]
pub struct Malformed {
    /// Offset in the frame.
    pub at: usize,
}

/// Rows `(oid, pageno, data)` of COPY BINARY as pages of the archive: the pages, and the sum of their hashes.
///
/// # Errors
/// A tuple of another shape.
pub fn pages_from_copy(tuples: &[u8]) -> Result<(Vec<u8>, u32, u128), Malformed> {
    let mut pages = Vec::with_capacity(tuples.len());
    let (mut at, mut rows, mut hash) = (0, 0, 0_u128);
    while at < tuples.len() {
        let malformed = Malformed { at };
        let take = |from: usize, len: usize| tuples.get(from..from + len).ok_or(Malformed { at });
        let (count, oid) = (take(at, 2)?, take(at + 2, 8)?);
        let (page, len) = (take(at + 10, 8)?, take(at + 18, 4)?);
        let fixed = [0, 0, 0, 4];
        if count != [0, 3] || oid[..4] != fixed || page[..4] != fixed {
            return Err(malformed);
        }
        let len =
            u16::try_from(u32::from_be_bytes([len[0], len[1], len[2], len[3]])).map_err(|_| malformed)?;
        let data = take(at + 22, len.into())?;
        let start = pages.len();
        pages.extend(oid[4..].iter().rev());
        pages.extend(page[4..].iter().rev());
        pages.extend(len.to_le_bytes());
        pages.extend(data);
        hash = hash.wrapping_add(xxh3_128(&pages[start..]));
        rows += 1;
        at += 22 + usize::from(len);
    }
    Ok((pages, rows, hash))
}

/// Bytes of one object that follow each other: what one write puts in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// OID of the large object.
    pub oid: u32,
    /// Offset in the object, bytes.
    pub offset: i64,
    /// Where its bytes are in the pages.
    pub pieces: Vec<Range<usize>>,
}

impl Run {
    /// The bytes.
    pub fn bytes(&self, pages: &[u8]) -> Vec<u8> {
        self.pieces.iter().flat_map(|piece| &pages[piece.clone()]).copied().collect()
    }
}

/// Pages of an archive as runs, adjacent full pages of an object joined.
///
/// # Errors
/// A page that ends after the frame.
pub fn runs(pages: &[u8]) -> Result<Vec<Run>, Malformed> {
    let mut runs: Vec<Run> = Vec::new();
    let (mut at, mut next, mut run_bytes) = (0, None, 0);
    while at < pages.len() {
        let header = pages.get(at..at + PAGE_HEADER).ok_or(Malformed { at })?;
        let oid = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
        let number = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
        let len = usize::from(u16::from_le_bytes([header[8], header[9]]));
        let piece = at + PAGE_HEADER..at + PAGE_HEADER + len;
        if piece.end > pages.len() {
            return Err(Malformed { at });
        }
        at = piece.end;
        match runs.last_mut() {
            Some(run) if next == Some((oid, number)) && run_bytes < RUN_BYTES_MAX => {
                run.pieces.push(piece);
                run_bytes += len;
            }
            _ => {
                let offset = i64::from(number) * PAGE_BYTES as i64;
                runs.push(Run { oid, offset, pieces: vec![piece] });
                run_bytes = len;
            }
        }
        next = (len as u64 == PAGE_BYTES).then(|| (oid, number.wrapping_add(1)));
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::{Malformed, pages_from_copy, runs};

    fn tuple(oid: u32, page: i32, data: &[u8]) -> Vec<u8> {
        let mut out = vec![0, 3, 0, 0, 0, 4];
        out.extend(oid.to_be_bytes());
        out.extend([0, 0, 0, 4]);
        out.extend(page.to_be_bytes());
        out.extend((data.len() as u32).to_be_bytes());
        out.extend(data);
        out
    }

    #[test]
    fn pages_keep_holes_and_join_neighbours() {
        let full = vec![7_u8; 2048];
        let mut tuples = tuple(9, 0, &full);
        tuples.extend(tuple(9, 1, b"end"));
        tuples.extend(tuple(9, 5, &full));
        tuples.extend(tuple(10, 6, b"other"));
        let (pages, rows, hash) = pages_from_copy(&tuples).unwrap();
        assert_eq!(rows, 4);
        assert_ne!(hash, 0);
        let found = runs(&pages).unwrap();
        let summary: Vec<_> =
            found.iter().map(|run| (run.oid, run.offset, run.bytes(&pages).len())).collect();
        assert_eq!(summary, [(9, 0, 2051), (9, 10240, 2048), (10, 12288, 5)]);
    }

    #[test]
    fn cut_input_is_refused() {
        let tuples = tuple(9, 0, b"abc");
        for len in 1..tuples.len() {
            assert_eq!(pages_from_copy(&tuples[..len]), Err(Malformed { at: 0 }));
        }
        let (pages, ..) = pages_from_copy(&tuples).unwrap();
        for len in 1..pages.len() {
            assert!(runs(&pages[..len]).is_err());
        }
    }
}
