//! The gate grammar of `schema/catalog`: which lines of a query a server of some major gets.

use crate::version::Version;

/// What a selection wants of the catalog: relations and, apart from them, contents of schemas. The deparse functions
/// lock what they look at for a moment, so queries that call them do without the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Only {
    /// OIDs of relations.
    pub relations: Vec<u32>,
    /// OIDs of schemas.
    pub schemas: Vec<u32>,
}

impl Only {
    /// A query with the lists in their places.
    fn fill(&self, sql: &str) -> String {
        let list = |oids: &[u32]| {
            let oids: Vec<String> = oids.iter().map(u32::to_string).collect();
            format!("'{{{}}}'::oid[]", oids.join(","))
        };
        sql.replace("{relations}", &list(&self.relations)).replace("{schemas}", &list(&self.schemas))
    }
}

/// The query for this server and this selection.
pub fn selected(sql: &str, version: Version, superuser: bool, only: Option<&Only>) -> Option<String> {
    let marked = gated_lines(sql, version, superuser, only.is_some())?;
    Some(only.map_or_else(|| marked.clone(), |only| only.fill(&marked)))
}

/// The query for this server; `None` where the server's major has no such kind, or the role may not see it.
pub fn gated(sql: &str, version: Version, superuser: bool) -> Option<String> {
    gated_lines(sql, version, superuser, false)
}

fn gated_lines(sql: &str, version: Version, superuser: bool, selected: bool) -> Option<String> {
    let mut out = String::with_capacity(sql.len());
    for line in sql.lines() {
        let Some((text, gate)) = line.split_once("--@") else {
            out.push_str(line);
            out.push('\n');
            continue;
        };
        let (gate, of_selection) = match gate.trim().strip_suffix("selected") {
            Some(range) => (range.trim(), true),
            None => (gate.trim(), false),
        };
        if of_selection && !selected {
            continue;
        }
        match gate.strip_prefix("requires").map(str::trim) {
            Some("superuser") if !superuser => return None,
            Some("superuser") => {}
            Some(range) if !contains(range, version) => return None,
            Some(_) => {}
            None if gate.is_empty() || contains(gate, version) => {
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
    use super::{Only, gated, selected};
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
    fn a_selection_has_lines_of_its_own() {
        let sql = "select 1\nwhere oid = any ({relations}) --@ selected\n";
        let version = Version::from_num(180_000);
        assert_eq!(selected(sql, version, false, None).as_deref(), Some("select 1\n"));
        let only = Only { relations: vec![7, 9], schemas: Vec::new() };
        let text = selected(sql, version, false, Some(&only)).unwrap();
        assert_eq!(text, "select 1\nwhere oid = any ('{7,9}'::oid[])\n");
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
                let version = Version::from_num(u32::from(major) * 10_000);
                for only in [None, Some(&Only::default())] {
                    let text = selected(sql, version, true, only);
                    let whole = |text: String| {
                        text.contains("select") && !text.contains("--@") && !text.contains("{relations}")
                    };
                    assert!(text.is_none_or(whole), "{stem}");
                }
                // The server converts queries to the encoding of the database, comments too.
                assert!(sql.is_ascii(), "{stem}");
            }
        }
    }
}
