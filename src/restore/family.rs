//! Tables that one statement locks together: a partitioned table or a parent with everything below it. Pure.
//!
//! A foreign key, and ANALYZE, take a lock on each of them and on their indexes. All else that a restore runs in one
//! transaction can be repeated one by one where the lock table is too small.

use std::collections::HashMap;

use crate::manifest::Catalog;
use crate::preflight::LockTable;

/// For each table: itself and its key (2.0 in all were seen for 100 partitions, on PostgreSQL 12 to 18).
const LOCKS_PER_TABLE: i64 = 2;

/// The locks of the largest family of `catalog`; none, where nothing has children.
pub fn locks(catalog: &Catalog) -> i64 {
    LOCKS_PER_TABLE * i64::try_from(largest(catalog)).unwrap_or(i64::MAX / LOCKS_PER_TABLE)
}

/// So many locks are no matter: the smallest batch of statements takes as many.
pub const FEW: i64 = 100;

/// How a message speaks of them.
pub fn words(locks: &LockTable) -> String {
    locks.words_of(&format!("{} locks for one table with its partitions or children", locks.tables))
}

/// The number of tables in the largest family.
fn largest(catalog: &Catalog) -> usize {
    let mut above: HashMap<u32, u32> = HashMap::new();
    let is_table = |id: &u32| {
        let entry = catalog.entries.get(*id as usize - 1);
        entry.is_some_and(|entry| matches!(entry.kind.as_str(), "table" | "foreign_table"))
    };
    for entry in catalog.entries.iter().filter(|entry| !entry.left_out) {
        let mut tables: Vec<u32> = entry.deps.iter().copied().filter(is_table).collect();
        match entry.kind.as_str() {
            "table_attach" => {}
            // Parents; the type of a typed table is none.
            "table" | "foreign_table" => tables.push(entry.id),
            _ => continue,
        }
        for pair in tables.windows(2) {
            let (one, other) = (head(&above, pair[0]), head(&above, pair[1]));
            // Parents come first, so most find the head in one step.
            if one != other {
                above.insert(one.max(other), one.min(other));
            }
        }
    }
    let mut sizes: HashMap<u32, usize> = HashMap::new();
    for &member in above.keys() {
        *sizes.entry(head(&above, member)).or_insert(1) += 1;
    }
    sizes.into_values().max().unwrap_or(0)
}

/// The table that stands for the family.
fn head(above: &HashMap<u32, u32>, mut table: u32) -> u32 {
    while let Some(&next) = above.get(&table) {
        table = next;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::largest;
    use crate::manifest::{Catalog, Entry};

    #[test]
    fn the_largest_family_is_found() {
        let entry = |(at, (kind, deps)): (usize, &(&str, &[u32]))| -> Entry {
            let json = serde_json::json!({
                "id": at + 1, "kind": kind, "name": "n", "label": kind, "section": "pre-data", "deps": deps,
            });
            serde_json::from_value(json).unwrap()
        };
        let of = |entries: &[(&str, &[u32])]| {
            largest(&Catalog {
                entries: entries.iter().enumerate().map(entry).collect(),
                ..Catalog::default()
            })
        };
        assert_eq!(of(&[("schema", &[]), ("table", &[1]), ("table", &[1])]), 0);
        // A schema; two partitions, one with a partition of its own; a parent with a child; a view on all.
        let entries: [(&str, &[u32]); 11] = [
            ("schema", &[]),
            ("table", &[1]),
            ("table", &[1]),
            ("table", &[1]),
            ("table", &[1]),
            ("table_attach", &[3, 2]),
            ("table_attach", &[4, 2]),
            ("table_attach", &[5, 4]),
            ("table", &[1]),
            ("table", &[1, 9]),
            ("view", &[2, 9, 10]),
        ];
        assert_eq!(of(&entries), 4);
    }
}
