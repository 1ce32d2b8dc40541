//! What is sorted: nodes with a kind, a name and dependencies.

use std::collections::HashMap;

use crate::object::{CatalogId, Kind};

/// Position of a node in the list given to the sort.
pub type NodeIndex = usize;

/// An object, as far as order is concerned.
#[derive(Clone, Debug)]
pub struct Node {
    /// Which object.
    pub id: CatalogId,
    /// Its kind: decides precedence and which repair fits.
    pub kind: Kind,
    /// Its place among its kind.
    pub key: SortKey,
    /// What has to come first. Duplicates are allowed, edges to oneself are dropped.
    pub deps: Vec<NodeIndex>,
    /// How messages name it.
    pub label: String,
}

/// The initial sort within a kind (ordering.md §5): objects without a schema after those with one, then names,
/// then tie-breaks, all bytewise; the OID last, which should never decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SortKey {
    /// Schema.
    pub schema: Option<String>,
    /// Name.
    pub name: String,
    /// Natural tie-breaks: argument types, table name, column number.
    pub ties: Vec<String>,
    /// OID in the source.
    pub oid: u32,
}

/// What breaking a loop decided about an object (ordering.md §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Repair {
    /// A default or constraint becomes a statement of its own.
    Separate,
    /// A view is first made as a dummy; its rule follows in post-data.
    Dummy,
    /// The definition moves to post-data.
    Postponed,
}

/// All repairs, by object.
#[derive(Clone, Debug, Default)]
pub struct Repairs(HashMap<CatalogId, Repair>);

impl Repairs {
    /// Records a repair.
    pub fn insert(&mut self, id: CatalogId, repair: Repair) {
        self.0.insert(id, repair);
    }

    /// Whether `id` got this repair.
    pub fn has(&self, id: CatalogId, repair: Repair) -> bool {
        self.0.get(&id) == Some(&repair)
    }
}
