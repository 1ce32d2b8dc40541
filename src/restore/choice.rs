//! Which entries of an archive take part in a restore, and in which order their rows come. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::manifest::{Catalog, Entry, Missing};
use crate::selection::{Selection, SelectionError, is_relation};

/// What became of a catalog.
#[derive(Debug, Default)]
pub struct Taken {
    /// What the entries that take part need, and who needs it: the target has to have it.
    pub missing: Vec<Missing>,
    /// The schema `public` stays as the target has it: owner, comment, privileges.
    pub leaves_public: bool,
    /// The order of rows that foreign keys ask for, by number.
    pub row_order: HashMap<u32, usize>,
    /// Rows that wait for each other, since foreign keys lead around: by their labels.
    pub circles: Vec<String>,
}

/// Leaves out of `catalog` what `selection`, and the list of numbers if there is one, do not ask for.
///
/// # Errors
/// Names that nothing has.
pub fn choose(
    catalog: &mut Catalog,
    selection: &Selection,
    listed: Option<&[u32]>,
    database: &str,
) -> Result<Taken, SelectionError> {
    let mut taken = Taken::default();
    // Keys lead from table to table, also those that are left out.
    if selection.content.rows_only {
        (taken.row_order, taken.circles) = order_rows(catalog);
    }
    let part = selection.take(catalog, listed, database)?;
    Ok(Taken { missing: part.missing, leaves_public: part.leaves_public, ..taken })
}

/// Puts rows behind those that foreign keys lead to: the keys are on the target already. Where they lead around in a
/// circle, one of them is not heeded, and what it concerns is returned.
fn order_rows(catalog: &mut Catalog) -> (HashMap<u32, usize>, Vec<String>) {
    let kind = |id: u32| catalog.entries[id as usize - 1].kind.as_str();
    let mut partitions: HashMap<u32, Vec<u32>> = HashMap::new();
    let is_own = |entry: &Entry, id: u32| {
        let table = &catalog.entries[id as usize - 1];
        (&table.schema, &table.name) == (&entry.schema, &entry.name)
    };
    for entry in catalog.entries.iter().filter(|entry| entry.kind == "table_attach") {
        let tables = entry.deps.iter().copied().filter(|id| is_relation(kind(*id)));
        let (own, parents): (Vec<u32>, Vec<u32>) = tables.partition(|id| is_own(entry, *id));
        parents.iter().for_each(|parent| partitions.entry(*parent).or_default().extend(&own));
    }
    let rows_of: HashMap<u32, u32> = catalog
        .entries
        .iter()
        .filter(|entry| entry.kind == "table_data")
        .flat_map(|entry| entry.deps.iter().map(|dep| (*dep, entry.id)))
        .collect();
    let rows_below = |table: u32| -> Vec<u32> {
        let (mut all, mut next) = (vec![table], 0);
        while let Some(table) = all.get(next) {
            all.extend(partitions.get(table).into_iter().flatten());
            next += 1;
        }
        all.iter().filter_map(|table| rows_of.get(table).copied()).collect()
    };
    let mut after: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for entry in catalog.entries.iter().filter(|entry| entry.kind == "foreign_key") {
        let named = |id: &u32| {
            let table = &catalog.entries[*id as usize - 1];
            table.schema == entry.schema && Some(&table.name) == entry.table.as_ref()
        };
        // The key that it refers to depends on its table.
        let behind = entry.deps.iter().flat_map(|id| &catalog.entries[*id as usize - 1].deps);
        let tables: BTreeSet<u32> =
            entry.deps.iter().chain(behind).copied().filter(|id| kind(*id) == "table").collect();
        let (own, referenced): (Vec<u32>, Vec<u32>) = tables.into_iter().partition(named);
        let referenced: BTreeSet<u32> = referenced.into_iter().flat_map(rows_below).collect();
        for rows in own.into_iter().flat_map(rows_below) {
            after.entry(rows).or_default().extend(referenced.iter().filter(|id| **id != rows));
        }
    }
    let (mut circles, mut done) = (Vec::new(), BTreeSet::new());
    let mut order = Vec::new();
    for rows in after.keys() {
        visit(*rows, &after, &mut BTreeSet::new(), &mut done, &mut order, &mut |from, to| {
            let label = |id: u32| catalog.entries[id as usize - 1].label.clone();
            circles.push(format!("{} and {}", label(from), label(to)));
        });
    }
    // A dependency that stands behind in this order would be one of a circle.
    let place: HashMap<u32, usize> = order.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    for (rows, needed) in after {
        let needed = needed.into_iter().filter(|id| place.get(id) < place.get(&rows));
        catalog.entries[rows as usize - 1].deps.extend(needed);
    }
    (place, circles)
}

fn visit(
    id: u32,
    after: &BTreeMap<u32, BTreeSet<u32>>,
    open: &mut BTreeSet<u32>,
    done: &mut BTreeSet<u32>,
    order: &mut Vec<u32>,
    circle: &mut dyn FnMut(u32, u32),
) {
    if !done.insert(id) {
        return;
    }
    open.insert(id);
    for needed in after.get(&id).into_iter().flatten() {
        if open.contains(needed) {
            circle(id, *needed);
        } else {
            visit(*needed, after, open, done, order, circle);
        }
    }
    open.remove(&id);
    order.push(id);
}
