//! Values of flags: sizes, times, labels, compression. Pure.

use std::time::Duration;

use clap::ValueEnum as _;
use pgark::nice::Limits;

use super::SectionName;

/// `512MB`, `1GiB`, `64k`, `1000000`: bytes. As in PostgreSQL, `MB` is 1024 × 1024.
pub fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let number: u64 = number.parse().map_err(|_| "a size such as 512MB is wanted".to_owned())?;
    let shift = match unit.to_ascii_lowercase().trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err(format!("`{unit}` is no unit: kB, MB, GB and TB are")),
    };
    number.checked_mul(1 << shift).ok_or_else(|| "too large".to_owned())
}

/// `30s`, `500ms`, `5min`, `2h`; a number alone is milliseconds, as for PostgreSQL's own timeouts.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let number: u64 = number.parse().map_err(|_| "a time such as 30s is wanted".to_owned())?;
    let factor = match unit {
        "" | "ms" => 1,
        "s" => 1000,
        "min" | "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("`{unit}` is no unit: ms, s, min and h are")),
    };
    number
        .checked_mul(factor)
        // The server's limit for such settings.
        .filter(|ms| (1..=i32::MAX as u64).contains(ms))
        .map(Duration::from_millis)
        .ok_or_else(|| "from 1ms to 24 days".to_owned())
}

/// `key=value`.
pub fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("key=value is wanted".to_owned()),
    }
}

/// The level in `zstd:3`, `zstd` or `3`.
pub fn level(text: &str) -> Result<i32, String> {
    let (method, level) = match text.split_once(':') {
        Some((method, level)) => (method, Some(level)),
        None if text.starts_with(|c: char| c.is_ascii_digit()) => ("zstd", Some(text)),
        None => (text, None),
    };
    let number = level.map(|level| level.trim_start_matches("level="));
    match (method, number.map_or(Ok(1), str::parse::<i32>)) {
        ("zstd", Ok(level @ 1..=19)) => Ok(level),
        ("none", _) | ("zstd", Ok(0)) => {
            Err("archives are always compressed, which also checks them; zstd:1 costs next to nothing".into())
        }
        ("zstd", _) => Err("levels go from zstd:1 to zstd:19".to_owned()),
        // What gives about the same size.
        ("gzip", _) => Err(format!("gzip is not offered: use zstd:{}", if level.is_some() { 5 } else { 3 })),
        ("lz4", _) => Err("lz4 is not offered: use zstd:1".to_owned()),
        _ => Err("zstd:1 to zstd:19 is wanted".to_owned()),
    }
}

/// A section that has definitions.
pub fn definitions_section(text: &str) -> Result<SectionName, String> {
    match SectionName::from_str(text, false) {
        Ok(SectionName::Data) => Err("rows are no definitions: pgark cat prints them".to_owned()),
        Ok(section) => Ok(section),
        Err(_) => Err("pre-data or post-data is wanted".to_owned()),
    }
}

/// pg_dump's `--restrict-key`.
pub fn restrict_key(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then(|| text.to_owned()).ok_or_else(|| "letters and digits are wanted".to_owned())
}

/// pg_dump's formats: there is one format here, so that those of archives are all the same.
pub fn archive_format(text: &str) -> Result<(), String> {
    match text {
        "c" | "custom" | "d" | "directory" | "t" | "tar" => Ok(()),
        "p" | "plain" => {
            Err("archives are no scripts: pgark schema ARCHIVE prints definitions as SQL, pgark cat rows"
                .into())
        }
        _ => Err("an archive has one format: leave -F out".to_owned()),
    }
}

/// `lag=30s,active=8,pause=10min`: those of `--nice`; what is left out is as usual.
pub fn nice(text: &str) -> Result<Limits, String> {
    let mut limits = Limits::default();
    for item in text.split(',').filter(|item| !item.trim().is_empty()) {
        let (name, value) = item.split_once('=').unwrap_or((item, ""));
        match name.trim() {
            "lag" => limits.lag = duration(value)?,
            "pause" => limits.pause = duration(value)?,
            "active" => {
                limits.active =
                    value.trim().parse().map_err(|_| "active=N: a number of sessions".to_owned())?;
            }
            other => return Err(format!("`{other}` is no limit: lag=TIME, active=N and pause=TIME are")),
        }
    }
    Ok(limits)
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_powers_of_1024() {
        assert_eq!(size("512MB"), Ok(512 << 20));
        assert_eq!(size("1GiB"), Ok(1 << 30));
        assert_eq!(size("64k"), Ok(65_536));
        assert_eq!(size("0"), Ok(0));
        for wrong in ["", "MB", "-1", "1.5GB", "3 apples", "99999999999TB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_without_a_unit_is_milliseconds() {
        assert_eq!(duration("1500"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("2 min"), Ok(Duration::from_secs(120)));
        for wrong in ["", "s", "0", "1d", "1000h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn compression_names_its_equivalent() {
        assert_eq!((level("zstd"), level("zstd:19"), level("7")), (Ok(1), Ok(19), Ok(7)));
        assert_eq!(level("zstd:level=3"), Ok(3));
        assert!(level("gzip:9").unwrap_err().contains("zstd:"));
        assert!(level("lz4").unwrap_err().contains("zstd:1"));
        assert!(level("none").unwrap_err().contains("always compressed"));
        for wrong in ["zstd:0", "zstd:20", "", "brotli"] {
            assert!(level(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn scripts_are_no_archives() {
        assert!(archive_format("c").is_ok() && archive_format("directory").is_ok());
        assert!(archive_format("p").unwrap_err().contains("pgark schema"));
        assert!(archive_format("x").is_err());
    }

    #[test]
    fn limits_that_are_left_out_are_the_usual_ones() {
        let usual = Limits::default();
        assert_eq!(nice(""), Ok(usual));
        assert_eq!(nice("active=0"), Ok(Limits { active: 0, ..usual }));
        let (lag, pause) = (Duration::from_secs(30), Duration::from_secs(3600));
        assert_eq!(nice("lag=30s, pause=1h"), Ok(Limits { lag, pause, ..usual }));
        for wrong in ["lag", "lag=soon", "active=-1", "active=", "more=1", "10s"] {
            assert!(nice(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn labels_may_hold_equal_signs() {
        assert_eq!(label("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(label("=b").is_err() && label("ab").is_err());
    }
}
