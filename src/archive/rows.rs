//! Walks rows as they are stored: where each one ends, without knowing its types.

use xxhash_rust::xxh3::{Xxh3Default, xxh3_128};

use super::content_hash::ContentHash;
use super::format::{DataFormat, Flags, FormatError};

/// Counts and hashes the rows of consecutive frames of a part.
pub struct RowWalker {
    format: DataFormat,
    /// The row that began in an earlier frame.
    open: Option<OpenRow>,
    rows: u64,
    hash: ContentHash,
}

impl RowWalker {
    /// Before the first frame, or a frame whose first row begins in it.
    pub fn new(format: DataFormat) -> Self {
        Self { format, open: None, rows: 0, hash: ContentHash::default() }
    }

    /// Walks the next frame and returns how many rows end in it.
    ///
    /// # Errors
    /// When the bytes are not rows, or rows are cut where the flags do not say so.
    pub fn frame(&mut self, flags: Flags, mut bytes: &[u8]) -> Result<u64, FormatError> {
        if flags.has(Flags::CONTINUED) != self.open.is_some() {
            return Err(FormatError::Rule("the flags do not fit the rows: the first row"));
        }
        let before = self.rows;
        if let Some(mut open) = self.open.take() {
            match open.advance(self.format, &mut bytes)? {
                true => {
                    self.hash.add_hash(open.hash.digest128());
                    self.rows += 1;
                }
                false => self.open = Some(open),
            }
        }
        while !bytes.is_empty() {
            match row_len(self.format, bytes)? {
                Some(len) => {
                    let (row, rest) = bytes.split_at(len);
                    self.hash.add_hash(xxh3_128(row));
                    self.rows += 1;
                    bytes = rest;
                }
                None => {
                    let mut open = OpenRow::new(self.format);
                    open.advance(self.format, &mut bytes)?;
                    self.open = Some(open);
                }
            }
        }
        if flags.has(Flags::CONTINUES) != self.open.is_some() {
            return Err(FormatError::Rule("the flags do not fit the rows: the last row"));
        }
        Ok(self.rows - before)
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The content hash of those rows.
    pub fn hash(&self) -> ContentHash {
        self.hash
    }
}

/// Bytes of the row that `bytes` begin with; `None` if it does not end in them, or there are none.
///
/// # Errors
/// When they are no row.
pub fn row_len(format: DataFormat, bytes: &[u8]) -> Result<Option<usize>, FormatError> {
    Ok(match format {
        DataFormat::Binary => binary_row_len(bytes)?,
        DataFormat::Text => memchr::memchr(b'\n', bytes).map(|at| at + 1),
        DataFormat::LargeObject => bytes.first_chunk::<LO_HEAD_LEN>().and_then(|head| {
            let len = LO_HEAD_LEN + lo_data_len(head);
            (len <= bytes.len()).then_some(len)
        }),
        DataFormat::None => return Err(FormatError::Rule("the record has no rows")),
    })
}

/// Each tuple: a field count, then each field's length (-1 = NULL) and value; big-endian (COPY, "Binary Format").
fn binary_row_len(bytes: &[u8]) -> Result<Option<usize>, FormatError> {
    let Some(count) = bytes.first_chunk() else { return Ok(None) };
    let mut at = 2;
    for _ in 0..field_count(*count)? {
        let Some(len) = bytes.get(at..).and_then(|rest| rest.first_chunk()) else { return Ok(None) };
        at += 4 + field_len(*len)?;
    }
    Ok((at <= bytes.len()).then_some(at))
}

fn field_count(bytes: [u8; 2]) -> Result<u16, FormatError> {
    u16::try_from(i16::from_be_bytes(bytes))
        .map_err(|_| FormatError::Rule("a row has a negative field count"))
}

fn field_len(bytes: [u8; 4]) -> Result<usize, FormatError> {
    match i32::from_be_bytes(bytes) {
        -1 => Ok(0),
        len => usize::try_from(len).map_err(|_| FormatError::Rule("a field has a negative length")),
    }
}

/// oid u32, pageno u32, len u16, little-endian.
const LO_HEAD_LEN: usize = 10;

fn lo_data_len(head: &[u8; LO_HEAD_LEN]) -> usize {
    u16::from_le_bytes([head[8], head[9]]).into()
}

/// A row that is cut over frames, at any byte.
struct OpenRow {
    hash: Xxh3Default,
    /// Bytes of the number being read, and how many it needs.
    number: Vec<u8>,
    needs: usize,
    /// Bytes of the value to skip after it.
    skip: usize,
    /// Binary: fields whose length was not read yet; `None` before the count.
    fields_left: Option<u16>,
}

impl OpenRow {
    fn new(format: DataFormat) -> Self {
        let needs = if format == DataFormat::Binary { 2 } else { LO_HEAD_LEN };
        Self { hash: Xxh3Default::new(), number: Vec::new(), needs, skip: 0, fields_left: None }
    }

