//! float4 and float8: the shortest text that is read as the same number, as the server's `float_to_shortest_decimal`
//! (src/common/f2s.c, d2s.c) makes it.
//!
//! Rust prints the shortest text, too, but differs in two corners: it takes decimals that lie exactly between two
//! floats and are read as the even one, which the server leaves out; and of two decimals that are equally near it takes the
//! upper one, the server the even one. Both can be told exactly, so they are corrected here.

use super::text::push;

/// Appends a float8.
pub fn push_float8(value: f64, out: &mut Vec<u8>) {
    float(value, out);
}

/// Appends a float4.
pub fn push_float4(value: f32, out: &mut Vec<u8>) {
    float(value, out);
}

/// What float4 and float8 have in common.
trait Float: Copy + PartialEq + std::fmt::LowerExp + std::str::FromStr + Into<f64> {
    /// Numbers with an exponent below it are printed without one.
    const FIXED_BELOW: i32;

    /// (m, e, whether m is the smallest of that exponent): the magnitude is m × 2^e.
    fn parts(self) -> (u64, i32, bool);
}

impl Float for f64 {
    const FIXED_BELOW: i32 = 15;

    fn parts(self) -> (u64, i32, bool) {
        let bits = self.to_bits();
        let (fraction, exponent) = (bits & ((1 << 52) - 1), (bits >> 52 & 0x7FF) as i32);
        match exponent {
            0 => (fraction, -1074, false),
            _ => (fraction | 1 << 52, exponent - 1075, fraction == 0 && exponent > 1),
        }
    }
}

impl Float for f32 {
    const FIXED_BELOW: i32 = 6;

    fn parts(self) -> (u64, i32, bool) {
        let bits = self.to_bits();
        let (fraction, exponent) = (u64::from(bits & ((1 << 23) - 1)), (bits >> 23 & 0xFF) as i32);
        match exponent {
            0 => (fraction, -149, false),
            _ => (fraction | 1 << 23, exponent - 150, fraction == 0 && exponent > 1),
        }
    }
}

fn float<F: Float>(value: F, out: &mut Vec<u8>) {
    let wide: f64 = value.into();
    if wide.is_nan() {
        return out.extend(b"NaN");
    }
    if wide.is_sign_negative() {
        out.push(b'-');
    }
    if wide.is_infinite() {
        out.extend(b"Infinity");
    } else if wide == 0.0 {
        out.push(b'0');
    } else {
        push_decimal(shortest(value), F::FIXED_BELOW, out);
    }
}

/// digits × 10^exponent, without trailing zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Decimal {
    digits: u64,
    exponent: i32,
}

impl Decimal {
    fn new(mut digits: u64, mut exponent: i32) -> Self {
        while digits > 0 && digits.is_multiple_of(10) {
            digits /= 10;
            exponent += 1;
        }
        Self { digits, exponent }
    }

    /// From Rust's `1.25e-7`, the sign apart.
    fn parse(text: &str) -> Self {
        let (mut digits, mut exponent, mut point) = (0, 0, false);
        let (mantissa, written) = text.split_once('e').unwrap_or((text, "0"));
        for byte in mantissa.bytes() {
            match byte {
                b'.' => point = true,
                b'0'..=b'9' => {
                    digits = digits * 10 + u64::from(byte - b'0');
                    exponent -= i32::from(point);
                }
                _ => {}
            }
        }
        Self::new(digits, exponent + written.parse::<i32>().unwrap_or_default())
    }

    fn len(self) -> usize {
        self.digits.checked_ilog10().map_or(1, |log| log as usize + 1)
    }

    /// Whether it is n × 2^b, exactly.
    fn equals(self, n: u64, b: i32) -> bool {
        if self.digits == 0 || n == 0 {
            return false;
        }
        let (twos, n_twos) = (self.digits.trailing_zeros() as i32, n.trailing_zeros() as i32);
        if twos + self.exponent != n_twos + b {
            return false;
        }
        let (odd, n_odd) = (u128::from(self.digits >> twos), u128::from(n >> n_twos));
        let fives = 5u128.checked_pow(self.exponent.unsigned_abs());
        let (left, right) = if self.exponent >= 0 { (odd, n_odd) } else { (n_odd, odd) };
        fives.and_then(|fives| fives.checked_mul(left)) == Some(right)
    }

