//! The order of a dump: respects all dependencies, keeps the sections apart, and is the same for equal databases.
//!
//! The rules are pg_dump's (ordering.md §4–§7). It differs in these points, none of which a plain loop shows:
//!
//! - A part that another statement prints (rule, default, check) starts without the edge back to that statement.
//!   pg_dump adds it, finds a loop of two, and drops it.
//! - Casts come before types: what uses a cast, a domain's check say, depends on the cast's function only.
//! - The functions that a type needs start with an edge to its shell instead of the type. pg_dump finds the loop.
//! - Loops through a boundary are searched first, and all loops of a round are repaired, not only disjoint ones.
//!   pg_dump sorts everything again for each view that needs a primary key.
//! - A check or default on a loop is separated before anything is postponed. pg_dump would free the table itself
//!   from pre-data, or postpone a function that only needs the table.
//! - What is postponed waits for the data's end even if a later repair takes away its reason. A default and a type
//!   can be postponed as well.
//! - Event triggers come after the refreshes, not before them: they would fire.
//! - If nothing else helps, the edge dropped is one between two objects, never one that keeps sections apart.

use std::collections::BinaryHeap;

use crate::object::Kind;

use super::links::{Links, Place};
use super::node::{Node, NodeIndex};
use super::repair::Workshop;
use super::search::Search;
use super::sort;
use crate::object::Repairs;

/// What [`order`] found.
#[derive(Clone, Debug)]
pub struct Ordered {
    /// Every node once, dependencies first.
    pub order: Vec<NodeIndex>,
    /// By node: what it depends on after the repairs, sorted, without duplicates. Includes the edge from a statement
    /// to each part that it prints.
    pub deps: Vec<Vec<NodeIndex>>,
    /// What the repairs decided.
    pub repairs: Repairs,
    /// Loops that could only be broken by ignoring a dependency.
    pub warnings: Vec<String>,
}

/// Sorts nodes so that each comes after those it depends on. Does not depend on the order of `nodes`. Messages name
/// them by `names`.
///
/// The boundaries between the sections are this function's own business: `nodes` must not contain any.
pub fn order(nodes: &[Node<'_>], names: &dyn Fn(NodeIndex) -> String) -> Ordered {
    let precedence = sort::by_precedence(nodes);
    let reading = sort::by_reading(nodes, &precedence);
    let mut workshop = Workshop {
        nodes,
        names,
        links: Links::new(nodes, reading.clone()),
        repairs: Repairs::default(),
        warnings: Vec::new(),
    };
    break_loops(&mut workshop);
    let Workshop { links, repairs, warnings, .. } = workshop;

    let sorted = with_boundaries(nodes, &precedence, &links);
    let order = backwards(links.deps(), &sorted);
    let mut deps = vec![Vec::new(); nodes.len()];
    for (&node, list) in reading.iter().zip(links.deps()) {
        deps[node] = list.iter().filter_map(|&place| links.node(place)).collect();
        deps[node].sort_unstable();
    }
    Ordered {
        order: order.into_iter().filter_map(|place| links.node(place)).collect(),
        deps,
        repairs,
        warnings,
    }
}

/// Repairs loops until none is left. Ends because the repairs do (see [`Workshop::repair`]).
fn break_loops(workshop: &mut Workshop<'_>) {
    let boundaries = [workshop.links.pre_data_boundary(), workshop.links.post_data_boundary()];
    loop {
        let mut search = Search::new(workshop.links.deps());
        if !search.any() {
            return;
        }
        for start in boundaries.into_iter().chain(0..workshop.nodes.len()) {
            while let Some(members) = search.find(workshop.links.deps(), start) {
                workshop.repair(&members);
            }
            search.finish(start);
        }
    }
}

/// The initial sort as places, each boundary after the last kind that precedes it.
fn with_boundaries(nodes: &[Node<'_>], precedence: &[NodeIndex], links: &Links) -> Vec<Place> {
    let mut places = vec![0; nodes.len()];
    for place in 0..nodes.len() {
        if let Some(node) = links.node(place) {
            places[node] = place;
        }
    }
    let mut sorted: Vec<Place> = precedence.iter().map(|&node| places[node]).collect();
    for boundary in [links.pre_data_boundary(), links.post_data_boundary()] {
        let kind: Kind = links.kind(boundary);
        let at = sorted.partition_point(|&place| sort::precedence(links.kind(place)) < kind);
        sorted.insert(at, boundary);
    }
    sorted
}

/// The topological sort that disturbs `sorted` least, from the end to the start (ordering.md §6): of what nothing
/// left depends on, the last in the initial sort goes last.
fn backwards(deps: &[Vec<Place>], sorted: &[Place]) -> Vec<Place> {
    let mut position = vec![0; deps.len()];
    for (at, &place) in sorted.iter().enumerate() {
        position[place] = at;
    }
    let mut dependents = vec![0_usize; deps.len()];
    for &dep in deps.iter().flatten() {
        dependents[dep] += 1;
    }
    let mut free: BinaryHeap<usize> =
        sorted.iter().filter(|&&place| dependents[place] == 0).map(|&place| position[place]).collect();
    let mut order = Vec::with_capacity(deps.len());
    while let Some(at) = free.pop() {
        let place = sorted[at];
        order.push(place);
        for &dep in &deps[place] {
            dependents[dep] -= 1;
            if dependents[dep] == 0 {
                free.push(position[dep]);
            }
        }
    }
    order.reverse();
    order
}
