//! Properties of the order on arbitrary graphs, and the initial sort.

use proptest::prelude::*;

use crate::manifest::Section;
use crate::object::{CatalogId, Class, Kind};

use super::world::World;
use super::{Node, NodeIndex, Ordered, SortKey, order, section};
use crate::object::Repair;

#[test]
fn kinds_come_in_their_precedence() {
    let sorted = World::default()
        .has(Kind::Refresh, "a", &[])
        .has(Kind::ForeignKey, "b", &[])
        .has(Kind::Index, "c", &[])
        .has(Kind::TableData, "d", &[])
        .has(Kind::Table, "e", &[])
        .has(Kind::Function, "f", &[])
        .has(Kind::Enum, "g", &[])
        .has(Kind::Schema, "h", &[])
        .sort();
    assert_eq!(sorted.names(), ["h", "g", "f", "e", "d", "c", "b", "a"]);
}

#[test]
fn kinds_of_equal_precedence_are_mixed_by_name() {
    let sorted = World::default()
        .has(Kind::Sequence, "b", &[])
        .has(Kind::View, "a", &[])
        .has(Kind::Table, "c", &[])
        .has(Kind::Procedure, "fa", &[])
        .has(Kind::Function, "fb", &[])
        .has(Kind::Domain, "ta", &[])
        .has(Kind::Enum, "tb", &[])
        .has(Kind::Key, "ka", &[])
        .has(Kind::Check, "kb", &[])
        .sort();
    assert_eq!(sorted.names(), ["ta", "tb", "fa", "fb", "a", "b", "c", "ka", "kb"]);
}

/// Names that stay when the nodes change places.
fn names(nodes: &[Node<'static>]) -> impl Fn(NodeIndex) -> String {
    move |at| format!("<{}>", nodes[at].key.oid)
}

#[test]
fn keys_decide_schema_name_kind_ties_and_last_the_oid() {
    let key = |schema: Option<&'static str>, name: &'static str, ties: &[&str], oid| SortKey {
        schema,
        name,
        table: None,
        ties: ties.iter().map(|&tie| tie.to_owned()).collect(),
        oid,
    };
    let sorted = [
        (Kind::Function, key(Some("a"), "z", &[], 9)),
        (Kind::Function, key(Some("b"), "Z", &[], 8)),
        (Kind::Function, key(Some("b"), "a", &["2"], 7)),
        (Kind::Procedure, key(Some("b"), "a", &["1"], 6)),
        (Kind::Procedure, key(Some("b"), "a", &["2"], 1)),
        (Kind::Procedure, key(Some("b"), "a", &["2"], 5)),
        (Kind::Function, key(None, "a", &[], 4)),
    ];
    let mut nodes: Vec<Node<'static>> = sorted
        .iter()
        .map(|(kind, key)| Node {
            id: CatalogId::new(Class::PROC, key.oid),
            kind: *kind,
            key: key.clone(),
            deps: Vec::new(),
            printed_in: None,
            shell_of: None,
        })
        .collect();
    nodes.reverse();
    let keys: Vec<&SortKey<'_>> =
        order(&nodes, &names(&nodes)).order.iter().map(|&node| &nodes[node].key).collect();
    assert_eq!(keys, sorted.iter().map(|(_, key)| key).collect::<Vec<_>>());
}

#[test]
fn casts_come_before_all_that_only_names_their_functions() {
    let sorted = World::default()
        .has(Kind::Enum, "e", &[])
        .has(Kind::Domain, "d", &["e", "z_function"])
        .has(Kind::View, "a_view", &["z_function"])
        .has(Kind::Function, "z_function", &["e"])
        .has(Kind::Cast, "z_cast", &["e", "z_function"])
        .sort();
    assert_eq!(sorted.names(), ["e", "z_function", "z_cast", "d", "a_view"]);
}

#[test]
fn the_sort_runs_backwards() {
    // Forwards, `a` would be held up by `z` and everything after it would be emitted first.
    let sorted = World::default()
        .has(Kind::Table, "a", &["z"])
        .has(Kind::Table, "b", &[])
        .has(Kind::Table, "z", &[])
        .sort();
    assert_eq!(sorted.names(), ["z", "a", "b"]);
}

const KINDS: [Kind; 22] = [
    Kind::Schema,
    Kind::ShellType,
    Kind::BaseType,
    Kind::Composite,
    Kind::Domain,
    Kind::Function,
    Kind::Function,
    Kind::Table,
    Kind::Table,
    Kind::View,
    Kind::MaterializedView,
    Kind::Sequence,
    Kind::Default,
    Kind::TableData,
    Kind::SequenceValue,
    Kind::Check,
    Kind::DomainCheck,
    Kind::Key,
    Kind::Index,
    Kind::ViewRule,
    Kind::ForeignKey,
    Kind::Refresh,
];

/// Graphs with anything: dense loops, edges across sections, shells, parts printed in something that fits.
fn graphs() -> impl Strategy<Value = Vec<Node<'static>>> {
    let name = prop_oneof![Just("a"), Just("b")];
    let node = (0..KINDS.len(), name, proptest::collection::vec(any::<usize>(), 0..4), any::<usize>());
    proptest::collection::vec(node, 1..40).prop_map(|raw| {
        let kinds: Vec<Kind> = raw.iter().map(|(kind, ..)| KINDS[*kind]).collect();
        let count = raw.len();
        raw.into_iter()
            .enumerate()
            .map(|(at, (_, name, deps, parent))| {
                let kind = kinds[at];
                let wanted = match kind {
                    Kind::Default | Kind::Check => Some(Kind::Table),
                    Kind::DomainCheck => Some(Kind::Domain),
                    Kind::ViewRule => Some(Kind::View),
                    Kind::ShellType => Some(Kind::BaseType),
                    _ => None,
                };
                let parent = parent % count;
                let parent = (Some(kinds[parent]) == wanted).then_some(parent);
                let is_shell = kind == Kind::ShellType;
                Node {
                    id: CatalogId::new(Class::RELATION, at as u32),
                    kind,
                    key: SortKey { schema: None, name, table: None, ties: Vec::new(), oid: at as u32 },
                    deps: deps.into_iter().map(|dep| dep % count).collect(),
                    printed_in: parent.filter(|_| !is_shell),
                    shell_of: parent.filter(|_| is_shell),
                }
            })
            .collect()
    })
}

