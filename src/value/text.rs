//! The text of a value from its binary form.

use std::io::Write as _;

use super::cursor::Cursor;
use super::{
    Malformed, Type, array, bits, composite, datetime, float, geometry, identifier, interval, network,
    numeric, range, text_search,
};
use crate::version::Version;

/// Appends the text of a value, as a server of that version prints it.
///
/// # Errors
/// When the bytes are no value of the type, or nobody knows its binary form ([`Type::opaque`]).
pub fn text(data_type: &Type, bytes: &[u8], version: Version, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut value = Cursor::new(bytes);
    match data_type {
        Type::Bool => out.push(if value.u8()? == 0 { b'f' } else { b't' }),
        Type::Int2 => push(out, format_args!("{}", value.i16()?)),
        Type::Int4 => push(out, format_args!("{}", value.i32()?)),
        Type::Int8 => push(out, format_args!("{}", value.i64()?)),
        Type::Float4 => float::push_float4(value.f32()?, out),
        Type::Float8 => float::push_float8(value.f64()?, out),
        Type::Numeric => numeric::numeric(&mut value, out)?,
        Type::Money => numeric::money(value.i64()?, out),
        Type::Oid => push(out, format_args!("{}", value.u32()?)),
        Type::Xid8 => push(out, format_args!("{}", value.u64()?)),
        Type::Char => identifier::char(value.u8()?, version, out),
        Type::Text | Type::Json => out.extend(value.rest()),
        Type::Jsonb | Type::VersionedText => {
            if value.u8()? != 1 {
                return Err(Malformed);
            }
            out.extend(value.rest());
        }
        Type::Bytea => bits::bytea(value.rest(), out),
        Type::Date => datetime::date(value.i32()?, out),
        Type::Time => datetime::time(value.i64()?, out),
        Type::Timetz => {
            datetime::time(value.i64()?, out);
            datetime::zone(value.i32()?, out);
        }
        Type::Timestamp => datetime::timestamp(value.i64()?, false, out),
        Type::Timestamptz => datetime::timestamp(value.i64()?, true, out),
        Type::Interval => interval::interval(&mut value, version, out)?,
        Type::Uuid => identifier::uuid(value.take(16)?, out),
        Type::Inet { cidr } => network::inet(&mut value, *cidr, out)?,
        Type::Macaddr { len } => network::macaddr(value.take(*len)?, out),
        Type::Point | Type::Lseg | Type::Line | Type::Box | Type::Path | Type::Polygon | Type::Circle => {
            geometry::geometry(data_type, &mut value, out)?;
        }
        Type::Bit => bits::bits(&mut value, out)?,
        Type::Tid => push(out, format_args!("({},{})", value.u32()?, value.u16()?)),
        Type::PgLsn => push(out, format_args!("{:X}/{:X}", value.u32()?, value.u32()?)),
        Type::Snapshot => identifier::snapshot(&mut value, out)?,
        Type::Tsvector => text_search::tsvector(&mut value, out)?,
        Type::Array(element) => array::array(element, &mut value, version, out)?,
        Type::Range(subtype) => range::range(subtype, &mut value, version, out)?,
        Type::Multirange(inner) => range::multirange(inner, &mut value, version, out)?,
        Type::Composite(fields) => composite::composite(fields, &mut value, version, out)?,
        Type::Vector { .. } | Type::Opaque(_) => return Err(Malformed),
    }
    value.end()
}

/// Appends something formatted.
pub fn push(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("invariant: memory takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(data_type: &Type, bytes: &[u8], major: u32) -> Result<String, Malformed> {
        let mut out = Vec::new();
        text(data_type, bytes, Version::from_num(major * 10_000), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn values_that_are_too_short_or_too_long_are_refused() {
        assert_eq!(show(&Type::Int4, &[0, 0, 1, 0], 18).unwrap(), "256");
        for bytes in [&[0u8, 0, 1][..], &[0, 0, 1, 0, 0], &[]] {
            assert_eq!(show(&Type::Int4, bytes, 18), Err(Malformed));
        }
        assert_eq!(show(&Type::Jsonb, b"\x02{}", 18), Err(Malformed));
        assert_eq!(show(&Type::Opaque("xml".to_owned()), b"", 18), Err(Malformed));
    }

    #[test]
    fn nothing_panics_on_random_bytes() {
        let array = |inner: Type| Type::Array(inner.into());
        let types = [
            Type::Numeric,
            Type::Money,
            Type::Date,
            Type::Time,
            Type::Timetz,
            Type::Timestamptz,
            Type::Interval,
            Type::Inet { cidr: true },
            Type::Path,
            Type::Polygon,
            Type::Bit,
            Type::Snapshot,
            Type::Tsvector,
            array(Type::Int2),
            Type::Range(Type::Int4.into()),
            Type::Multirange(Type::Range(Type::Int4.into()).into()),
            Type::Composite(vec![]),
        ];
        let mut seed = 1u64;
        for round in 0..20_000 {
            let bytes: Vec<u8> = (0..round % 40)
                .map(|_| {
                    seed =
                        seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    // Small numbers and extremes are what gets far.
                    [0, 0, 0, 1, 2, 0xFF, 0x7F, (seed >> 40) as u8][(seed >> 59) as usize % 8]
                })
                .collect();
            for data_type in &types {
                let _ = show(data_type, &bytes, 12 + round % 7);
            }
        }
    }
}
