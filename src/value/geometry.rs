//! Geometric types (documentation: "Geometric Types"): float8 coordinates.

use super::cursor::Cursor;
use super::float::push_float8;
use super::{Malformed, Type};

/// Any of them.
pub fn geometry(data_type: &Type, value: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    match data_type {
        Type::Point => point(value, out),
        Type::Lseg => enclosed(b'[', 2, b']', value, out),
        Type::Box => points(2, value, out),
        Type::Line => {
            out.push(b'{');
            numbers(3, value, out)?;
            out.push(b'}');
            Ok(())
        }
        Type::Circle => {
            out.push(b'<');
            point(value, out)?;
            out.push(b',');
            numbers(1, value, out)?;
            out.push(b'>');
            Ok(())
        }
        Type::Path => {
            let closed = value.u8()? != 0;
            let count = value.count()?;
            let (open, close) = if closed { (b'(', b')') } else { (b'[', b']') };
            enclosed(open, count, close, value, out)
        }
        Type::Polygon => {
            let count = value.count()?;
            enclosed(b'(', count, b')', value, out)
        }
        _ => Err(Malformed),
    }
}

fn enclosed(
    open: u8,
    count: usize,
    close: u8,
    value: &mut Cursor<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    out.push(open);
    points(count, value, out)?;
    out.push(close);
    Ok(())
}

fn points(count: usize, value: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    for at in 0..count {
        if at > 0 {
            out.push(b',');
        }
        point(value, out)?;
    }
    Ok(())
}

fn point(value: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    out.push(b'(');
    numbers(2, value, out)?;
    out.push(b')');
    Ok(())
}

fn numbers(count: usize, value: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    for at in 0..count {
        if at > 0 {
            out.push(b',');
        }
        push_float8(value.f64()?, out);
    }
    Ok(())
}