    /// Consumes the row's bytes from `bytes`; `true` when it ended.
    fn advance(&mut self, format: DataFormat, bytes: &mut &[u8]) -> Result<bool, FormatError> {
        if format == DataFormat::Text {
            let end = memchr::memchr(b'\n', bytes);
            self.take(bytes, end.map_or(bytes.len(), |at| at + 1));
            return Ok(end.is_some());
        }
        loop {
            let skipped = self.skip.min(bytes.len());
            self.take(bytes, skipped);
            self.skip -= skipped;
            if self.skip > 0 {
                return Ok(false);
            }
            if self.needs == 0 {
                return Ok(true);
            }
            let wanted = (self.needs - self.number.len()).min(bytes.len());
            let part = self.take(bytes, wanted);
            self.number.extend(part);
            if self.number.len() < self.needs {
                return Ok(false);
            }
            self.number_is_read(format)?;
        }
    }

    fn number_is_read(&mut self, format: DataFormat) -> Result<(), FormatError> {
        let number = std::mem::take(&mut self.number);
        if format == DataFormat::LargeObject {
            self.skip = lo_data_len(number.first_chunk().expect("invariant: the head was read"));
            self.needs = 0;
            return Ok(());
        }
        let fields_left = match self.fields_left {
            None => field_count(*number.first_chunk().expect("invariant: the count was read"))?,
            Some(fields) => {
                self.skip = field_len(*number.first_chunk().expect("invariant: the length was read"))?;
                fields - 1
            }
        };
        self.fields_left = Some(fields_left);
        self.needs = if fields_left == 0 { 0 } else { 4 };
        Ok(())
    }

    fn take<'a>(&mut self, bytes: &mut &'a [u8], len: usize) -> &'a [u8] {
        let (taken, rest) = bytes.split_at(len);
        self.hash.update(taken);
        *bytes = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(fields: &[Option<&[u8]>]) -> Vec<u8> {
        let mut row = (fields.len() as i16).to_be_bytes().to_vec();
        for field in fields {
            row.extend(field.map_or(-1, |value| value.len() as i32).to_be_bytes());
            row.extend(field.unwrap_or_default());
        }
        row
    }

    fn rows_of(format: DataFormat) -> Vec<Vec<u8>> {
        match format {
            DataFormat::Binary => {
                vec![binary(&[Some(b"abc"), None, Some(b"")]), binary(&[]), binary(&[Some(&[7; 300])])]
            }
            DataFormat::Text => vec![b"1\t\\N\n".to_vec(), b"\n".to_vec(), b"a\\nb\t2\n".to_vec()],
            _ => {
                let page = |len: u16| {
                    [&[1, 0, 0, 0, 2, 0, 0, 0], &len.to_le_bytes()[..], &vec![9; len.into()]].concat()
                };
                vec![page(2048), page(0), page(7)]
            }
        }
    }

    const FORMATS: [DataFormat; 3] = [DataFormat::Binary, DataFormat::Text, DataFormat::LargeObject];

    #[test]
    fn rows_are_counted_and_hashed_wherever_frames_are_cut() {
        for format in FORMATS {
            let rows = rows_of(format);
            let all = rows.concat();
            let mut expected = ContentHash::default();
            rows.iter().for_each(|row| expected.add_row(row));
            let mut ends = vec![0];
            rows.iter().for_each(|row| ends.push(ends[ends.len() - 1] + row.len()));
            for cut in 0..=all.len() {
                let inside = !ends.contains(&cut);
                let (first, second) =
                    if inside { (Flags::CONTINUES, Flags::CONTINUED) } else { (Flags::NONE, Flags::NONE) };
                let mut walker = RowWalker::new(format);
                walker.frame(first, &all[..cut]).unwrap();
                walker.frame(second, &all[cut..]).unwrap();
                assert_eq!((walker.rows(), walker.hash()), (3, expected), "{format:?} cut at {cut}");
            }
            // One byte per frame.
            let mut walker = RowWalker::new(format);
            for at in 0..all.len() {
                let mut flags = Flags::NONE;
                if !ends.contains(&at) {
                    flags = flags.with(Flags::CONTINUED);
                }
                if !ends.contains(&(at + 1)) {
                    flags = flags.with(Flags::CONTINUES);
                }
                walker.frame(flags, &all[at..=at]).unwrap();
            }
            assert_eq!((walker.rows(), walker.hash()), (3, expected), "{format:?} byte by byte");
        }
    }

    #[test]
    fn bytes_that_are_no_rows_are_refused() {
        for format in FORMATS {
            let all = rows_of(format).concat();
            assert!(RowWalker::new(format).frame(Flags::NONE, &all[..all.len() - 1]).is_err());
            assert!(RowWalker::new(format).frame(Flags::CONTINUED, &all).is_err());
        }
        // The trailer of a COPY file, and a negative length.
        assert!(RowWalker::new(DataFormat::Binary).frame(Flags::NONE, &[0xFF, 0xFF]).is_err());
        let negative = [0, 1, 0xFF, 0xFF, 0xFF, 0xFE];
        assert!(RowWalker::new(DataFormat::Binary).frame(Flags::NONE, &negative).is_err());
    }
}
