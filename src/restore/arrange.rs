//! In which order rows come into tables that are there already, and which of them come together. Pure.
//!
//! A [`Tie`] is as much as a foreign key: tables on one side need the rows of those on the other. It stands between them as
//! a node of its own, so that a key between two partitioned tables costs as much as they have partitions, not the product.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::components;

/// Rows that need others, by entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tie {
    /// Whose rows need.
    pub from: Vec<u32>,
    /// Whose rows are needed.
    pub to: Vec<u32>,
}

/// Rows that ties lead around between; a table whose rows need each other is one by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circle {
    /// The entries, ascending.
    pub entries: Vec<u32>,
    /// The ties, by position.
    pub ties: Vec<usize>,
}

/// What comes of ties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrangement {
    /// Nothing that is in one is in another.
    pub circles: Vec<Circle>,
    /// What remains: `from` comes after `to`. Those of a circle stand for all of it.
    pub waits: Vec<Tie>,
}

/// Finds the circles of ties, and the order around them.
pub fn arrange(ties: &[Tie]) -> Arrangement {
    let entries = entries_of(ties);
    let place = |entry: &u32| entries.partition_point(|other| other < entry);
    // Entries first, then ties.
    let mut leads_to: Vec<Vec<usize>> = vec![Vec::new(); entries.len() + ties.len()];
    for (at, tie) in ties.iter().enumerate() {
        let node = entries.len() + at;
        leads_to[node].extend(tie.to.iter().map(place));
        tie.from.iter().for_each(|entry| leads_to[place(entry)].push(node));
    }
    let component = components(&leads_to);
    let mut circles: BTreeMap<usize, Circle> = BTreeMap::new();
    // A tie leads somewhere and comes from somewhere: with an entry in its component it is on a circle.
    let with_entry: BTreeSet<usize> = component[..entries.len()].iter().copied().collect();
    for (at, number) in component[entries.len()..].iter().enumerate() {
        if with_entry.contains(number) {
            circles.entry(*number).or_default().ties.push(at);
        }
    }
    for (entry, number) in entries.iter().zip(&component) {
        if let Some(circle) = circles.get_mut(number) {
            circle.entries.push(*entry);
        }
    }
    let mut waits = Vec::new();
    for (at, tie) in ties.iter().enumerate() {
        let number = component[entries.len() + at];
        let Some(circle) = circles.get(&number) else {
            waits.push(tie.clone());
            continue;
        };
        let beside = |side: &[u32]| -> Vec<u32> {
            side.iter().filter(|entry| component[place(entry)] != number).copied().collect()
        };
        let (before, behind) = (beside(&tie.to), beside(&tie.from));
        waits.push(Tie { from: circle.entries[..1].to_vec(), to: before });
        waits.push(Tie { from: behind, to: tie.to.clone() });
    }
    waits.retain(|wait| !wait.from.is_empty() && !wait.to.is_empty());
    Arrangement { circles: circles.into_values().collect(), waits }
}

/// All entries that ties name, ascending.
pub fn entries_of(ties: &[Tie]) -> Vec<u32> {
    let entries: BTreeSet<u32> =
        ties.iter().flat_map(|tie| tie.from.iter().chain(&tie.to)).copied().collect();
    entries.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::{Arrangement, Circle, Tie, arrange};

    fn tie(from: &[u32], to: &[u32]) -> Tie {
        Tie { from: from.to_vec(), to: to.to_vec() }
    }

    #[test]
    fn without_circles_every_tie_is_an_order() {
        let ties = [tie(&[3], &[1, 2]), tie(&[4], &[3])];
        assert_eq!(arrange(&ties), Arrangement { circles: vec![], waits: ties.to_vec() });
        assert_eq!(arrange(&[]), Arrangement::default());
    }

    #[test]
    fn circles_come_together_and_the_rest_around_them() {
        // 1 and 2 need each other, 1 needs 5, 7 needs 2; 9 needs itself.
        let ties = [tie(&[1], &[2]), tie(&[2], &[1]), tie(&[1], &[5]), tie(&[7], &[2]), tie(&[9], &[9])];
        let found = arrange(&ties);
        let circles =
            [Circle { entries: vec![1, 2], ties: vec![0, 1] }, Circle { entries: vec![9], ties: vec![4] }];
        assert_eq!(found.circles.len(), 2);
        assert!(circles.iter().all(|circle| found.circles.contains(circle)), "{:?}", found.circles);
        assert_eq!(found.waits, [tie(&[1], &[5]), tie(&[7], &[2])]);
    }

    #[test]
    fn partitions_beside_a_circle_are_before_or_behind_it() {
        // A key from partitions 1 and 2 to partitions 11 and 12; another from 11 to 1 alone.
        let found = arrange(&[tie(&[1, 2], &[11, 12]), tie(&[11], &[1])]);
        assert_eq!(found.circles, [Circle { entries: vec![1, 11], ties: vec![0, 1] }]);
        assert_eq!(found.waits, [tie(&[1], &[12]), tie(&[2], &[11, 12])]);
    }

    #[test]
    fn a_partitioned_table_that_needs_itself_comes_together() {
        let found = arrange(&[tie(&[1, 2, 3], &[1, 2, 3])]);
        assert_eq!(found.circles, [Circle { entries: vec![1, 2, 3], ties: vec![0] }]);
        assert_eq!(found.waits, []);
    }
}
