//! Differences, for people to read.

use std::collections::{BTreeMap, BTreeSet};

use similar::{ChangeTag, TextDiff};

use super::content::{Content, row_hashes};
use super::database::TestDatabase;
use super::oracle::oracle_dump;

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// A unified diff of two texts, without line ends; empty when they are equal.
pub fn diff(expected: &str, found: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(expected, found);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(CONTEXT) {
        if !lines.is_empty() {
            lines.push("…".to_owned());
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push(format!("{sign}{}", change.value().trim_end_matches('\n')));
        }
    }
    lines
}

/// One line per table, sequence or large object whose content differs; empty when all are equal.
pub fn content_diff(expected: &BTreeMap<String, Content>, found: &BTreeMap<String, Content>) -> Vec<String> {
    let keys: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    let mut lines = Vec::new();
    for key in keys {
        match (expected.get(key), found.get(key)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) if a.rows == b.rows => {
                lines.push(format!("{key}: content differs: {} instead of {}", b.hash, a.hash));
            }
            (Some(a), Some(b)) => lines.push(format!("{key}: {} rows instead of {}", b.rows, a.rows)),
            (Some(_), None) => lines.push(format!("{key}: missing")),
            (None, Some(_)) => lines.push(format!("{key}: was not in the source")),
            (None, None) => {}
        }
    }
    lines
}

/// What differs between two databases, in definitions and rows.
pub fn differences(expected: &TestDatabase, found: &TestDatabase) -> Vec<String> {
    let mut differences = diff(&oracle_dump(expected).unwrap(), &oracle_dump(found).unwrap());
    differences.extend(content_diff(&row_hashes(expected).unwrap(), &row_hashes(found).unwrap()));
    differences
}
