//! Breaks one loop (ordering.md §7).

use crate::object::Kind;

use super::links::{Links, Place};
use super::node::{Node, NodeIndex};
use crate::object::{Repair, Repairs};

/// The graph under repair, and what has been decided about its nodes.
pub(super) struct Workshop<'a> {
    pub(super) nodes: &'a [Node<'a>],
    /// How messages name a node.
    pub(super) names: &'a dyn Fn(NodeIndex) -> String,
    pub(super) links: Links,
    pub(super) repairs: Repairs,
    pub(super) warnings: Vec<String>,
}

impl Workshop<'_> {
    /// Breaks a loop: each member depends on the next, the last on the first.
    ///
    /// Every repair either separates or postpones a node, which happens once per node, or drops an edge that none
    /// brings back. So the number of repairs is bounded by the size of the graph.
    pub(super) fn repair(&mut self, members: &[Place]) {
        if !(self.split_view(members)
            || self.separate_part(members)
            || self.postpone(members)
            || self.loosen_indexes(members))
        {
            self.give_up(members);
        }
    }

    /// Case 3: the view becomes a dummy, its rule a statement in post-data.
    fn split_view(&mut self, members: &[Place]) -> bool {
        let found = edges(members).find(|&(view, rule)| {
            self.links.kind(rule) == Kind::ViewRule
                && self.links.kind(view) == Kind::View
                && self.links.printed_in(rule) == Some(view)
        });
        let Some((view, rule)) = found else { return false };
        self.links.separate(rule);
        self.record(view, Repair::Dummy);
        self.record(rule, Repair::Separate);
        true
    }

    /// Cases 7, 10 and 12: a check or default becomes a statement of its own.
    fn separate_part(&mut self, members: &[Place]) -> bool {
        let found = edges(members).find(|&(parent, part)| {
            matches!(self.links.kind(part), Kind::Default | Kind::Check | Kind::DomainCheck)
                && self.links.printed_in(part) == Some(parent)
        });
        let Some((_, part)) = found else { return false };
        self.links.separate(part);
        self.record(part, Repair::Separate);
        true
    }

    /// Cases 4 and 5: what the pre-data boundary waits for moves behind the data.
    fn postpone(&mut self, members: &[Place]) -> bool {
        let boundary = self.links.pre_data_boundary();
        let found =
            edges(members).find(|&(from, to)| from == boundary && may_be_postponed(self.links.kind(to)));
        let Some((_, late)) = found else { return false };
        self.links.postpone(late);
        self.record(late, Repair::Postponed);
        true
    }

    /// Case 9: an index and its partition's index are made apart and attached later; neither needs the other.
    fn loosen_indexes(&mut self, members: &[Place]) -> bool {
        match *members {
            [a, b] if self.links.kind(a) == Kind::Index && self.links.kind(b) == Kind::Index => {
                self.links.remove(a, b);
                true
            }
            _ => false,
        }
    }

    /// Case 15: drops the first edge that neither a boundary nor a printed part needs, and says so.
    fn give_up(&mut self, members: &[Place]) {
        let objects =
            |&(from, to): &(Place, Place)| self.links.node(from).is_some() && self.links.node(to).is_some();
        let is_part = |place: Place, of: Place| {
            let part = self.links.node(place).and_then(|node| self.nodes[node].printed_in);
            part.is_some() && part == self.links.node(of)
        };
        let dropped = edges(members)
            .filter(objects)
            .find(|&(from, to)| !is_part(from, to) && !is_part(to, from))
            .or_else(|| edges(members).find(objects))
            .or_else(|| edges(members).next());
        let Some((from, to)) = dropped else { return };
        let labels: Vec<String> = members.iter().map(|&member| self.label(member)).collect();
        self.warnings.push(format!(
            "could not resolve the dependency loop among these objects: {}; it is ignored that {} depends on {}",
            labels.join(", "),
            self.label(from),
            self.label(to),
        ));
        self.links.remove(from, to);
    }

    fn record(&mut self, place: Place, repair: Repair) {
        if let Some(node) = self.links.node(place) {
            self.repairs.insert(self.nodes[node].id, repair);
        }
    }

    fn label(&self, place: Place) -> String {
        match self.links.node(place) {
            Some(node) => (self.names)(node),
            None if place == self.links.pre_data_boundary() => "the start of the data".to_owned(),
            None => "the end of the data".to_owned(),
        }
    }
}

/// Each member with the one that it depends on.
fn edges(members: &[Place]) -> impl Iterator<Item = (Place, Place)> {
    members.iter().copied().zip(members.iter().copied().cycle().skip(1))
}

/// What post-data can make as well as pre-data. Not what holds rows or what those need first.
const fn may_be_postponed(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::MaterializedView
            | Kind::Function
            | Kind::Procedure
            | Kind::Aggregate
            | Kind::Cast
            | Kind::Composite
            | Kind::Range
            | Kind::Domain
            | Kind::Default
    )
}
