//! interval, `IntervalStyle` postgres.

use super::Malformed;
use super::cursor::Cursor;
use super::datetime::fraction;
use super::text::push;
use crate::version::Version;

/// Microseconds.
const SECOND: i64 = 1_000_000;

/// `interval_send`: microseconds, days, months.
pub fn interval(value: &mut Cursor<'_>, version: Version, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let (micros, days, months) = (value.i64()?, value.i32()?, value.i32()?);
    // Before 17 these are lengths like others.
    if version.at_least(17) {
        match (micros, days, months) {
            (i64::MAX, i32::MAX, i32::MAX) => return extend(out, b"infinity"),
            (i64::MIN, i32::MIN, i32::MIN) => return extend(out, b"-infinity"),
            _ => {}
        }
    }
    let start = out.len();
    // A positive part has a sign when the part before it is negative (`AddPostgresIntPart`).
    let mut negative = false;
    for (number, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] {
        if number != 0 {
            let space = if out.len() > start { " " } else { "" };
            let plus = if negative && number > 0 { "+" } else { "" };
            let plural = if number == 1 { "" } else { "s" };
            push(out, format_args!("{space}{plus}{number} {unit}{plural}"));
            negative = number < 0;
        }
    }
    if out.len() == start || micros != 0 {
        let space = if out.len() > start { " " } else { "" };
        let sign = match (micros < 0, negative) {
            (true, _) => "-",
            (false, true) => "+",
            (false, false) => "",
        };
        let seconds = (micros / SECOND).unsigned_abs();
        push(
            out,
            format_args!("{space}{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
        );
        fraction((micros % SECOND).unsigned_abs(), out);
    }
    Ok(())
}

fn extend(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Malformed> {
    out.extend(text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(micros: i64, days: i32, months: i32, major: u32) -> String {
        let bytes = [&micros.to_be_bytes()[..], &days.to_be_bytes(), &months.to_be_bytes()].concat();
        let mut out = Vec::new();
        interval(&mut Cursor::new(&bytes), Version::from_num(major * 10_000), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn signs_follow_negative_parts() {
        assert_eq!(show(0, 0, 0, 18), "00:00:00");
        assert_eq!(show(0, 1, 14, 18), "1 year 2 mons 1 day");
        assert_eq!(show(3_723_500_000, 2, -13, 18), "-1 years -1 mons +2 days 01:02:03.5");
        assert_eq!(show(1_000_000, -2, 1, 18), "1 mon -2 days +00:00:01");
        assert_eq!(show(-1, 0, 0, 18), "-00:00:00.000001");
        assert_eq!(show(i64::MAX, i32::MAX, i32::MAX, 17), "infinity");
        assert_eq!(
            show(i64::MAX, i32::MAX, i32::MAX, 16),
            "178956970 years 7 mons 2147483647 days 2562047788:00:54.775807"
        );
    }
}
