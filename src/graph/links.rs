//! The edges while they are being repaired, with the two boundaries between sections as nodes among the others.

use crate::manifest::Section;
use crate::object::Kind;

use super::node::{Node, NodeIndex};

/// Position of a node in reading order; the two boundaries follow the last node.
pub(super) type Place = usize;

/// Who depends on whom. Every list is sorted and free of duplicates, so that searches do not depend on the input.
pub(super) struct Links {
    nodes: Vec<NodeIndex>,
    kinds: Vec<Kind>,
    printed_in: Vec<Option<Place>>,
    deps: Vec<Vec<Place>>,
}

impl Links {
    /// Takes the nodes' edges, adds those from a printing node to what it prints, and puts the boundaries between
    /// the sections.
    ///
    /// An edge back from a printed node to the one that prints it is left out: pg_dump finds each such pair as a loop
    /// of two and then drops that edge (§7 cases 2, 6, 8 and 11). In the same way an edge from a function to the type
    /// that needs it is one to the type's shell from the start (case 1).
    pub(super) fn new(nodes: &[Node<'_>], reading: Vec<NodeIndex>) -> Self {
        let mut places = vec![0; nodes.len()];
        for (place, &node) in reading.iter().enumerate() {
            places[node] = place;
        }
        let read = || reading.iter().map(|&node| &nodes[node]);

        let mut kinds: Vec<Kind> = read().map(|node| node.kind).collect();
        kinds.extend([Kind::PreDataBoundary, Kind::PostDataBoundary]);
        let mut printed_in: Vec<Option<Place>> =
            read().map(|node| node.printed_in.map(|parent| places[parent])).collect();
        printed_in.extend([None, None]);
        let mut deps: Vec<Vec<Place>> =
            read().map(|node| node.deps.iter().map(|&dep| places[dep]).collect()).collect();
        deps.extend([Vec::new(), Vec::new()]);
        for (child, parent) in printed_in.iter().enumerate() {
            if let &Some(parent) = parent {
                deps[parent].push(child);
            }
        }
        for (shell, node) in read().enumerate() {
            if let Some(announced) = node.shell_of.map(|node| places[node]) {
                announce(&mut deps, &kinds, announced, shell);
            }
        }
        for (place, list) in deps.iter_mut().enumerate() {
            list.retain(|&dep| dep != place && Some(dep) != printed_in[place]);
            list.sort_unstable();
            list.dedup();
        }

        let mut links = Self { nodes: reading, kinds, printed_in, deps };
        for place in 0..links.nodes.len() {
            if links.printed_in[place].is_none() {
                links.join_section(place);
            }
        }
        let (pre, post) = (links.pre_data_boundary(), links.post_data_boundary());
        links.add(post, pre);
        links
    }

    /// The boundary between pre-data and data.
    pub(super) fn pre_data_boundary(&self) -> Place {
        self.nodes.len()
    }

    /// The boundary between data and post-data.
    pub(super) fn post_data_boundary(&self) -> Place {
        self.nodes.len() + 1
    }

    /// The node at a place; `None` for a boundary.
    pub(super) fn node(&self, place: Place) -> Option<NodeIndex> {
        self.nodes.get(place).copied()
    }

    /// The kind of the node at a place.
    pub(super) fn kind(&self, place: Place) -> Kind {
        self.kinds[place]
    }

    /// The node that prints the one at `place`, as long as that is not separate.
    pub(super) fn printed_in(&self, place: Place) -> Option<Place> {
        self.printed_in[place]
    }

    /// All edges.
    pub(super) fn deps(&self) -> &[Vec<Place>] {
        &self.deps
    }

    /// Drops an edge.
    pub(super) fn remove(&mut self, from: Place, to: Place) {
        if let Ok(at) = self.deps[from].binary_search(&to) {
            self.deps[from].remove(at);
        }
    }

    /// Turns the edge between `child` and the node that prints it round, and puts `child` into its section.
    pub(super) fn separate(&mut self, child: Place) {
        if let Some(parent) = self.printed_in[child].take() {
            self.remove(parent, child);
            self.add(child, parent);
            self.join_section(child);
        }
    }

    /// Moves a node from pre-data to post-data.
    pub(super) fn postpone(&mut self, place: Place) {
        let (pre, post) = (self.pre_data_boundary(), self.post_data_boundary());
        self.remove(pre, place);
        self.add(place, post);
    }

    fn join_section(&mut self, place: Place) {
        let (pre, post) = (self.pre_data_boundary(), self.post_data_boundary());
        match self.kinds[place].section() {
            Section::PreData => self.add(pre, place),
            Section::Data => {
                self.add(place, pre);
                self.add(post, place);
            }
            Section::PostData => self.add(place, post),
        }
    }

    fn add(&mut self, from: Place, to: Place) {
        if let Err(at) = self.deps[from].binary_search(&to) {
            self.deps[from].insert(at, to);
        }
    }
}

/// Lets the functions that a type needs be content with its shell.
fn announce(deps: &mut [Vec<Place>], kinds: &[Kind], announced: Place, shell: Place) {
    for at in 0..deps[announced].len() {
        let function = deps[announced][at];
        if kinds[function] == Kind::Function {
            for dep in deps[function].iter_mut().filter(|dep| **dep == announced) {
                *dep = shell;
            }
        }
    }
    deps[announced].push(shell);
}