    /// Whether it is read as that number, and is not between it and another.
    fn is_within<F: Float>(self, value: F) -> bool {
        let same = |read: F| {
            let (read, value): (f64, f64) = (read.into(), value.into());
            read == value.abs()
        };
        let read = format!("{}e{}", self.digits, self.exponent).parse::<F>();
        read.is_ok_and(same) && !self.is_between(value)
    }

    /// Whether it is exactly in the middle between a number and one of its neighbours.
    fn is_between<F: Float>(self, value: F) -> bool {
        let (m, e, smallest) = value.parts();
        let below = if smallest { self.equals(4 * m - 1, e - 2) } else { self.equals(2 * m - 1, e - 1) };
        below || self.equals(2 * m + 1, e - 1)
    }
}

fn shortest<F: Float>(value: F) -> Decimal {
    let (m, e, _) = value.parts();
    let first = Decimal::parse(&format!("{value:e}"));
    // The number lies in the middle between two decimals: twice it is their sum.
    let in_middle = |digits: u64| Decimal { digits, exponent: first.exponent }.equals(m, e + 1);
    if first.digits % 2 == 1 {
        for (sum, other) in
            [(2 * first.digits - 1, first.digits - 1), (2 * first.digits + 1, first.digits + 1)]
        {
            let other = Decimal::new(other, first.exponent);
            if in_middle(sum) && other.is_within(value) {
                return other;
            }
        }
    }
    if !first.is_between(value) {
        return first;
    }
    let longer = |len: usize| Decimal::parse(&format!("{value:.len$e}"));
    (first.len()..17).map(longer).find(|decimal| decimal.is_within(value)).unwrap_or(first)
}

/// As printf's `%g` would write those digits: with an exponent of two digits at least, or without.
fn push_decimal(decimal: Decimal, fixed_below: i32, out: &mut Vec<u8>) {
    let digits = decimal.digits.to_string();
    let exponent = decimal.exponent + digits.len() as i32 - 1;
    if exponent >= fixed_below || exponent < -4 {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if exponent < 0 { '-' } else { '+' };
        return push(out, format_args!("{first}{point}{rest}e{sign}{:02}", exponent.abs()));
    }
    if exponent < 0 {
        out.extend(b"0.");
        out.extend(std::iter::repeat_n(b'0', exponent.unsigned_abs() as usize - 1));
        return out.extend(digits.as_bytes());
    }
    let integer = exponent as usize + 1;
    if digits.len() <= integer {
        out.extend(digits.as_bytes());
        out.extend(std::iter::repeat_n(b'0', integer - digits.len()));
    } else {
        push(out, format_args!("{}.{}", &digits[..integer], &digits[integer..]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float8(value: f64) -> String {
        let mut out = Vec::new();
        push_float8(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn float4(value: f32) -> String {
        let mut out = Vec::new();
        push_float4(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// What servers print.
    #[test]
    fn texts_are_those_of_the_server() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (0.1, "0.1"),
            (-1.5, "-1.5"),
            (100.0, "100"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (123_456_789_012_345.6, "123456789012345.6"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1e300, "1e+300"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
            // In the middle between two decimals: the even one.
            ((1u64 << 50) as f64 + 0.25, "1.1258999068426242e+15"),
            (5.684341886080802e-14, "5.684341886080802e-14"),
        ] {
            assert_eq!(float8(value), text);
        }
        for (value, text) in [
            (0.1, "0.1"),
            (999_999.0, "999999"),
            (1e6, "1e+06"),
            (16_777_216.0, "1.6777216e+07"),
            // In the middle between two floats: one more digit.
            (33_554_450.0, "3.3554448e+07"),
            (f32::MAX, "3.4028235e+38"),
            (f32::from_bits(1), "1e-45"),
        ] {
            assert_eq!(float4(value), text);
        }
    }

    #[test]
    fn texts_are_read_as_the_same_number() {
        let mut bits = 1u64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (wide, narrow) = (f64::from_bits(bits), f32::from_bits((bits >> 20) as u32));
            assert!(wide.is_nan() || float8(wide).parse() == Ok(wide), "{wide}");
            assert!(narrow.is_nan() || float4(narrow).parse() == Ok(narrow), "{narrow}");
        }
    }
}
