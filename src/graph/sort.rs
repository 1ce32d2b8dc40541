//! The two orders that need no dependencies: the initial sort, and the order in which loops are looked for.

use std::cmp::Ordering;

use crate::object::Kind;

use super::node::{Node, NodeIndex};

/// All nodes by precedence, schema, name and natural ties (ordering.md §5): what makes dumps of equal databases equal.
pub(super) fn by_precedence(nodes: &[Node<'_>]) -> Vec<NodeIndex> {
    let mut order: Vec<NodeIndex> = (0..nodes.len()).collect();
    order.sort_by(|&a, &b| compare(&nodes[a], &nodes[b]));
    order
}

/// All nodes in the order in which a dump tool reads the catalogs, by OID within a catalog.
///
/// Loops are searched from nodes in this order, so it decides which member is repaired. pg_dump does the same, and
/// the repaired view is created first and thereby keeps the lowest OID in the restored database: the next dump
/// makes the same choice (objects.md F14). Names would not have that property.
pub(super) fn by_reading(nodes: &[Node<'_>], precedence: &[NodeIndex]) -> Vec<NodeIndex> {
    let mut order = precedence.to_vec();
    order.sort_by_key(|&node| (reading_step(nodes[node].kind), nodes[node].key.oid));
    order
}

/// The kind that stands for all kinds of equal precedence: pg_dump gives one priority to all types, to all
/// routines, to all relations, and to the constraints that are not foreign keys.
pub(super) const fn precedence(kind: Kind) -> Kind {
    match kind {
        Kind::ShellType | Kind::BaseType | Kind::Enum | Kind::Composite | Kind::Range | Kind::Domain => {
            Kind::Enum
        }
        Kind::OperatorFamily | Kind::OperatorClass => Kind::OperatorFamily,
        Kind::Function | Kind::Procedure => Kind::Function,
        Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView | Kind::Sequence => {
            Kind::Table
        }
        Kind::ViewRule | Kind::Rule => Kind::ViewRule,
        Kind::DomainCheck | Kind::Check | Kind::NotNull | Kind::Key => Kind::DomainCheck,
        other => other,
    }
}

fn compare(a: &Node<'_>, b: &Node<'_>) -> Ordering {
    precedence(a.kind)
        .cmp(&precedence(b.kind))
        .then_with(|| match (&a.key.schema, &b.key.schema) {
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        })
        .then_with(|| a.key.name.cmp(b.key.name))
        .then_with(|| a.kind.cmp(&b.kind))
        .then_with(|| a.key.table.cmp(&b.key.table))
        .then_with(|| a.key.ties.cmp(&b.key.ties))
        .then_with(|| a.key.oid.cmp(&b.key.oid))
        .then_with(|| a.id.cmp(&b.id))
}

/// When the catalogs of a kind are read (ordering.md §1).
const fn reading_step(kind: Kind) -> u8 {
    match kind {
        Kind::Extension => 0,
        Kind::Schema => 1,
        Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView | Kind::Sequence => 2,
        Kind::SequenceOwnedBy => 3,
        Kind::Function | Kind::Procedure => 4,
        Kind::ShellType | Kind::BaseType | Kind::Enum | Kind::Composite | Kind::Range | Kind::Domain => 5,
        Kind::DomainCheck => 6,
        Kind::Language
        | Kind::Aggregate
        | Kind::Operator
        | Kind::AccessMethod
        | Kind::OperatorClass
        | Kind::OperatorFamily
        | Kind::TsParser
        | Kind::TsTemplate
        | Kind::TsDictionary
        | Kind::TsConfiguration
        | Kind::ForeignDataWrapper
        | Kind::ForeignServer
        | Kind::UserMapping
        | Kind::DefaultAcl
        | Kind::Collation
        | Kind::Conversion
        | Kind::Cast
        | Kind::Transform
        | Kind::EventTrigger => 7,
        Kind::TableAttach => 8,
        Kind::Default => 9,
        Kind::Check | Kind::NotNull => 10,
        Kind::Index | Kind::Key => 11,
        Kind::IndexAttach => 12,
        Kind::ForeignKey => 13,
        Kind::Trigger => 14,
        Kind::StatisticsObject => 12,
        Kind::ViewRule | Kind::Rule => 15,
        Kind::Policy
        | Kind::RowSecurity
        | Kind::Publication
        | Kind::PublicationTable
        | Kind::PublicationSchema
        | Kind::Subscription
        | Kind::ChangedAcl => 16,
        Kind::TableData => 17,
        Kind::SequenceValue => 18,
        Kind::Refresh => 19,
        Kind::LargeObject => 20,
        Kind::LargeObjectData => 21,
        Kind::PreDataBoundary => 22,
        Kind::PostDataBoundary => 23,
    }
}
