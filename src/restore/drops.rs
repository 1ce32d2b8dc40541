//! `-c`: what is dropped before it is made, and in which order. Pure (ordering.md §14).

use super::ddl::Work;
use super::plan::Omit;
use crate::manifest::{Catalog, Pass};
use crate::sql::Sql;

/// What removes the entries that take part: the last one first, so that what needs others goes before them. What is made
/// of privileges is left alone when they are.
pub fn drops(catalog: &Catalog, omit: Omit) -> Vec<Work> {
    let entries = catalog.entries.iter().rev();
    let dropped = entries
        .filter(|entry| !entry.left_out && !entry.drop.is_empty())
        .filter(|entry| !(entry.pass == Pass::Acl && omit.privileges));
    dropped
        .map(|entry| Work {
            id: entry.id,
            label: entry.label.clone(),
            sql: entry.drop.iter().map(Sql::render).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::drops;
    use crate::manifest::{Catalog, Entry};
    use crate::restore::plan::Omit;

    #[test]
    fn what_was_made_last_goes_first() {
        let entry = |id: u32, pass: &str, drop: &[&str]| -> Entry {
            let json = serde_json::json!({
                "id": id, "kind": "table", "name": "t", "label": format!("t {id}"), "section": "pre-data",
                "pass": pass, "drop": drop,
            });
            serde_json::from_value(json).unwrap()
        };
        let mut entries = vec![
            entry(1, "main", &["DROP TABLE IF EXISTS t"]),
            entry(2, "main", &[]),
            entry(3, "main", &["DROP INDEX IF EXISTS i"]),
            entry(4, "acl", &["ALTER DEFAULT PRIVILEGES"]),
            entry(5, "main", &["DROP TABLE IF EXISTS u"]),
        ];
        entries[4].left_out = true;
        let catalog = Catalog { entries, ..Catalog::default() };
        let ids = |privileges| {
            let works = drops(&catalog, Omit { privileges, ..Omit::default() });
            works.iter().map(|work| work.id).collect::<Vec<_>>()
        };
        assert_eq!((ids(false), ids(true)), (vec![4, 3, 1], vec![3, 1]));
    }
}
