//! Looks for loops: strongly connected components first, then one loop at a time inside them.

use super::links::Place;

const NEVER: Place = Place::MAX;

/// The state of a search over a graph whose edges are being repaired meanwhile.
///
/// Only nodes of one component can be on a loop together, so a search never leaves its component. pg_dump does
/// without components and visits everything below a node; what it finds is the same.
pub(super) struct Search {
    component: Vec<usize>,
    sizes: Vec<usize>,
    finished: Vec<bool>,
    /// The start whose search has been at a node last; it needs no second visit for the same start.
    seen: Vec<Place>,
}

impl Search {
    /// Divides the graph into components.
    pub(super) fn new(deps: &[Vec<Place>]) -> Self {
        let component = components(deps);
        let mut sizes = vec![0; deps.len()];
        for &number in &component {
            sizes[number] += 1;
        }
        Self { component, sizes, finished: vec![false; deps.len()], seen: vec![NEVER; deps.len()] }
    }

    /// Whether there is any loop.
    pub(super) fn any(&self) -> bool {
        self.sizes.iter().any(|&size| size > 1)
    }

    /// A loop through `start`, beginning with it: each member depends on the next, the last one on `start`.
    ///
    /// A direct edge back to the start is looked for before going deeper. What one search found to lead nowhere is
    /// not tried again for the same start, although a repair in between may have opened a way: so `None` is final
    /// only for a new `Search`, whose first search on any loop always finds one.
    pub(super) fn find(&mut self, deps: &[Vec<Place>], start: Place) -> Option<Vec<Place>> {
        if self.sizes[self.component[start]] == 1 {
            return None;
        }
        self.seen[start] = start;
        let mut path = vec![start];
        let mut cursors = vec![0];
        while let (Some(&at), Some(cursor)) = (path.last(), cursors.last_mut()) {
            if *cursor == 0 && deps[at].binary_search(&start).is_ok() {
                for &member in &path {
                    self.seen[member] = NEVER;
                }
                return Some(path);
            }
            let next = deps[at][*cursor..].iter().position(|&dep| {
                !self.finished[dep] && self.component[dep] == self.component[start] && self.seen[dep] != start
            });
            match next {
                Some(skipped) => {
                    let dep = deps[at][*cursor + skipped];
                    *cursor += skipped + 1;
                    self.seen[dep] = start;
                    path.push(dep);
                    cursors.push(0);
                }
                None => {
                    path.pop();
                    cursors.pop();
                }
            }
        }
        None
    }

    /// Says that no loop goes through `place` any more: later searches keep away from it.
    pub(super) fn finish(&mut self, place: Place) {
        self.finished[place] = true;
    }
}

/// The number of each node's strongly connected component (Tarjan), without recursion: nodes that lead around to each other
/// have the same. `deps` has for each node the nodes that it leads to.
pub fn components(deps: &[Vec<usize>]) -> Vec<usize> {
    let mut component = vec![NEVER; deps.len()];
    let mut number = vec![NEVER; deps.len()];
    let mut lowest = vec![NEVER; deps.len()];
    let mut open = Vec::new();
    let mut path: Vec<(Place, usize)> = Vec::new();
    let (mut visited, mut found) = (0, 0);
    for root in 0..deps.len() {
        if number[root] != NEVER {
            continue;
        }
        path.push((root, 0));
        while let Some((at, cursor)) = path.last_mut() {
            let at = *at;
            if *cursor == 0 {
                number[at] = visited;
                lowest[at] = visited;
                visited += 1;
                open.push(at);
            }
            let dep = deps[at].get(*cursor).copied();
            *cursor += 1;
            match dep {
                Some(dep) if number[dep] == NEVER => path.push((dep, 0)),
                Some(dep) if component[dep] == NEVER => lowest[at] = lowest[at].min(number[dep]),
                Some(_) => {}
                None => {
                    path.pop();
                    if let Some(&(above, _)) = path.last() {
                        lowest[above] = lowest[above].min(lowest[at]);
                    }
                    if lowest[at] == number[at] {
                        while let Some(member) = open.pop() {
                            component[member] = found;
                            if member == at {
                                break;
                            }
                        }
                        found += 1;
                    }
                }
            }
        }
    }
    component
}
