//! From the objects of a database to the entries of an archive: order, dependencies, SQL. Pure.

use std::collections::HashMap;

use super::choice::Choice;
use super::data::{Planner, is_unlogged};
use super::missing::LeftOut;
use super::outline::Outline;
use crate::graph::{Node, NodeIndex, Ordered, SortKey, entry_dependencies, order, section};
use crate::manifest::{Column, Entry, Missing, SecurityLabel};
use crate::object::acl::{AclError, object_acl};
use crate::object::{CatalogId, Class, Database, Depend, Kind, Object, Scope};
use crate::selection::is_data;
use crate::sql::{Sql, ident, literal};
use crate::version::Version;

/// The entries in restore order, and what the sort had to say.
#[derive(Debug, Default)]
pub struct Entries {
    /// In restore order; `entries[i].id == i + 1`.
    pub entries: Vec<Outline>,
    /// Loops that could only be broken by dropping an edge.
    pub warnings: Vec<String>,
    /// What they need and the selection leaves out.
    pub missing: Vec<Missing>,
}

/// Orders the objects that take part, renders their SQL and plans how rows are read, on all cores.
///
/// # Errors
/// An ACL that cannot be read.
pub fn entries(
    database: &Database,
    depends: Vec<Depend>,
    source: Version,
    planner: &Planner<'_>,
    choice: &Choice,
) -> Result<Entries, AclError> {
    let all = database.objects();
    let (folded, all): (Vec<_>, Vec<_>) = all.into_iter().partition(|object| object.folded_into().is_some());
    let content = &choice.selection().content;
    let all: Vec<&dyn Object> = all.into_iter().filter(|object| !database.is_member(*object)).collect();
    let (objects, left_out): (Vec<&dyn Object>, Vec<&dyn Object>) =
        all.into_iter().partition(|object| choice.has(*object, database));
    let aliases = aliases(database, &folded);
    let mut left_out = LeftOut::new(database, choice, &aliases, left_out.into_iter());
    let is_dumped = |object: &&dyn Object| {
        let without_rows = choice.selection().no_unlogged_rows && is_unlogged(object.id(), database);
        // Rows are no reason to order definitions.
        let kind = object.kind().stem();
        let needed = !without_rows && (!is_data(kind) || content.has_kind(kind));
        needed && !(is_link(object.kind()) && object.dependencies().iter().any(|id| left_out.has(*id)))
    };
    let objects: Vec<&dyn Object> = objects.into_iter().filter(is_dumped).collect();
    let by_id: HashMap<CatalogId, NodeIndex> =
        objects.iter().enumerate().map(|(at, object)| (object.id(), at)).collect();
    debug_assert_eq!(twins(&objects, &by_id), Vec::<String>::new(), "identities are unique");
    let nodes = nodes(database, depends, &objects, &aliases, &by_id, &mut left_out);
    let Ordered { order, deps, repairs, warnings } = order(&nodes, &|at| label(objects[at]));
    let scope = Scope { source, repairs: &repairs, database };

    let mut objects_and_ddl: Vec<(&dyn Object, Vec<Sql>)> =
        on_all_cores(&mut objects.clone(), |_, object| (*object, create(*object, &scope)));
    // Boundaries come after the objects in the list of nodes and have no entry.
    let is_stated = |at: NodeIndex| {
        let found: Option<&(&dyn Object, Vec<Sql>)> = objects_and_ddl.get(at);
        found.is_some_and(|(object, ddl)| !ddl.is_empty() || is_bare(object.kind()))
    };
    // Which section something is in the order has decided.
    let has_entry = |at: NodeIndex| {
        let is_asked = |object: &dyn Object| {
            content.has(object.kind().stem(), section(object.id(), object.kind(), &repairs))
        };
        is_stated(at) && (content.is_all() || is_asked(objects[at]))
    };
    for at in (0..objects.len()).filter(|at| !content.is_all() && has_entry(*at)) {
        let needed = deps[at].iter().filter(|dep| is_stated(**dep) && !has_entry(**dep));
        needed.for_each(|dep| left_out.add(objects[at], objects[*dep]));
    }
    let entry_deps = entry_dependencies(&deps, has_entry);
    let mut number = vec![0; objects.len()];
    let mut next = 0;
    for &at in order.iter().filter(|at| has_entry(**at)) {
        next += 1;
        number[at] = next;
    }
    let inner = printed_inside(&objects, &by_id, &number);

    let outline = |at: NodeIndex, (object, ddl): &mut (&dyn Object, Vec<Sql>)| {
        if number[at] == 0 {
            return Ok(None);
        }
        let mut entry = entry(*object, std::mem::take(ddl), &scope)?;
        entry.id = number[at];
        entry.deps =
            entry_deps[at].iter().filter(|dep| **dep < objects.len()).map(|dep| number[*dep]).collect();
        entry.deps.sort_unstable();
        for &child in inner.get(&at).into_iter().flatten() {
            entry.comments.extend(comments(objects[child], database));
        }
        choice.selection().leave_out.apply(&mut entry);
        let rows = planner.plan(&mut entry, object.id());
        Ok(Some(Outline::new(&entry, object.kind(), object.id(), rows)))
    };
    let outlines = on_all_cores(&mut objects_and_ddl, outline);
    let outlines = outlines.into_iter().filter_map(Result::transpose);
    let mut entries = outlines.collect::<Result<Vec<Outline>, AclError>>()?;
    entries.sort_unstable_by_key(|entry| entry.id);
    Ok(Entries { entries, warnings, missing: left_out.missing() })
}

