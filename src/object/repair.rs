//! What breaking dependency loops decided about objects: their DDL depends on it.

use std::collections::HashSet;

use super::id::CatalogId;

/// What breaking a loop decided about an object (ordering.md §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Repair {
    /// A default, constraint or view rule becomes a statement of its own.
    Separate,
    /// A view is first made as a dummy; its rule follows in post-data.
    Dummy,
    /// The definition moves to post-data.
    Postponed,
}

/// All repairs, by object. An object can have two: a default that is separate and postponed.
#[derive(Clone, Debug, Default)]
pub struct Repairs(HashSet<(CatalogId, Repair)>);

impl Repairs {
    /// Records a repair.
    pub fn insert(&mut self, id: CatalogId, repair: Repair) {
        self.0.insert((id, repair));
    }

    /// Whether `id` got this repair.
    pub fn has(&self, id: CatalogId, repair: Repair) -> bool {
        self.0.contains(&(id, repair))
    }
}
