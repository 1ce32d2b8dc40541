//! Small tables that hang together with nothing but what is there before them: definition, rows and indexes of each go
//! to the server together. Pure.
//!
//! Nothing depends on this being right. An island that the server does not take, since a function in an index reads
//! a table that is still to come, is undone, and its entries run in the order of the archive.

use std::collections::HashMap;

use super::plan::Phases;
use super::units::Unit;
use crate::manifest::{Catalog, Entry, Pass, Section};

/// Kinds of which an island is made.
const KINDS: [&str; 10] = [
    "table",
    "table_attach",
    "sequence",
    "sequence_owned_by",
    "default",
    "table_data",
    "key",
    "index",
    "index_attach",
    "statistics_object",
];
/// Entries of an island, at most: one that fails is done twice.
const ENTRIES_MAX: usize = 100;
/// Raw bytes of its rows, at most. They are kept in memory.
const BYTES_MAX: u64 = 1 << 20;

/// Entries that run in one transaction: at least one table, its rows, indexes, keys and sequences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Island {
    /// Positions of the entries, in restore order.
    pub entries: Vec<usize>,
    /// Raw bytes of the rows.
    pub bytes: u64,
}

impl Island {
    /// Locks that its transaction takes: one for each relation, and a table may bring a TOAST table with an index.
    pub fn locks(&self, catalog: &Catalog) -> usize {
        let locks = |at: &usize| match catalog.entries[*at].kind.as_str() {
            "table" => 3,
            "sequence" | "key" | "index" => 1,
            _ => 0,
        };
        self.entries.iter().map(locks).sum()
    }
}

/// Where the islands of an archive lie.
#[derive(Clone, Debug, Default)]
pub struct Islands {
    /// Entries of the section pre-data that come before them, as positions in restore order.
    pub before: Vec<usize>,
    /// The islands, the largest first. They may come in any order.
    pub islands: Vec<Island>,
}

impl Islands {
    /// Finds them: tables that are linked by their dependencies are one, and it must depend on nothing else that
    /// depends on any.
    pub fn find(catalog: &Catalog, phases: &Phases, units: &[Unit]) -> Self {
        let groups = groups(catalog, units);
        let mut group_of: Vec<Option<usize>> = vec![None; catalog.entries.len()];
        for (number, group) in groups.iter().enumerate() {
            group.entries.iter().for_each(|&at| group_of[at] = Some(number));
        }
        // Entries are in restore order: what one depends on has been looked at before it.
        let mut waits = vec![false; catalog.entries.len()];
        for (at, entry) in catalog.entries.iter().enumerate() {
            waits[at] = group_of[at].is_some() || positions(entry).any(|dep| waits.get(dep) != Some(&false));
        }
        let is_early = |at: usize| !waits[at] && catalog.entries[at].section == Section::PreData;
        let mut islands: Vec<Island> = Vec::new();
        for group in groups {
            let mut kept: Vec<usize> = Vec::new();
            let whole = group.entries.iter().all(|&at| {
                let entry = &catalog.entries[at];
                let fits = positions(entry).all(|dep| kept.contains(&dep) || is_early(dep));
                if fits {
                    kept.push(at);
                }
                // What comes after the rows may also come later.
                fits || entry.section == Section::PostData
            });
            if whole {
                islands.push(Island { entries: kept, bytes: group.bytes });
            }
        }
        islands.sort_by_key(|island| std::cmp::Reverse(island.bytes));
        let before = phases.pre_data.iter().copied().filter(|&at| !waits[at]).collect();
        Self { before, islands }
    }
}

/// Positions of what an entry depends on.
fn positions(entry: &Entry) -> impl Iterator<Item = usize> + '_ {
    entry.deps.iter().map(|id| (*id as usize).wrapping_sub(1))
}

fn is_candidate(entry: &Entry) -> bool {
    !entry.left_out && entry.pass == Pass::Main && KINDS.contains(&entry.kind.as_str())
}

/// Entries that are linked by dependencies, where they are few and small and have a table.
fn groups(catalog: &Catalog, units: &[Unit]) -> Vec<Island> {
    let mut links: Vec<usize> = (0..catalog.entries.len()).collect();
    for (at, entry) in catalog.entries.iter().enumerate().filter(|(_, entry)| is_candidate(entry)) {
        for dep in positions(entry) {
            if catalog.entries.get(dep).is_some_and(is_candidate) {
                let (a, b) = (end(&mut links, at), end(&mut links, dep));
                links[a.max(b)] = a.min(b);
            }
        }
    }
    let mut bytes: HashMap<usize, u64> = HashMap::new();
    for unit in units {
        *bytes.entry((unit.entry as usize).wrapping_sub(1)).or_default() += unit.bytes;
    }
    let mut groups: HashMap<usize, Island> = HashMap::new();
    for (at, _) in catalog.entries.iter().enumerate().filter(|(_, entry)| is_candidate(entry)) {
        let group = groups.entry(end(&mut links, at)).or_default();
        group.entries.push(at);
        group.bytes += bytes.get(&at).copied().unwrap_or(0);
    }
    let mut groups: Vec<Island> = groups.into_values().filter(|group| is_island(group, catalog)).collect();
    groups.sort_by_key(|group| group.entries[0]);
    groups
}