/// The same nodes in another order, with the edges renumbered. `new[i]` was `old[from[i]]`.
fn permuted(nodes: &[Node<'static>], from: &[NodeIndex]) -> Vec<Node<'static>> {
    let mut to = vec![0; nodes.len()];
    for (new, &old) in from.iter().enumerate() {
        to[old] = new;
    }
    from.iter()
        .map(|&old| Node {
            deps: nodes[old].deps.iter().map(|&dep| to[dep]).collect(),
            printed_in: nodes[old].printed_in.map(|parent| to[parent]),
            shell_of: nodes[old].shell_of.map(|announced| to[announced]),
            ..nodes[old].clone()
        })
        .collect()
}

fn ids(nodes: &[Node<'static>], ordered: &Ordered) -> Vec<CatalogId> {
    ordered.order.iter().map(|&node| nodes[node].id).collect()
}

fn dependency_ids(nodes: &[Node<'static>], ordered: &Ordered, of: CatalogId) -> Vec<CatalogId> {
    let node = nodes.iter().position(|node| node.id == of).expect("the same nodes");
    let mut ids: Vec<CatalogId> = ordered.deps[node].iter().map(|&dep| nodes[dep].id).collect();
    ids.sort_unstable();
    ids
}

proptest! {
    #[test]
    fn holds_every_node_once_after_what_it_depends_on(nodes in graphs()) {
        let ordered = order(&nodes, &names(&nodes));
        let mut position = vec![None; nodes.len()];
        for (at, &node) in ordered.order.iter().enumerate() {
            prop_assert_eq!(position[node].replace(at), None);
        }
        prop_assert!(position.iter().all(Option::is_some));
        for (node, deps) in ordered.deps.iter().enumerate() {
            prop_assert!(deps.is_sorted_by(|a, b| a < b));
            for &dep in deps {
                prop_assert!(position[dep] < position[node], "{} before {}", dep, node);
            }
        }
    }

    #[test]
    fn sections_follow_each_other(nodes in graphs()) {
        let ordered = order(&nodes, &names(&nodes));
        let sections: Vec<Section> = ordered
            .order
            .iter()
            .map(|&node| &nodes[node])
            .filter(|node| node.printed_in.is_none() || ordered.repairs.has(node.id, Repair::Separate))
            .map(|node| section(node.id, node.kind, &ordered.repairs))
            .collect();
        prop_assert!(sections.is_sorted(), "{:?}", sections);
    }

    #[test]
    fn keeps_every_edge_that_no_repair_or_warning_accounts_for(nodes in graphs()) {
        let ordered = order(&nodes, &names(&nodes));
        for (from, node) in nodes.iter().enumerate() {
            for &to in &node.deps {
                let inline_or_self = to == from
                    || (node.printed_in == Some(to) && !ordered.repairs.has(node.id, Repair::Separate));
                let between_indexes = node.kind == Kind::Index && nodes[to].kind == Kind::Index;
                let turned = nodes[to].printed_in == Some(from)
                    && ordered.repairs.has(nodes[to].id, Repair::Separate);
                let announced = node.kind == Kind::Function
                    && nodes[to].deps.contains(&from)
                    && nodes.iter().any(|node| node.shell_of == Some(to));
                let warned = ordered
                    .warnings
                    .iter()
                    .any(|text| text.ends_with(&format!("ignored that <{from}> depends on <{to}>")));
                if !inline_or_self && !between_indexes && !turned && !announced && !warned {
                    prop_assert!(ordered.deps[from].contains(&to), "{} -> {} is lost", from, to);
                }
            }
            // A part is either printed by its parent, and the parent waits, or it is separate and waits itself.
            if let Some(parent) = node.printed_in {
                let separate = ordered.repairs.has(node.id, Repair::Separate);
                let (first, second) = if separate { (parent, from) } else { (from, parent) };
                let warned = ordered
                    .warnings
                    .iter()
                    .any(|text| text.ends_with(&format!("ignored that <{second}> depends on <{first}>")));
                prop_assert!(ordered.deps[second].contains(&first) || warned);
            }
        }
    }

    #[test]
    fn does_not_depend_on_the_order_of_the_input(
        (nodes, from) in graphs().prop_flat_map(|nodes| {
            let from: Vec<NodeIndex> = (0..nodes.len()).collect();
            (Just(nodes), Just(from).prop_shuffle())
        })
    ) {
        let shuffled = permuted(&nodes, &from);
        let (one, two) = (order(&nodes, &names(&nodes)), order(&shuffled, &names(&shuffled)));
        prop_assert_eq!(ids(&nodes, &one), ids(&shuffled, &two));
        prop_assert_eq!(&one.warnings, &two.warnings);
        for node in &nodes {
            prop_assert_eq!(
                dependency_ids(&nodes, &one, node.id),
                dependency_ids(&shuffled, &two, node.id)
            );
            for repair in [Repair::Separate, Repair::Dummy, Repair::Postponed] {
                prop_assert_eq!(one.repairs.has(node.id, repair), two.repairs.has(node.id, repair));
            }
        }
    }
}
