//! The dependencies of entries: edges to objects without an entry are replaced by those objects' own.

use super::node::NodeIndex;

/// For each node with an entry, the entries that it depends on, directly or through nodes without one
/// (ordering.md §8). Sorted, without duplicates and without the node itself; empty for nodes without an entry.
///
/// `deps` is what [`order`](super::order) gave. pg_dump also stops at the boundaries between sections; those are
/// not among `deps`. Loops among nodes without an entry do no harm.
pub fn entry_dependencies(
    deps: &[Vec<NodeIndex>],
    has_entry: impl Fn(NodeIndex) -> bool,
) -> Vec<Vec<NodeIndex>> {
    let mut seen_for = vec![NodeIndex::MAX; deps.len()];
    let mut pending = Vec::new();
    (0..deps.len())
        .map(|node| {
            let mut found = Vec::new();
            if has_entry(node) {
                seen_for[node] = node;
                pending.extend_from_slice(&deps[node]);
            }
            while let Some(dep) = pending.pop() {
                if seen_for[dep] == node {
                    continue;
                }
                seen_for[dep] = node;
                if has_entry(dep) {
                    found.push(dep);
                } else {
                    pending.extend_from_slice(&deps[dep]);
                }
            }
            found.sort_unstable();
            found
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_entries(deps: &[&[NodeIndex]], entries: &[NodeIndex]) -> Vec<Vec<NodeIndex>> {
        let deps: Vec<Vec<NodeIndex>> = deps.iter().map(|list| list.to_vec()).collect();
        entry_dependencies(&deps, |node| entries.contains(&node))
    }

    #[test]
    fn passes_through_nodes_without_an_entry() {
        // A view (0) prints its rule (1), which reads a table (2) and, through a row type (3), another (4).
        let found = with_entries(&[&[1], &[2, 3], &[], &[4], &[]], &[0, 2, 4]);
        assert_eq!(found, [vec![2, 4], vec![], vec![], vec![], vec![]]);
    }

    #[test]
    fn stops_at_entries() {
        assert_eq!(with_entries(&[&[1], &[2], &[]], &[0, 1, 2]), [vec![1], vec![2], vec![]]);
    }

    #[test]
    fn sorts_and_drops_duplicates_and_itself() {
        let found = with_entries(&[&[2, 1, 2, 3, 0], &[], &[], &[1, 0, 2]], &[0, 1, 2]);
        assert_eq!(found[0], [1, 2]);
    }

    #[test]
    fn ends_on_loops_without_entries() {
        let found = with_entries(&[&[1], &[2], &[1, 3], &[]], &[0, 3]);
        assert_eq!(found[0], [3]);
    }
}
