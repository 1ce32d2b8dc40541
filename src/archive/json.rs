//! JSON records: bounded depth, then types; and the feature names of BEGIN.

use serde::de::DeserializeOwned;

use super::format::FormatError;
use crate::manifest::Begin;

/// Nesting deeper than this is refused before it is parsed.
const DEPTH_MAX: usize = 64;

/// Parses the payload of a JSON record. Nesting is bounded.
///
/// # Errors
/// When it is not JSON of this shape.
pub fn parse_json<T: DeserializeOwned>(raw: &[u8]) -> Result<T, FormatError> {
    if depth(raw) > DEPTH_MAX {
        return Err(FormatError::Rule("the JSON of the record is nested too deeply"));
    }
    serde_json::from_slice(raw).map_err(|error| FormatError::Json(error.to_string()))
}

/// The deepest nesting of arrays and objects.
fn depth(raw: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    let mut at = 0;
    while let Some(byte) = raw.get(at) {
        at += 1;
        match byte {
            b'"' => at = text_end(raw, at),
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Behind the closing quotation mark of the text that begins at `at`.
fn text_end(raw: &[u8], mut at: usize) -> usize {
    while let Some(found) = raw.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        if raw[at - 1] == b'"' {
            return at;
        }
        // What is escaped ends nothing.
        at += 1;
    }
    raw.len()
}

/// What a reader wants to do with an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// List, verify, print.
    Read,
    /// Write it into a database.
    Restore,
}

/// Refuses an archive with features that this version does not know. Format 1 defines none.
///
/// # Errors
/// With the first such feature.
pub fn check_features(begin: &Begin, purpose: Use) -> Result<(), super::Error> {
    let restore = begin.features.restore_compat.first().filter(|_| purpose == Use::Restore);
    match begin.features.incompat.first().or(restore) {
        None => Ok(()),
        Some(name) => Err(super::Error::UnknownFeature { name: name.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_ignores_text() {
        assert_eq!(depth(br#"{"a": ["[[[", "\"[["], "b": {}}"#), 2);
        assert_eq!(depth(b"1"), 0);
        let deep = ["[".repeat(65), "]".repeat(65)].concat();
        assert!(parse_json::<serde_json::Value>(deep.as_bytes()).is_err());
        assert!(parse_json::<serde_json::Value>(&deep.as_bytes()[1..129]).is_ok());
    }

    #[test]
    fn unknown_features_are_refused_where_they_matter() {
        let mut begin = Begin::default();
        begin.features.compat.push("x".into());
        begin.features.restore_compat.push("y".into());
        assert!(check_features(&begin, Use::Read).is_ok());
        assert!(check_features(&begin, Use::Restore).is_err());
        begin.features.incompat.push("z".into());
        assert!(check_features(&begin, Use::Read).is_err());
    }
}
