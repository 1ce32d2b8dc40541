//! Builds small graphs by name, for tests.

use crate::manifest::Section;
use crate::object::{CatalogId, Class, Kind};

use super::{Node, NodeIndex, Ordered, SortKey, order, section};
use crate::object::Repair;

/// Nodes in the making. OIDs are given in the order of the calls; dependencies may name what comes later.
#[derive(Default)]
pub(super) struct World {
    nodes: Vec<Node<'static>>,
    needs: Vec<(&'static str, Option<&'static str>, Vec<&'static str>)>,
    shells: Vec<(&'static str, &'static str)>,
}

impl World {
    /// An object with a statement of its own.
    pub(super) fn has(self, kind: Kind, name: &'static str, needs: &[&'static str]) -> Self {
        self.push(kind, name, None, needs)
    }

    /// An object that the statement of `parent` prints. As in the catalogs, it depends on `parent`.
    pub(super) fn inside(
        self,
        parent: &'static str,
        kind: Kind,
        name: &'static str,
        needs: &[&'static str],
    ) -> Self {
        let mut needs = needs.to_vec();
        needs.push(parent);
        self.push(kind, name, Some(parent), &needs)
    }

    /// A type with its shell and its functions, all of which take or return it.
    pub(super) fn announced(
        mut self,
        kind: Kind,
        name: &'static str,
        shell: &'static str,
        functions: &[&'static str],
    ) -> Self {
        self = self.has(kind, name, functions).has(Kind::ShellType, shell, &[]);
        self.shells.push((shell, name));
        functions.iter().fold(self, |world, function| world.has(Kind::Function, function, &[name]))
    }

    /// A view and its rule, `name_rule`.
    pub(super) fn view(self, name: &'static str, rule: &'static str, needs: &[&'static str]) -> Self {
        self.has(Kind::View, name, &[]).inside(name, Kind::ViewRule, rule, needs)
    }

    /// A table with rows and a primary key: `t`, `t_data`, `t_pk`, as named.
    pub(super) fn table(self, name: &'static str, data: &'static str, key: &'static str) -> Self {
        self.has(Kind::Table, name, &[]).has(Kind::TableData, data, &[name]).has(Kind::Key, key, &[name])
    }

    /// Sorts.
    pub(super) fn sort(mut self) -> Sorted {
        for node in 0..self.nodes.len() {
            let (_, parent, needs) = &self.needs[node];
            let deps = needs.iter().map(|name| self.place(name)).collect();
            let printed_in = parent.map(|name| self.place(name));
            self.nodes[node].deps = deps;
            self.nodes[node].printed_in = printed_in;
        }
        for (shell, announced) in &self.shells {
            let (shell, announced) = (self.place(shell), self.place(announced));
            self.nodes[shell].shell_of = Some(announced);
        }
        let names = |at: NodeIndex| format!("{} {}", self.nodes[at].kind.words(), self.nodes[at].key.name);
        Sorted { ordered: order(&self.nodes, &names), nodes: self.nodes }
    }

    fn push(
        mut self,
        kind: Kind,
        name: &'static str,
        parent: Option<&'static str>,
        needs: &[&'static str],
    ) -> Self {
        let oid = 16384 + self.nodes.len() as u32;
        self.nodes.push(Node {
            id: CatalogId::new(kind.class().unwrap_or(Class::SYNTHETIC_DATA), oid),
            kind,
            key: SortKey { schema: Some("public"), name, table: None, ties: Vec::new(), oid },
            deps: Vec::new(),
            printed_in: None,
            shell_of: None,
        });
        self.needs.push((name, parent, needs.to_vec()));
        self
    }

    fn place(&self, name: &str) -> NodeIndex {
        self.needs.iter().position(|(known, ..)| *known == name).expect("a node of this name")
    }
}

/// The result, asked by name.
pub(super) struct Sorted {
    pub(super) nodes: Vec<Node<'static>>,
    pub(super) ordered: Ordered,
}

impl Sorted {
    /// The names in order.
    pub(super) fn names(&self) -> Vec<&str> {
        self.ordered.order.iter().map(|&node| self.nodes[node].key.name).collect()
    }

    /// Whether `first` comes before `second`.
    pub(super) fn before(&self, first: &str, second: &str) -> bool {
        let names = self.names();
        let at = |name| names.iter().position(|known| *known == name).expect("a node of this name");
        at(first) < at(second)
    }

    /// Whether `name` got a repair.
    pub(super) fn repaired(&self, name: &str, repair: Repair) -> bool {
        self.ordered.repairs.has(self.node(name).id, repair)
    }

    /// How many objects of all got any repair.
    pub(super) fn repair_count(&self) -> usize {
        let all = [Repair::Separate, Repair::Dummy, Repair::Postponed];
        let count = |node: &Node| all.iter().filter(|&&r| self.ordered.repairs.has(node.id, r)).count();
        self.nodes.iter().map(count).sum()
    }

    /// Whether the edge is still there.
    pub(super) fn depends(&self, from: &str, to: &str) -> bool {
        self.ordered.deps[self.index(from)].contains(&self.index(to))
    }

    /// The final section.
    pub(super) fn section(&self, name: &str) -> Section {
        let node = self.node(name);
        section(node.id, node.kind, &self.ordered.repairs)
    }

    fn index(&self, name: &str) -> NodeIndex {
        self.nodes.iter().position(|node| node.key.name == name).expect("a node of this name")
    }

    fn node(&self, name: &str) -> &Node<'static> {
        &self.nodes[self.index(name)]
    }
}
