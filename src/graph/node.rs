//! What is sorted: nodes with a kind, a name and dependencies.

use crate::object::{CatalogId, Kind};

/// Position of a node in the list given to the sort.
pub type NodeIndex = usize;

/// An object, as far as order is concerned.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// Which object.
    pub id: CatalogId,
    /// Its kind: decides precedence and which repair fits.
    pub kind: Kind,
    /// Its place among its kind.
    pub key: SortKey<'a>,
    /// What has to come first. Duplicates are allowed, edges to oneself are dropped.
    pub deps: Vec<NodeIndex>,
    /// The node whose statement prints this one: the view of a rule, the table of a default or check, the domain
    /// of a check. Such a node has no statement, hence no section, of its own unless a loop separates it.
    ///
    /// Only what a statement of its own can make may say so. The expression of a generated column cannot be
    /// separated from its table: give its dependencies to the table instead.
    pub printed_in: Option<NodeIndex>,
    /// The type that this node, its shell, announces.
    pub shell_of: Option<NodeIndex>,
}

/// The initial sort within a kind (ordering.md §5): objects without a schema after those with one, then names,
/// then tie-breaks, all bytewise; the OID last, which should never decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SortKey<'a> {
    /// Schema.
    pub schema: Option<&'a str>,
    /// Name.
    pub name: &'a str,
    /// The relation that it hangs on.
    pub table: Option<&'a str>,
    /// Natural tie-breaks: argument types, column number.
    pub ties: Vec<String>,
    /// OID in the source.
    pub oid: u32,
}
