//! Where the next row of a field goes to, or comes from.

use super::field::{self, Field, PLANES_MAX};
use super::{HEAD_LEN, Malformed};

/// A place among the columns.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    field: Field,
    /// Of the next length.
    length: usize,
    /// Of the next value; in planes, of its first byte.
    value: usize,
    /// Behind the last value; in planes, behind its first byte.
    end: usize,
    /// From one plane to the next: how many values there are.
    stride: usize,
    /// Without lengths, that of each value.
    fixed: usize,
}

/// Where everything begins, and where all ends: first the lengths of all fields, then their values.
pub fn places(rows: usize, fields: &[Field]) -> (Vec<Place>, usize) {
    let lengths = HEAD_LEN + field::LEN * fields.len();
    let all_lengths: usize = fields.iter().map(|field| usize::from(field.width) * rows).sum();
    let (mut length, mut value) = (lengths, lengths + all_lengths);
    let place = |field: &Field| {
        let bytes = field.bytes as usize;
        let (stride, end) = match usize::from(field.plane) {
            0 => (0, value + bytes),
            plane => (bytes / plane, value + bytes / plane),
        };
        let place = Place { field: *field, length, value, end, stride, fixed: bytes / rows.max(1) };
        length += usize::from(field.width) * rows;
        value += bytes;
        place
    };
    (fields.iter().map(place).collect(), value)
}

impl Place {
    /// All values were taken.
    pub fn is_empty(&self) -> bool {
        self.value == self.end
    }

    /// The length of the next value and one; 0 = NULL.
    pub fn put_length(&mut self, out: &mut [u8], length: u32) {
        match self.field.width {
            0 => {}
            1 => out[self.length] = length as u8,
            2 => out[self.length..][..2].copy_from_slice(&(length as u16).to_le_bytes()),
            _ => out[self.length..][..4].copy_from_slice(&length.to_le_bytes()),
        }
        self.length += usize::from(self.field.width);
    }

    /// The length of the next value; `None` = NULL.
    pub fn take_length(&mut self, columns: &[u8]) -> Option<usize> {
        let from = &columns[self.length..];
        let length = match self.field.width {
            0 => return Some(self.fixed),
            1 => usize::from(from[0]),
            2 => usize::from(u16::from_le_bytes([from[0], from[1]])),
            _ => u32::from_le_bytes([from[0], from[1], from[2], from[3]]) as usize,
        };
        self.length += usize::from(self.field.width);
        length.checked_sub(1)
    }

    /// The next value.
    pub fn put(&mut self, out: &mut [u8], value: &[u8]) {
        self.put_all(out, std::iter::once(value));
    }

    /// The next values.
    pub fn put_all<'a>(&mut self, out: &mut [u8], values: impl Iterator<Item = &'a [u8]>) {
        match self.field.plane {
            0 => values.for_each(|value| {
                out[self.value..][..value.len()].copy_from_slice(value);
                self.value += value.len();
            }),
            4 => self.put_planes::<4>(out, values),
            8 => self.put_planes::<8>(out, values),
            _ => values.for_each(|value| {
                value.iter().enumerate().for_each(|(plane, byte)| {
                    out[self.value + plane * self.stride] = *byte;
                });
                self.value += 1;
            }),
        }
    }

    /// The common lengths, without a check for each byte.
    fn put_planes<'a, const N: usize>(&mut self, out: &mut [u8], values: impl Iterator<Item = &'a [u8]>) {
        for value in values {
            let out = &mut out[self.value..][..(N - 1) * self.stride + 1];
            if let Some(value) = value.first_chunk::<N>() {
                (0..N).for_each(|plane| out[plane * self.stride] = value[plane]);
            }
            self.value += 1;
        }
    }

    /// Appends the next value, of so many bytes.
    ///
    /// # Errors
    /// When there is none such.
    pub fn take(&mut self, columns: &[u8], length: usize, rows: &mut Vec<u8>) -> Result<(), Malformed> {
        let fits = match usize::from(self.field.plane) {
            0 => length <= self.end - self.value,
            plane => length == plane && !self.is_empty(),
        };
        if !fits {
            return Err(Malformed);
        }
        self.next(columns, length, |value| rows.extend_from_slice(value));
        Ok(())
    }

    fn planes<const N: usize>(&self, columns: &[u8]) -> [u8; N] {
        let columns = &columns[self.value..][..(N - 1) * self.stride + 1];
        std::array::from_fn(|plane| columns[plane * self.stride])
    }

    /// Copies the next value to where it belongs; of a field without lengths, whose `to` is as long as its values.
    pub fn take_even(&mut self, columns: &[u8], to: &mut [u8]) {
        self.next(columns, to.len(), |value| to.copy_from_slice(value));
    }

    /// Gives the next value, which is there and has so many bytes.
    fn next(&mut self, columns: &[u8], length: usize, give: impl FnOnce(&[u8])) {
        match self.field.plane {
            0 => {
                give(&columns[self.value..][..length]);
                self.value += length;
                return;
            }
            4 => give(&self.planes::<4>(columns)),
            8 => give(&self.planes::<8>(columns)),
            _ => {
                let mut value = [0; PLANES_MAX as usize];
                for (plane, byte) in value[..length].iter_mut().enumerate() {
                    *byte = columns[self.value + plane * self.stride];
                }
                give(&value[..length]);
            }
        }
        self.value += 1;
    }
}
