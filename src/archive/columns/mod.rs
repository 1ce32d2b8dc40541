//! Rows as columns: what stands in one field of all rows of a frame comes together. It compresses to less, in less time:
//! lengths repeat, high bytes of numbers are equal, low bytes of serial ones count up. Bytes in, bytes out; FORMAT.md,
//! "Columns", says how they stand.

mod even;
mod field;
mod place;

use even::Even;
use field::{Field, Seen};
use place::{Place, places};

/// Fewer rows are not worth it.
const ROWS_MIN: usize = 16;
/// Bytes before the fields: how many rows, how many fields.
const HEAD_LEN: usize = 6;
/// `MaxTupleAttributeNumber` of PostgreSQL's htup_details.h.
const FIELDS_MAX: usize = 1664;

/// What was read is not what [`split`] makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Turns tuples of COPY BINARY into columns, which are then at the beginning of `scratch`. `None` where they are few, or
/// not whole, or not all of the same number of fields, or would be more bytes: such frames stay rows.
pub fn split<'a>(rows: &[u8], scratch: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    let even = Even::of_rows(rows);
    let (count, fields) = match &even {
        Some(even) => (rows.len() / even.row_len(), even.fields(rows.len())?),
        None => measure(rows)?,
    };
    let (mut places, total) = places(count, &fields);
    if count < ROWS_MIN || total > rows.len() {
        return None;
    }
    // Every byte is written below: what stands there from before need not be cleared.
    if scratch.len() < total {
        scratch.resize(total, 0);
    }
    let out = &mut scratch[..total];
    out[..4].copy_from_slice(&u32::try_from(count).ok()?.to_le_bytes());
    out[4..HEAD_LEN].copy_from_slice(&u16::try_from(fields.len()).ok()?.to_le_bytes());
    for (field, bytes) in fields.iter().zip(out[HEAD_LEN..].as_chunks_mut().0) {
        *bytes = field.encode();
    }
    if let Some(even) = &even {
        even.split(rows, &mut places, out);
        return Some(out);
    }
    let mut rest = rows;
    while let Some((_, fields)) = rest.split_first_chunk::<2>() {
        rest = fields;
        for place in &mut places {
            let (value, after) = next_value(rest)?;
            rest = after;
            place.put_length(out, value.map_or(0, |value| value.len() as u32 + 1));
            if let Some(value) = value {
                place.put(out, value);
            }
        }
    }
    Some(out)
}

/// Makes the tuples again, `rows_len` bytes.
///
/// # Errors
/// When the bytes are not the columns of just so many.
pub fn join(columns: &[u8], rows_len: usize, rows: &mut Vec<u8>) -> Result<(), Malformed> {
    let (count, fields) = head(columns)?;
    let (mut places, total) = places(count, &fields);
    // From here on each place stays within its own, and the rows are as many bytes as was said.
    let headers = (2 + 4 * fields.len()).checked_mul(count).ok_or(Malformed)?;
    let values: usize = fields.iter().map(|field| field.bytes as usize).sum();
    if total != columns.len() || headers.checked_add(values) != Some(rows_len) {
        return Err(Malformed);
    }
    rows.clear();
    if let Some(even) = Even::of_fields(&fields, count) {
        rows.resize(rows_len, 0);
        even.join(columns, &mut places, rows);
        return Ok(());
    }
    rows.reserve_exact(rows_len);
    let lead = u16::try_from(fields.len()).map_err(|_| Malformed)?.to_be_bytes();
    for _ in 0..count {
        rows.extend_from_slice(&lead);
        for place in &mut places {
            match place.take_length(columns) {
                None => rows.extend_from_slice(&(-1i32).to_be_bytes()),
                Some(length) => {
                    rows.extend_from_slice(&u32::try_from(length).map_err(|_| Malformed)?.to_be_bytes());
                    place.take(columns, length, rows)?;
                }
            }
        }
    }
    if places.iter().all(Place::is_empty) { Ok(()) } else { Err(Malformed) }
}

/// The next field of a tuple, and what is behind it.
fn next_value(rest: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let (length, rest) = rest.split_first_chunk::<4>()?;
    match i32::from_be_bytes(*length) {
        -1 => Some((None, rest)),
        length => {
            let (value, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            Some((Some(value), rest))
        }
    }
}

/// The number of rows, and how the values of each field are to stand.
fn measure(rows: &[u8]) -> Option<(usize, Vec<Field>)> {
    let (lead, _) = rows.split_first_chunk::<2>()?;
    let number = usize::from(u16::from_be_bytes(*lead));
    if number == 0 || number > FIELDS_MAX {
        return None;
    }
    let mut seen = vec![Seen::default(); number];
    let (mut rest, mut count) = (rows, 0);
    while let Some((own, fields)) = rest.split_first_chunk::<2>() {
        if own != lead {
            return None;
        }
        rest = fields;
        for seen in &mut seen {
            let (value, after) = next_value(rest)?;
            rest = after;
            if let Some(value) = value {
                seen.add(value);
            }
        }
        count += 1;
    }
    let fields = seen.iter().map(|seen| seen.field(count)).collect::<Option<_>>()?;
    rest.is_empty().then_some((count, fields))
}

/// Reads and checks the head.
fn head(columns: &[u8]) -> Result<(usize, Vec<Field>), Malformed> {
    let (count, rest) = columns.split_first_chunk::<4>().ok_or(Malformed)?;
    let (number, rest) = rest.split_first_chunk::<2>().ok_or(Malformed)?;
    let (count, number) = (u32::from_le_bytes(*count) as usize, usize::from(u16::from_le_bytes(*number)));
    let fields = rest.get(..field::LEN * number).ok_or(Malformed)?.as_chunks().0;
    if number == 0 || number > FIELDS_MAX {
        return Err(Malformed);
    }
    let fields = fields.iter().map(|field| Field::decode(*field, count)).collect::<Result<_, _>>()?;
    Ok((count, fields))
}

#[cfg(test)]
mod tests;