/// The first entry that `at` is linked to. Links are shortened on the way.
fn end(links: &mut [usize], mut at: usize) -> usize {
    while links[at] != at {
        links[at] = links[links[at]];
        at = links[at];
    }
    at
}

fn is_island(group: &Island, catalog: &Catalog) -> bool {
    let mut entries = group.entries.iter().map(|&at| &catalog.entries[at]);
    group.entries.len() <= ENTRIES_MAX
        && group.bytes <= BYTES_MAX
        && entries.clone().any(|entry| entry.kind == "table")
        // Those rows may name the indexes of any table.
        && entries.all(|entry| !entry.data.as_ref().is_some_and(|data| data.after_indexes))
}

#[cfg(test)]
mod tests {
    use super::{Island, Islands};
    use crate::manifest::{Catalog, Entry};
    use crate::restore::plan::Phases;
    use crate::restore::units::Unit;

    fn entry((id, kind, section, deps): (u32, &str, &str, &[u32])) -> Entry {
        let json = serde_json::json!({
            "id": id, "kind": kind, "name": format!("n{id}"), "label": kind, "section": section, "deps": deps,
        });
        serde_json::from_value(json).unwrap()
    }

    /// The ids of what comes before, and those of each island.
    fn found(entries: &[(u32, &str, &str, &[u32])], bytes: &[(u32, u64)]) -> (Vec<usize>, Vec<Vec<usize>>) {
        let catalog = Catalog { entries: entries.iter().copied().map(entry).collect(), ..Catalog::default() };
        let units: Vec<Unit> =
            bytes.iter().map(|&(entry, bytes)| Unit { entry, bytes, ..Unit::default() }).collect();
        let Islands { before, islands } = Islands::find(&catalog, &Phases::of(&catalog), &units);
        let ids = |positions: Vec<usize>| positions.into_iter().map(|at| at + 1).collect::<Vec<usize>>();
        (ids(before), islands.into_iter().map(|Island { entries, .. }| ids(entries)).collect())
    }

    #[test]
    fn a_table_goes_with_its_sequence_rows_and_indexes() {
        let entries: [(u32, &str, &str, &[u32]); 12] = [
            (1, "schema", "pre-data", &[]),
            (2, "table", "pre-data", &[1]),
            (3, "table", "pre-data", &[1]),
            (4, "sequence", "pre-data", &[1]),
            (5, "default", "pre-data", &[2, 4]),
            (6, "view", "pre-data", &[1, 2]),
            (7, "table_data", "data", &[2]),
            (8, "table_data", "data", &[3]),
            (9, "key", "post-data", &[2]),
            (10, "index", "post-data", &[3]),
            (11, "foreign_key", "post-data", &[2, 3, 9]),
            (12, "trigger", "post-data", &[2]),
        ];
        let (before, islands) = found(&entries, &[(7, 10), (8, 20)]);
        assert_eq!((before, islands), (vec![1], vec![vec![3, 8, 10], vec![2, 4, 5, 7, 9]]));
    }

    #[test]
    fn what_is_large_comes_before() {
        let entries: [(u32, &str, &str, &[u32]); 4] = [
            (1, "table", "pre-data", &[]),
            (2, "table", "pre-data", &[]),
            (3, "table_data", "data", &[1]),
            (4, "index", "post-data", &[1]),
        ];
        assert_eq!(found(&entries, &[(3, 2 << 20)]), (vec![1], vec![vec![2]]));
    }

    #[test]
    fn what_depends_on_an_island_cannot_come_before_one() {
        // The second table needs a function of the first one's row type, the index of the third a function of it.
        let entries: [(u32, &str, &str, &[u32]); 7] = [
            (1, "table", "pre-data", &[]),
            (2, "function", "pre-data", &[1]),
            (3, "table", "pre-data", &[2]),
            (4, "table", "pre-data", &[]),
            (5, "index", "post-data", &[4]),
            (6, "index", "post-data", &[4, 2]),
            (7, "index_attach", "post-data", &[5, 6]),
        ];
        assert_eq!(found(&entries, &[]), (vec![], vec![vec![1], vec![4, 5]]));
    }

    #[test]
    fn rows_that_name_indexes_wait_for_them() {
        let mut rows = entry((2, "table_data", "data", &[1]));
        let data = serde_json::json!({"format": "text", "copy": "COPY t FROM STDIN", "after_indexes": true});
        rows.data = serde_json::from_value(data).unwrap();
        let entries = vec![entry((1, "table", "pre-data", &[])), rows];
        let catalog = Catalog { entries, ..Catalog::default() };
        let found = Islands::find(&catalog, &Phases::of(&catalog), &[]);
        assert!(found.islands.is_empty());
        assert_eq!(found.before, [0]);
    }
}
