//! How the values of one field stand.

use super::Malformed;

/// Bytes of a field in the head.
pub const LEN: usize = 6;
/// Values that all have one length, up to this many bytes, stand in planes: the first byte of each, the second of each …
pub const PLANES_MAX: u32 = 16;

/// One field of the head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// Bytes of each length: 1, 2, 4; 0 where all rows have the same and none is NULL.
    pub width: u8,
    /// 0, or the length of every value: they stand in planes.
    pub plane: u8,
    /// Bytes of all values.
    pub bytes: u32,
}

/// What values of a field were seen.
#[derive(Clone, Debug)]
pub struct Seen {
    values: usize,
    least: usize,
    most: usize,
    bytes: usize,
}

impl Default for Seen {
    fn default() -> Self {
        Self { values: 0, least: usize::MAX, most: 0, bytes: 0 }
    }
}

impl Seen {
    /// One that is not NULL.
    pub fn add(&mut self, value: &[u8]) {
        self.values += 1;
        self.least = self.least.min(value.len());
        self.most = self.most.max(value.len());
        self.bytes += value.len();
    }

    /// How they are to stand, in so many rows; `None` where they are too many bytes.
    pub fn field(&self, rows: usize) -> Option<Field> {
        let even = self.values > 0 && self.least == self.most;
        if even && self.values == rows {
            return Field::even(self.most, rows);
        }
        let width = match self.most {
            ..0xff => 1,
            0xff..0xffff => 2,
            _ => 4,
        };
        let plane = if even { plane(self.most) } else { 0 };
        Some(Field { width, plane, bytes: u32::try_from(self.bytes).ok()? })
    }
}

fn plane(length: usize) -> u8 {
    u8::try_from(length).ok().filter(|length| u32::from(*length) <= PLANES_MAX).unwrap_or_default()
}

impl Field {
    /// A field of which each row has a value of so many bytes; `None` where that is too many.
    pub fn even(length: usize, rows: usize) -> Option<Self> {
        let bytes = u32::try_from(length.checked_mul(rows)?).ok()?;
        Some(Self { width: 0, plane: plane(length), bytes })
    }

    /// As it stands in the head.
    pub fn encode(self) -> [u8; LEN] {
        let [a, b, c, d] = self.bytes.to_le_bytes();
        [self.width, self.plane, a, b, c, d]
    }

    /// The reverse.
    ///
    /// # Errors
    /// When no so many rows can have such a field.
    pub fn decode(field: [u8; LEN], rows: usize) -> Result<Self, Malformed> {
        let [width, plane, bytes @ ..] = field;
        let field = Self { width, plane, bytes: u32::from_le_bytes(bytes) };
        let (bytes, plane) = (field.bytes as usize, usize::from(plane));
        let fits = match width {
            0 => rows > 0 && bytes.is_multiple_of(rows) && (plane == 0 || plane == bytes / rows),
            1 | 2 | 4 => plane == 0 || bytes.is_multiple_of(plane),
            _ => false,
        };
        if fits && plane <= PLANES_MAX as usize { Ok(field) } else { Err(Malformed) }
    }
}
