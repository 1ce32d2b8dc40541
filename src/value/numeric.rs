//! numeric and money.

use super::Malformed;
use super::cursor::Cursor;
use super::text::push;

/// Each digit of the binary form stands for four decimal ones (`DEC_DIGITS`).
const WIDTH: usize = 4;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;

/// `numeric_send`: the number of digits, the weight of the first one (10000^weight), the sign, the number of decimals to
/// show, the digits.
pub fn numeric(value: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let (count, weight, sign, scale) = (value.u16()?, value.i16()?, value.u16()?, value.u16()?);
    let digits: Vec<u16> = (0..count).map(|_| value.u16()).collect::<Result<_, _>>()?;
    if digits.iter().any(|digit| *digit > 9999) {
        return Err(Malformed);
    }
    match sign {
        0 => {}
        NEGATIVE => out.push(b'-'),
        NAN => return out_of(b"NaN", out),
        INFINITY => return out_of(b"Infinity", out),
        NEGATIVE_INFINITY => return out_of(b"-Infinity", out),
        _ => return Err(Malformed),
    }
    // The digit that stands for 10000^power.
    let digit = |power: i32| {
        let at = usize::try_from(i32::from(weight) - power).ok();
        at.and_then(|at| digits.get(at)).copied().unwrap_or(0)
    };
    let start = out.len();
    for power in (0..=i32::from(weight)).rev() {
        if out.len() == start {
            // Leading zeros are left out.
            if digit(power) > 0 {
                push(out, format_args!("{}", digit(power)));
            }
        } else {
            push(out, format_args!("{:04}", digit(power)));
        }
    }
    if out.len() == start {
        out.push(b'0');
    }
    let scale = usize::from(scale);
    if scale > 0 {
        out.push(b'.');
        let end = out.len() + scale;
        for group in 1..=scale.div_ceil(WIDTH) {
            push(out, format_args!("{:04}", digit(-(group as i32))));
        }
        out.truncate(end);
    }
    Ok(())
}

fn out_of(text: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    out.extend(text);
    Ok(())
}

/// money, in cents, in the C locale.
pub fn money(cents: i64, out: &mut Vec<u8>) {
    if cents < 0 {
        out.push(b'-');
    }
    out.push(b'$');
    let whole = (cents.unsigned_abs() / 100).to_string();
    for (at, digit) in whole.bytes().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(b',');
        }
        out.push(digit);
    }
    push(out, format_args!(".{:02}", cents.unsigned_abs() % 100));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(count: u16, weight: i16, sign: u16, scale: u16, digits: &[u16]) -> String {
        let head = [count, weight as u16, sign, scale];
        let bytes: Vec<u8> = head.iter().chain(digits).flat_map(|part| part.to_be_bytes()).collect();
        let mut out = Vec::new();
        numeric(&mut Cursor::new(&bytes), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn digits_have_their_places() {
        assert_eq!(show(0, 0, 0, 0, &[]), "0");
        assert_eq!(show(0, 0, 0, 3, &[]), "0.000");
        assert_eq!(show(2, 1, 0, 0, &[12, 34]), "120034");
        assert_eq!(show(1, 2, NEGATIVE, 0, &[5]), "-500000000");
        assert_eq!(show(2, 0, 0, 3, &[7, 1000]), "7.100");
        assert_eq!(show(1, -2, 0, 6, &[1200]), "0.000012");
        assert_eq!(show(0, 0, NAN, 0, &[]), "NaN");
        assert_eq!(show(0, 0, NEGATIVE_INFINITY, 0, &[]), "-Infinity");
    }

    #[test]
    fn money_has_groups_and_cents() {
        for (cents, text) in [
            (0, "$0.00"),
            (5, "$0.05"),
            (-123_456, "-$1,234.56"),
            (99_999_900, "$999,999.00"),
            (i64::MIN, "-$92,233,720,368,547,758.08"),
        ] {
            let mut out = Vec::new();
            money(cents, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
