//! Which tables the statements of entries lock, so that no two of them meet. Pure (ordering.md §12).

use std::collections::{BTreeSet, HashMap};

use crate::manifest::{Catalog, Entry};

/// Which tables the statements of entries lock.
pub struct Locks<'a> {
    catalog: &'a Catalog,
    /// By the id of a table's entry: the tables it inherits from, or is a partition of.
    parents: HashMap<u32, Vec<u32>>,
}

impl<'a> Locks<'a> {
    /// Of the entries of `catalog`.
    pub fn new(catalog: &'a Catalog) -> Self {
        let mut parents: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut locks = Self { catalog, parents: HashMap::new() };
        for entry in &catalog.entries {
            let tables = entry.deps.iter().copied().filter(|id| locks.is_table(*id));
            match entry.kind.as_str() {
                kind if is_table(kind) => parents.entry(entry.id).or_default().extend(tables),
                "table_attach" => {
                    let is_child = |id: &u32| {
                        let table = &catalog.entries[*id as usize - 1];
                        (&table.schema, &table.name) == (&entry.schema, &entry.name)
                    };
                    let (child, parent): (Vec<u32>, Vec<u32>) = tables.partition(is_child);
                    child.iter().for_each(|id| parents.entry(*id).or_default().extend(&parent));
                }
                _ => {}
            }
        }
        locks.parents = parents;
        locks
    }

    fn is_table(&self, id: u32) -> bool {
        self.catalog.entries.get(id as usize - 1).is_some_and(|entry| is_table(&entry.kind))
    }

    /// All that the tables inherit from.
    pub fn above(&self, mut tables: Vec<u32>) -> BTreeSet<u32> {
        let mut above = BTreeSet::new();
        while let Some(id) = tables.pop() {
            for parent in self.parents.get(&id).into_iter().flatten() {
                if above.insert(*parent) {
                    tables.push(*parent);
                }
            }
        }
        above
    }

    /// Exclusive and shared. A statement on a partitioned table or a parent may go on to its children: whoever works
    /// on a child therefore shares the parents, so the two are never at it together.
    pub fn of(&self, entry: &Entry) -> (Vec<usize>, Vec<usize>) {
        let mut tables = BTreeSet::new();
        for dep in &entry.deps {
            let Some(dep) = self.catalog.entries.get(*dep as usize - 1) else { continue };
            match dep.kind.as_str() {
                "materialized_view" | "view" => drop(tables.insert(dep.id)),
                kind if is_table(kind) => drop(tables.insert(dep.id)),
                // A foreign key depends on the key that it refers to, and locks the key's table.
                _ => tables.extend(dep.deps.iter().copied().filter(|id| self.is_table(*id))),
            }
        }
        let mut above = self.above(tables.iter().copied().collect());
        if entry.kind == "domain_check" {
            // It takes SHARE, one after the other, on the tables that hold the domain.
            above.extend(
                self.catalog.entries.iter().filter(|entry| is_table(&entry.kind)).map(|entry| entry.id),
            );
        }
        let ids = |set: BTreeSet<u32>| set.into_iter().map(|id| id as usize).collect::<Vec<usize>>();
        if entry.kind == "index" && entry.ddl.len() == 1 {
            // CREATE INDEX takes SHARE: several on one table run at once. With CLUSTER ON or REPLICA IDENTITY behind
            // it the transaction would want more, and two of them would wait for each other.
            above.extend(tables);
            return (Vec::new(), ids(above));
        }
        (ids(tables), ids(above))
    }
}

/// Tables inherit from each other, foreign ones too.
fn is_table(kind: &str) -> bool {
    matches!(kind, "table" | "foreign_table")
}
