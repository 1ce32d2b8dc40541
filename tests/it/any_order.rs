//! Entries of post-data in the order that is furthest from the archive's and still keeps to their dependencies.
//!
//! A restore runs them in parallel, so one that does not name all it needs fails only now and then. Here it always does.

use std::collections::BTreeSet;

use pgark::manifest::{Catalog, Entry, Pass, Section};

use crate::support::TestDatabase;

/// Makes what is in CATALOG, without rows; `empty` gives the database for it.
pub fn replay_last_first(catalog: &[u8], empty: impl FnOnce() -> TestDatabase) -> Result<(), String> {
    let catalog: Catalog = serde_json::from_slice(catalog).map_err(|error| error.to_string())?;
    let is_free = |entry: &&Entry| entry.section == Section::PostData && entry.pass == Pass::Main;
    if catalog.entries.iter().filter(is_free).count() < 2 {
        return Ok(());
    }
    let mut script = "set search_path = ''; set check_function_bodies = off;\n".to_owned();
    for entry in last_first(&catalog.entries).into_iter().filter(|entry| entry.pass == Pass::Main) {
        entry.ddl.iter().for_each(|sql| script.push_str(&format!("{};\n", sql.render())));
    }
    empty().try_sql(&script).map(drop).map_err(|error| format!("an entry lacks a dependency:\n{error}"))
}

/// All entries: those before the rows as they come, then always the last one that has everything it depends on.
fn last_first(entries: &[Entry]) -> Vec<&Entry> {
    let (mut order, mut done) = (Vec::new(), BTreeSet::new());
    let (mut late, early): (Vec<&Entry>, Vec<&Entry>) =
        entries.iter().partition(|entry| entry.section == Section::PostData);
    done.extend(early.iter().map(|entry| entry.id));
    order.extend(early);
    while let Some(at) = late.iter().rposition(|entry| entry.deps.iter().all(|dep| done.contains(dep))) {
        done.insert(late[at].id);
        order.push(late.remove(at));
    }
    order
}

#[test]
fn what_is_free_goes_backwards() {
    let entry = |id: u32, section: &str, deps: &[u32]| -> Entry {
        let json = serde_json::json!({
            "id": id, "kind": "k", "name": "n", "label": "l", "section": section, "deps": deps,
        });
        serde_json::from_value(json).unwrap()
    };
    let entries = [
        entry(1, "pre-data", &[]),
        entry(2, "pre-data", &[1]),
        entry(3, "post-data", &[1]),
        entry(4, "post-data", &[3]),
        entry(5, "post-data", &[2]),
    ];
    let ids: Vec<u32> = last_first(&entries).iter().map(|entry| entry.id).collect();
    assert_eq!(ids, [1, 2, 5, 3, 4]);
}
