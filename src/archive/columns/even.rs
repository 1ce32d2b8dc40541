//! Rows that all have the same lengths, and no NULL: nothing need be asked row by row. Tables of numbers and times are such.

use super::field::Field;
use super::place::Place;
use super::{FIELDS_MAX, next_value};

/// Rows that are moved field by field: as many as the processor's first cache has room for.
const BLOCK_BYTES: usize = 8 << 10;

/// A row as all are, but for its values.
pub struct Even {
    /// Number of fields and their lengths; zeros where values stand.
    row: Vec<u8>,
    /// Where each value begins and ends.
    values: Vec<(usize, usize)>,
}

impl Even {
    /// The shape of the first row, if all rows have it.
    pub fn of_rows(rows: &[u8]) -> Option<Self> {
        let (lead, mut rest) = rows.split_first_chunk::<2>()?;
        let number = usize::from(u16::from_be_bytes(*lead));
        if number == 0 || number > FIELDS_MAX {
            return None;
        }
        let mut lengths = Vec::with_capacity(number);
        for _ in 0..number {
            let (value, after) = next_value(rest)?;
            lengths.push(value?.len());
            rest = after;
        }
        let even = Self::new(&lengths)?;
        (rows.len().is_multiple_of(even.row_len())
            && rows.chunks_exact(even.row_len()).all(|row| even.is_shape_of(row)))
        .then_some(even)
    }

    /// The shape of rows with such fields, if none has lengths of its own.
    pub fn of_fields(fields: &[Field], rows: usize) -> Option<Self> {
        let lengths =
            fields.iter().map(|field| (field.width == 0).then(|| field.bytes as usize / rows.max(1)));
        Self::new(&lengths.collect::<Option<Vec<_>>>()?)
    }

    fn new(lengths: &[usize]) -> Option<Self> {
        let mut row = u16::try_from(lengths.len()).ok()?.to_be_bytes().to_vec();
        let mut values = Vec::with_capacity(lengths.len());
        for length in lengths {
            row.extend(i32::try_from(*length).ok()?.to_be_bytes());
            values.push((row.len(), row.len() + length));
            row.resize(row.len() + length, 0);
        }
        Some(Self { row, values })
    }

    /// Bytes of a row.
    pub fn row_len(&self) -> usize {
        self.row.len()
    }

    /// How the fields of so many bytes of rows are to stand.
    pub fn fields(&self, rows_len: usize) -> Option<Vec<Field>> {
        let rows = rows_len / self.row_len();
        self.values.iter().map(|(from, to)| Field::even(to - from, rows)).collect()
    }

    fn is_shape_of(&self, row: &[u8]) -> bool {
        let same = |at: usize| row[at..].first_chunk::<4>() == self.row[at..].first_chunk();
        row[..2] == self.row[..2] && self.values.iter().all(|(value, _)| same(value - 4))
    }

    fn block_len(&self) -> usize {
        self.row_len() * (BLOCK_BYTES / self.row_len()).max(1)
    }

    /// Puts the values of all rows to their places.
    pub fn split(&self, rows: &[u8], places: &mut [Place], out: &mut [u8]) {
        for block in rows.chunks(self.block_len()) {
            for (place, (from, to)) in places.iter_mut().zip(&self.values) {
                place.put_all(out, block.chunks_exact(self.row_len()).map(|row| &row[*from..*to]));
            }
        }
    }

    /// Fills the rows, which are as long as they will be.
    pub fn join(&self, columns: &[u8], places: &mut [Place], rows: &mut [u8]) {
        for block in rows.chunks_mut(self.block_len()) {
            block.chunks_exact_mut(self.row_len()).for_each(|row| row.copy_from_slice(&self.row));
            for (place, (from, to)) in places.iter_mut().zip(&self.values) {
                block
                    .chunks_exact_mut(self.row_len())
                    .for_each(|row| place.take_even(columns, &mut row[*from..*to]));
            }
        }
    }
}
