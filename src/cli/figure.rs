//! Sizes, rates, numbers and times as people read them. Pure.

use std::time::Duration;

/// `24.6 GiB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    // 1023.95 would print as 1024.0.
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// `24.6GiB`: one word, for key=value lines.
pub fn bytes_word(n: u64) -> String {
    bytes(n).replace(' ', "")
}

/// Bytes per second: `1.4 GiB/s`.
pub fn rate(n: u64, time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let per_second = if seconds > 0.0 { n as f64 / seconds } else { 0.0 };
    format!("{}/s", bytes(per_second as u64))
}

/// `1 204 551 208`.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// `1 table`, `187 tables`.
pub fn count(n: u64, what: &str) -> String {
    let plural = match what.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
        Some(stem) => format!("{stem}ies"),
        None if what.ends_with('x') || what.ends_with('s') => format!("{what}es"),
        None => format!("{what}s"),
    };
    format!("{} {}", number(n), if n == 1 { what } else { &plural })
}

/// How much smaller `stored` is: `3.9x`.
pub fn ratio(raw: u64, stored: u64) -> String {
    if stored == 0 { "-".to_owned() } else { format!("{:.1}x", raw as f64 / stored as f64) }
}

/// `0.42 s`, `59 s`, then `00:01:08`.
pub fn time(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.2} s", time.as_secs_f64()),
        10..60 => format!("{:.0} s", time.as_secs_f64().floor()),
        _ => clock(time),
    }
}

/// `00:01:08`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        assert_eq!(
            [bytes(0), bytes(1023), bytes(1024), bytes(1 << 20)],
            ["0 B", "1023 B", "1.0 KiB", "1.0 MiB"]
        );
        assert_eq!((bytes((1 << 30) - 1), bytes_word(26 << 30)), ("1.0 GiB".into(), "26.0GiB".into()));
        assert_eq!(bytes(u64::MAX), "16.0 EiB");
        assert_eq!([number(0), number(1000), number(1_204_551_208)], ["0", "1 000", "1 204 551 208"]);
        assert_eq!(
            [count(1, "table"), count(2, "index"), count(0, "entry")],
            ["1 table", "2 indexes", "0 entries"]
        );
        assert_eq!(rate(1 << 30, Duration::ZERO), "0 B/s");
        assert_eq!((ratio(39, 10), ratio(1, 0)), ("3.9x".into(), "-".into()));
        assert_eq!(time(Duration::from_millis(420)), "0.42 s");
        assert_eq!(time(Duration::from_millis(59_999)), "59 s");
        assert_eq!(time(Duration::from_secs(3668)), "01:01:08");
    }
}
