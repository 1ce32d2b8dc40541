//! date, time, timestamp, with and without time zone; ISO, UTC (documentation: "Date/Time Output").

use super::text::push;

/// Days from 0000-03-01 to 2000-01-01, the epoch of PostgreSQL.
const EPOCH: i64 = 730_425;
/// Microseconds.
const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Days since 2000-01-01.
pub fn date(days: i32, out: &mut Vec<u8>) {
    match days {
        i32::MAX => out.extend(b"infinity"),
        i32::MIN => out.extend(b"-infinity"),
        _ => {
            let before_christ = calendar(days.into(), out);
            out.extend(before_christ);
        }
    }
}

/// Microseconds since 2000-01-01.
pub fn timestamp(micros: i64, zoned: bool, out: &mut Vec<u8>) {
    match micros {
        i64::MAX => out.extend(b"infinity"),
        i64::MIN => out.extend(b"-infinity"),
        _ => {
            let before_christ = calendar(micros.div_euclid(DAY), out);
            out.push(b' ');
            time(micros.rem_euclid(DAY), out);
            if zoned {
                zone(0, out);
            }
            out.extend(before_christ);
        }
    }
}

/// Microseconds since midnight.
pub fn time(micros: i64, out: &mut Vec<u8>) {
    let seconds = micros / SECOND;
    push(out, format_args!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    fraction((micros % SECOND).unsigned_abs(), out);
}

/// The decimals of a second, without trailing zeros.
pub fn fraction(micros: u64, out: &mut Vec<u8>) {
    if micros != 0 {
        push(out, format_args!(".{micros:06}"));
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
}

/// A time zone, in seconds west of Greenwich.
pub fn zone(west: i32, out: &mut Vec<u8>) {
    let (sign, seconds) = (if west <= 0 { '+' } else { '-' }, west.unsigned_abs());
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    push(out, format_args!("{sign}{hours:02}"));
    if minutes != 0 || seconds != 0 {
        push(out, format_args!(":{minutes:02}"));
    }
    if seconds != 0 {
        push(out, format_args!(":{seconds:02}"));
    }
}

/// Appends year, month and day of the Gregorian calendar, and returns what stands at the end of years before Christ.
fn calendar(days: i64, out: &mut Vec<u8>) -> &'static [u8] {
    // Years begin in March here, so that leap days are last; 400 years are 146,097 days
    // (https://howardhinnant.github.io/date_algorithms.html).
    let days = days + EPOCH;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    // There is no year 0.
    let shown = if year > 0 { year } else { 1 - year };
    push(out, format_args!("{shown:04}-{month:02}-{day:02}"));
    if year > 0 { b"" } else { b" BC" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(print: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        print(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, text) in [
            (0, "2000-01-01"),
            (59, "2000-02-29"),
            (-1, "1999-12-31"),
            (-730_119, "0001-01-01"),
            (-730_120, "0001-12-31 BC"),
            (-2_451_545, "4714-11-24 BC"),
            (2_145_031_948, "5874897-12-31"),
            (i32::MAX, "infinity"),
        ] {
            assert_eq!(show(|out| date(days, out)), text);
        }
    }

    #[test]
    fn instants_have_fractions_zones_and_eras() {
        assert_eq!(show(|out| timestamp(-1, false, out)), "1999-12-31 23:59:59.999999");
        assert_eq!(show(|out| timestamp(1_500_000, true, out)), "2000-01-01 00:00:01.5+00");
        assert_eq!(show(|out| timestamp(-211_813_488_000_000_000, true, out)), "4714-11-24 00:00:00+00 BC");
        assert_eq!(show(|out| timestamp(i64::MIN, true, out)), "-infinity");
        assert_eq!(show(|out| time(DAY, out)), "24:00:00");
        assert_eq!(show(|out| zone(-19_800, out)), "+05:30");
        assert_eq!(show(|out| zone(3601, out)), "-01:00:01");
    }
}
