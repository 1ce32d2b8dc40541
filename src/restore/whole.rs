//! `-1`: everything in one transaction. Pure: how many locks that is.

use super::standing::stands;
use crate::manifest::{Catalog, Entry, Section};

/// Locks of a table that is there and gets rows, at least: itself and an index.
const STANDING: i64 = 2;

/// Locks that rows of these entries take until the end, where the tables are there already.
pub fn locks_of_rows<'a>(catalog: &Catalog, entries: impl Iterator<Item = &'a Entry>) -> i64 {
    entries.map(|entry| if stands(catalog, entry) { STANDING } else { 0 }).sum()
}

/// Locks that making the entries takes until the end: a table with its TOAST table and the index of that, anything else
/// itself, since owner and comment are given under a lock of it (get_object_address of objectaddress.c).
pub fn locks(catalog: &Catalog) -> i64 {
    let entries = catalog.entries.iter().filter(|entry| !entry.left_out);
    let rows = locks_of_rows(catalog, entries.clone());
    let locks = entries.map(|entry| match (entry.kind.as_str(), entry.section) {
        ("table" | "materialized_view", _) => 3,
        ("large_object", _) => i64::from(entry.owner_sql.is_some() || !entry.comments.is_empty()),
        (_, Section::Data) => 0,
        _ => 1,
    });
    rows + locks.sum::<i64>()
}

#[cfg(test)]
mod tests {
    use super::locks;
    use crate::manifest::{Catalog, Entry};

    #[test]
    fn tables_count_three_times_and_rows_only_without_them() {
        let entry = |kind: &str, section: &str| -> Entry {
            let json = serde_json::json!({
                "id": 1, "kind": kind, "name": "n", "label": kind, "section": section,
            });
            serde_json::from_value(json).unwrap()
        };
        let mut made = entry("table_data", "data");
        made.deps = vec![1];
        let standing = Catalog { entries: vec![entry("table_data", "data")], ..Catalog::default() };
        assert_eq!(locks(&standing), 2);
        let mut owned = entry("large_object", "data");
        owned.owner_sql = Some("ALTER LARGE OBJECT 1 OWNER TO x".to_owned().into());
        let mut left_out = entry("table", "pre-data");
        left_out.left_out = true;
        let entries = vec![
            entry("table", "pre-data"),
            made,
            entry("index", "post-data"),
            entry("large_object", "data"),
            owned,
            left_out,
        ];
        assert_eq!(locks(&Catalog { entries, ..Catalog::default() }), 5);
    }
}
