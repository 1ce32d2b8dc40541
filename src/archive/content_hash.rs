//! The content hash of a table: equal for equal sets of rows, whatever their order and their frames.

use std::fmt;

use xxhash_rust::xxh3::xxh3_128;

/// Sum modulo 2^128 of the XXH3-128 of each row's bytes, as they are stored. Displays as 32 hex digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContentHash(u128);

impl ContentHash {
    /// Adds a row.
    pub fn add_row(&mut self, row: &[u8]) {
        self.add_hash(xxh3_128(row));
    }

    /// Adds a row by the XXH3-128 of its bytes.
    pub fn add_hash(&mut self, hash: u128) {
        self.0 = self.0.wrapping_add(hash);
    }

    /// Adds the rows of another hash.
    pub fn add(&mut self, other: Self) {
        self.add_hash(other.0);
    }

    /// The rows that were added after `before`.
    #[must_use]
    pub const fn since(self, before: Self) -> Self {
        Self(self.0.wrapping_sub(before.0))
    }

    /// The sum.
    pub const fn value(self) -> u128 {
        self.0
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::ContentHash;

    #[test]
    fn order_and_grouping_do_not_matter_but_rows_do() {
        let hash = |rows: &[&[u8]]| {
            let mut sum = ContentHash::default();
            rows.iter().for_each(|row| sum.add_row(row));
            sum
        };
        let mut halves = hash(&[b"a\n"]);
        halves.add(hash(&[b"b\n"]));
        assert_eq!(hash(&[b"b\n", b"a\n"]), halves);
        assert_ne!(hash(&[b"a\n", b"a\n"]), halves);
        assert_eq!(ContentHash::default().to_string(), "0".repeat(32));
    }
}
