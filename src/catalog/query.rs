//! The gate grammar of `schema/catalog`: which lines of a query a server of some major gets.

use crate::version::Version;

/// The query for this server; `None` where the server's major has no such kind, or the role may not see it.
pub fn gated(sql: &str, version: Version, superuser: bool) -> Option<String> {
    let mut out = String::with_capacity(sql.len());
    for line in sql.lines() {
        let Some((text, gate)) = line.split_once("--@") else {
            out.push_str(line);
            out.push('\n');
            continue;
        };
        match gate.trim().strip_prefix("requires").map(str::trim) {
            Some("superuser") if !superuser => return None,
            Some("superuser") => {}
            Some(range) if !contains(range, version) => return None,
            Some(_) => {}
            None if contains(gate.trim(), version) => {
                out.push_str(text.trim_end());
                out.push('\n');
            }
            None => {}
        }
    }
    Some(out)
}

/// `17..`, `15..16`, `..13`: both ends included.
fn contains(range: &str, version: Version) -> bool {
    let (from, to) = range.split_once("..").expect("invariant: a gate is a range; a test reads all of them");
    let bound = |text: &str, open: u16| match text {
        "" => open,
        major => major.parse().expect("invariant: a gate's bound is a major; a test reads all of them"),
    };
    (bound(from, 0)..=bound(to, u16::MAX)).contains(&version.major())
}

#[cfg(test)]
mod tests {
    use super::gated;
    use crate::object::QUERIES;
    use crate::version::{MAJOR_MAX, MAJOR_MIN, Version};

    #[test]
    fn lines_are_kept_by_major() {
        let sql = "select 1 as a\n, 2 as b --@ 14..\n, 3 as c --@ 13..15\n, 4 as d --@ ..12\n";
        let at = |major: u32| gated(sql, Version::from_num(major * 10_000), false);
        assert_eq!(at(12).as_deref(), Some("select 1 as a\n, 4 as d\n"));
        assert_eq!(at(13).as_deref(), Some("select 1 as a\n, 3 as c\n"));
        assert_eq!(at(15).as_deref(), Some("select 1 as a\n, 2 as b\n, 3 as c\n"));
        assert_eq!(at(18).as_deref(), Some("select 1 as a\n, 2 as b\n"));
    }

    #[test]
    fn a_kind_may_need_a_major() {
        let sql = "--@ requires 18..\nselect 1\n";
        assert_eq!(gated(sql, Version::from_num(170_000), true), None);
        assert_eq!(gated(sql, Version::from_num(180_000), true).as_deref(), Some("select 1\n"));
    }

    #[test]
    fn a_kind_may_need_a_superuser() {
        let sql = "--@ requires superuser\nselect 1\n";
        assert_eq!(gated(sql, Version::from_num(180_000), false), None);
        assert_eq!(gated(sql, Version::from_num(120_000), true).as_deref(), Some("select 1\n"));
    }

    #[test]
    fn every_gate_of_every_query_can_be_read() {
        for (stem, sql) in QUERIES {
            for major in MAJOR_MIN..=MAJOR_MAX {
                let text = gated(sql, Version::from_num(u32::from(major) * 10_000), true);
                assert!(text.is_none_or(|text| text.contains("select") && !text.contains("--@")), "{stem}");
                // The server converts queries to the encoding of the database, comments too.
                assert!(sql.is_ascii(), "{stem}");
            }
        }
    }
}