/// `make` of the position and each item, in their order. What it costs is processor time only, and nothing else is to
/// do meanwhile.
fn on_all_cores<T: Send, R: Send>(items: &mut [T], make: impl Fn(usize, &mut T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // A thread costs as much as some hundred entries.
    let share = items.len().div_ceil(threads).max(500);
    let make = &make;
    std::thread::scope(|scope| {
        let run = move |(n, items): (usize, &mut [T])| -> Vec<R> {
            items.iter_mut().enumerate().map(|(at, item)| make(n * share + at, item)).collect()
        };
        let mut shares = items.chunks_mut(share).enumerate();
        let first = shares.next();
        let others: Vec<_> = shares.map(|items| scope.spawn(move || run(items))).collect();
        // This thread has memory to use again; new ones have their own.
        let mut made = first.map(run).unwrap_or_default();
        for other in others {
            made.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        made
    })
}

/// Objects whose identity another one has, too: dependencies and comments could only find one of them. Privileges on
/// what pgark does not make are never looked for.
fn twins(objects: &[&dyn Object], by_id: &HashMap<CatalogId, NodeIndex>) -> Vec<String> {
    let is_twin = |(at, object): &(usize, &&dyn Object)| {
        object.kind() != Kind::ChangedAcl && by_id.get(&object.id()) != Some(at)
    };
    objects.iter().enumerate().filter(is_twin).map(|(_, object)| label(*object)).collect()
}

/// The statements of an object. Any of them may hold expressions as the server printed them, so all are made safe to
/// be read again.
fn create(object: &dyn Object, scope: &Scope<'_>) -> Vec<Sql> {
    object.create(scope).into_iter().map(Sql::keep_array_casts).collect()
}

/// Kinds that tie two objects together: they are dumped where both are.
fn is_link(kind: Kind) -> bool {
    matches!(kind, Kind::TableAttach | Kind::IndexAttach | Kind::SequenceOwnedBy)
}

/// Kinds whose entries have no definition: rows, values, privileges.
fn is_bare(kind: Kind) -> bool {
    matches!(kind, Kind::TableData | Kind::SequenceValue | Kind::LargeObjectData | Kind::ChangedAcl)
}

/// Objects without an entry, by the object that prints them: their comments go with it.
fn printed_inside(
    objects: &[&dyn Object],
    by_id: &HashMap<CatalogId, NodeIndex>,
    number: &[u32],
) -> HashMap<NodeIndex, Vec<NodeIndex>> {
    let mut inside: HashMap<NodeIndex, Vec<NodeIndex>> = HashMap::new();
    for (at, object) in objects.iter().enumerate().filter(|(at, _)| number[*at] == 0) {
        if let Some(&parent) = object.printed_in().and_then(|id| by_id.get(&id)) {
            inside.entry(parent).or_default().push(at);
        }
    }
    inside
}

/// Objects that stand for others: what depends on the one depends on the other.
fn aliases(database: &Database, folded: &[&dyn Object]) -> HashMap<CatalogId, CatalogId> {
    let rows = database.aliases.iter();
    rows.map(|row| (id(row.class, row.oid), id(row.target_class, row.target)))
        .chain(folded.iter().filter_map(|object| Some((object.id(), object.folded_into()?))))
        .collect()
}

/// One node per object; edges from pg_depend (`depends`) and from what the kinds add.
fn nodes<'a>(
    database: &Database,
    depends: Vec<Depend>,
    objects: &[&'a dyn Object],
    aliases: &HashMap<CatalogId, CatalogId>,
    by_id: &HashMap<CatalogId, NodeIndex>,
    left_out: &mut LeftOut<'_>,
) -> Vec<Node<'a>> {
    // An array of row types needs two steps; the bound is for catalogs that lie.
    let resolve = |mut at: CatalogId| -> Option<NodeIndex> {
        for _ in 0..4 {
            if let Some(&found) = by_id.get(&at) {
                return Some(found);
            }
            at = match (database.lookup.member_of.get(&at), aliases.get(&at)) {
                (Some(&extension), _) => CatalogId::new(Class::EXTENSION, extension),
                (None, Some(&target)) => target,
                (None, None) => return None,
            };
        }
        None
    };

    let mut needed = |object: &dyn Object, id: CatalogId| {
        let found = resolve(id);
        if found.is_none() {
            left_out.needs(object, id);
        }
        found
    };
    let mut nodes: Vec<Node<'a>> = objects
        .iter()
        .map(|object| Node {
            id: object.id(),
            kind: object.kind(),
            key: SortKey {
                schema: object.schema(),
                name: object.name(),
                table: object.table(),
                ties: object.ties(),
                oid: object.id().oid,
            },
            deps: object.dependencies().into_iter().filter_map(|id| needed(*object, id)).collect(),
            printed_in: object.printed_in().and_then(resolve),
            shell_of: object.shell_of().and_then(resolve),
        })
        .collect();
    for row in depends {
        let from = id(row.class, row.oid);
        if database.lookup.member_of.contains_key(&from) {
            continue;
        }
        let Some(from) = resolve(from) else { continue };
        if let Some(to) = needed(objects[from], id(row.ref_class, row.ref_oid)) {
            nodes[from].deps.push(to);
        }
    }
    nodes
}

fn id(class: u32, oid: u32) -> CatalogId {
    CatalogId::new(Class(class), oid)
}

/// How messages name an object: `foreign key orders_user_fk ON public.orders`.
pub fn label(object: &dyn Object) -> String {
    format!("{} {}", object.kind().words(), object.reference())
}

fn entry(object: &dyn Object, ddl: Vec<Sql>, scope: &Scope<'_>) -> Result<Entry, AclError> {
    let kind = object.kind();
    let reference = object.reference();
    let owner = object.owner();
    let owner_sql = kind
        .nouns()
        .owner
        .zip(owner)
        .map(|(noun, owner)| Sql::new(format!("ALTER {noun} {reference} OWNER TO ")).role(owner));
    Ok(Entry {
        id: 0,
        kind: kind.stem().to_owned(),
        schema: object.schema().map(str::to_owned),
        name: object.name().to_owned(),
        table: object.table().map(str::to_owned),
        label: format!("{} {reference}", kind.words()),
        section: section(object.id(), kind, scope.repairs),
        pass: kind.pass(),
        deps: Vec::new(),
        ddl,
        drop: object.drop(scope),
        owner: owner.map(str::to_owned),
        owner_sql,
        tablespace: object.tablespace().map(str::to_owned),
        access_method: object.access_method().map(str::to_owned),
        comments: comments(object, scope.database),
        labels: labels(object, scope.database),
        acl: object_acl(object, scope)?,
        columns: Vec::new(),
        version: object.version().map(str::to_owned),
        data: None,
        left_out: false,
    })
}

/// COMMENT on the object and on its columns.
fn comments(object: &dyn Object, database: &Database) -> Vec<Sql> {
    let mut sql = Vec::new();
    if database.lookup.comments.is_empty() {
        return sql;
    }
    for (id, target) in object.comments_of() {
        for comment in database.comments_on(id) {
            if let Some(on) = target_of(object, &target, comment.sub) {
                sql.push(Sql::new(format!("COMMENT ON {on} IS {}", literal(&comment.text))));
            }
        }
    }
    sql
}

/// SECURITY LABEL on the object and on its columns, of every provider. Labels name objects as comments do.
pub fn labels(object: &dyn Object, database: &Database) -> Vec<SecurityLabel> {
    let mut labels = Vec::new();
    if database.lookup.labels.is_empty() {
        return labels;
    }
    for (id, target) in object.comments_of() {
        for label in database.labels_on(id) {
            if let Some(on) = target_of(object, &target, label.sub) {
                let (provider, text) = (ident(&label.provider), literal(&label.text));
                let sql = Sql::new(format!("SECURITY LABEL FOR {provider} ON {on} IS {text}"));
                labels.push(SecurityLabel { provider: label.provider.clone(), sql });
            }
        }
    }
    labels
}

/// The object, as `target` names it, or one of its columns by attnum.
fn target_of(object: &dyn Object, target: &str, sub: i32) -> Option<String> {
    if sub == 0 {
        return Some(target.to_owned());
    }
    let column = object.columns().iter().find(|column| i32::from(column.number) == sub)?;
    Some(format!("COLUMN {}.{}", object.reference(), ident(&column.name)))
}

/// Columns as offline readers need them.
pub fn manifest_columns(columns: &[crate::object::Column]) -> Vec<Column> {
    columns
        .iter()
        .map(|column| Column {
            name: column.name.to_string(),
            type_name: column.type_name.to_string(),
            dumped: column.is_copied(),
            notnull: column.not_null,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{labels, target_of};
    use crate::object::table::Table;
    use crate::object::{Column, Database, Object, SecurityLabel};

    fn table() -> Table {
        let column = Column { number: 2, name: "A b".into(), ..Column::default() };
        Table { oid: 20_000, schema: "s".into(), name: "T".into(), columns: vec![column], ..Table::default() }
    }

    #[test]
    fn every_label_of_every_provider_is_said() {
        let table = table();
        let label = |sub, provider: &str, text: &str| SecurityLabel {
            class: table.id().class.0,
            oid: table.oid,
            sub,
            provider: provider.to_owned(),
            text: text.to_owned(),
        };
        let mut database = Database {
            labels: vec![label(0, "dummy", "top"), label(0, "Odd one", "it's"), label(2, "dummy", "secret")],
            ..Database::default()
        };
        database.lookup.labels.insert(table.id(), vec![0, 1, 2]);
        let statements: Vec<String> =
            labels(&table, &database).iter().map(|label| label.sql.to_string()).collect();
        assert_eq!(
            statements,
            [
                "SECURITY LABEL FOR dummy ON TABLE s.\"T\" IS 'top'",
                "SECURITY LABEL FOR \"Odd one\" ON TABLE s.\"T\" IS 'it''s'",
                "SECURITY LABEL FOR dummy ON COLUMN s.\"T\".\"A b\" IS 'secret'",
            ]
        );
    }

    #[test]
    fn what_hangs_on_a_dropped_column_is_left_out() {
        assert_eq!(target_of(&table(), "TABLE s.\"T\"", 7), None);
    }
}
