//! What is in a database's tables, sequences and large objects, small enough to compare.

use std::collections::BTreeMap;

use super::database::TestDatabase;

/// The content of one table, sequence or large object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Rows; 1 for a sequence or a large object.
    pub rows: u64,
    /// Two sums of 64-bit hashes over the rows' text, whatever their order; a sequence's state; a large
    /// object's MD5, owner and privileges.
    pub hash: String,
}

/// Statements that print `key|rows|hash`; the demo runs them too.
const QUERIES: &str = include_str!("content.sql");

/// The content of every ordinary table, materialized view, sequence and large object, by `kind name`.
pub fn row_hashes(database: &TestDatabase) -> Result<BTreeMap<String, Content>, String> {
    let text = database.try_sql(QUERIES)?;
    let mut contents = BTreeMap::new();
    // A name may hold `|` or a line break, the numbers behind it never do: read from the end.
    let mut pending = String::new();
    for line in text.lines() {
        pending.push_str(line);
        let mut fields = pending.rsplitn(3, '|');
        if let (Some(hash), Some(Ok(rows)), Some(key)) =
            (fields.next(), fields.next().map(str::parse), fields.next())
        {
            contents.insert(key.to_owned(), Content { rows, hash: hash.to_owned() });
            pending.clear();
        } else {
            pending.push('\n');
        }
    }
    if pending.is_empty() { Ok(contents) } else { Err(format!("cannot read row hashes: {pending:?}")) }
}
