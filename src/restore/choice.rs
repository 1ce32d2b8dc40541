//! Which entries of an archive take part: what a selection leaves out keeps its number and its dependencies, by which
//! others find their locks, and nothing else. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::manifest::{Catalog, Entry, Missing, Section};
use crate::selection::{Part, Relation, Selection, SelectionError, Thing, World};

/// What became of a catalog.
#[derive(Debug, Default)]
pub struct Taken {
    /// What the entries that take part need, and who needs it: the target has to have it.
    pub missing: Vec<Missing>,
    /// The schema `public` stays as the target has it: owner, comment, privileges.
    pub leaves_public: bool,
}

/// Leaves out of `catalog` what `selection`, and the list of numbers if there is one, do not ask for.
///
/// # Errors
/// Names that nothing has.
pub fn choose(
    catalog: &mut Catalog,
    selection: &Selection,
    listed: Option<&[u32]>,
    database: &str,
) -> Result<Taken, SelectionError> {
    let mut taken =
        Taken { leaves_public: catalog.partial && catalog.database.public.is_none(), ..Taken::default() };
    let mut keep = vec![true; catalog.entries.len()];
    if selection.is_partial() || selection.content.sequence_values {
        let names = Names::of(catalog);
        let chosen = selection.choose(&names.world(catalog, database))?;
        let thing = |entry| names.thing(catalog, entry);
        chosen.check_picked(catalog.entries.iter().map(thing))?;
        for (keep, entry) in keep.iter_mut().zip(&catalog.entries) {
            *keep = match selection.has_names() {
                true => chosen.has(&thing(entry)),
                false => chosen.has_kind(&entry.kind),
            };
        }
        // What ties two objects together is there where both are.
        let links: Vec<usize> = positions(catalog, &["table_attach", "index_attach", "sequence_owned_by"]);
        for at in links {
            keep[at] &= catalog.entries[at].deps.iter().all(|dep| keep[*dep as usize - 1]);
        }
        for (keep, entry) in keep.iter_mut().zip(&catalog.entries) {
            *keep &= selection.content.has(&entry.kind, entry.section);
        }
        let has_public = !selection.has_names() || chosen.has_schema("public");
        taken.leaves_public |= !has_public || !selection.content.has("schema", Section::PreData);
    }
    if let Some(listed) = listed {
        let known = catalog.entries.len();
        if let Some(unknown) = listed.iter().find(|id| **id as usize > known) {
            let (what, pattern) = ("entries", Some(unknown.to_string()));
            return Err(SelectionError::NoMatch { what, pattern });
        }
        let listed: HashSet<u32> = listed.iter().copied().collect();
        keep.iter_mut().zip(&catalog.entries).for_each(|(keep, entry)| *keep &= listed.contains(&entry.id));
        taken.leaves_public = true;
    }
    taken.missing = missing(catalog, &keep);
    for (keep, entry) in keep.iter().zip(&mut catalog.entries) {
        match keep {
            true => selection.leave_out.apply(entry),
            false => leave_out(entry),
        }
    }
    catalog.partial |= keep.contains(&false);
    Ok(taken)
}

fn is_relation(kind: &str) -> bool {
    matches!(kind, "table" | "foreign_table" | "view" | "materialized_view" | "sequence")
}

fn positions(catalog: &Catalog, kinds: &[&str]) -> Vec<usize> {
    let entries = catalog.entries.iter().enumerate();
    entries.filter(|(_, entry)| kinds.contains(&entry.kind.as_str())).map(|(at, _)| at).collect()
}

/// Locks are found by the kinds of relations; all others are nothing any more.
pub fn leave_out(entry: &mut Entry) {
    if !is_relation(&entry.kind) {
        entry.kind = "left_out".to_owned();
    }
    entry.left_out = true;
    for statements in [&mut entry.ddl, &mut entry.drop, &mut entry.comments] {
        statements.clear();
    }
    entry.labels.clear();
    entry.acl.clear();
    (entry.owner, entry.owner_sql) = (None, None);
    (entry.tablespace, entry.access_method) = (None, None);
    (entry.version, entry.data) = (None, None);
}

/// What is needed and not kept. Rows and values are nobody's need; each database has a schema `public`.
fn missing(catalog: &Catalog, keep: &[bool]) -> Vec<Missing> {
    let mut found: BTreeMap<u32, &Entry> = BTreeMap::new();
    let kept = || catalog.entries.iter().zip(keep).filter(|(_, keep)| **keep).map(|(entry, _)| entry);
    for entry in kept() {
        for dep in entry.deps.iter().filter(|dep| !keep[**dep as usize - 1]) {
            found.entry(*dep).or_insert(entry);
        }
    }
    let needed = found.into_iter().map(|(id, by)| (&catalog.entries[id as usize - 1], by));
    let ours = needed.filter(|(entry, _)| is_need(&entry.kind)).map(|(entry, by)| Missing {
        kind: entry.kind.clone(),
        schema: entry.schema.clone(),
        name: entry.name.clone(),
        label: entry.label.clone(),
        needed_by: by.label.clone(),
    });
    let labels: HashSet<&str> = kept().map(|entry| entry.label.as_str()).collect();
    let of_dump = catalog.missing.iter().filter(|missing| labels.contains(missing.needed_by.as_str()));
    ours.chain(of_dump.cloned()).collect()
}

/// Kinds of what can be asked for on a target.
fn is_need(kind: &str) -> bool {
    is_relation(kind)
        || matches!(
            kind,
            "schema"
                | "extension"
                | "function"
                | "procedure"
                | "aggregate"
                | "enum"
                | "composite"
                | "domain"
                | "range"
                | "base_type"
        )
}

/// The names in an archive.
struct Names {
    /// Positions of relations in the world, by schema and name.
    at: HashMap<(String, String), usize>,
    relations: Vec<Relation>,
    /// By id of a relation's entry: its place in `relations`.
    place: HashMap<u32, usize>,
}

impl Names {
    fn of(catalog: &Catalog) -> Self {
        let mut names = Self { at: HashMap::new(), relations: Vec::new(), place: HashMap::new() };
        for entry in catalog.entries.iter().filter(|entry| is_relation(&entry.kind)) {
            let at = names.add(entry, None);
            names.place.insert(entry.id, at);
        }
        // Tables of extensions have rows, and no entry of their own.
        for entry in &catalog.entries {
            if matches!(entry.kind.as_str(), "table_data" | "sequence_value")
                && names.position(entry).is_none()
            {
                let extension = extension_of(catalog, entry).map(str::to_owned);
                names.add(entry, extension);
            }
        }
        names.link(catalog);
        names
    }

    fn add(&mut self, entry: &Entry, extension: Option<String>) -> usize {
        let (schema, name) = (entry.schema.clone().unwrap_or_default(), entry.name.clone());
        let at = self.relations.len();
        self.at.insert((schema.clone(), name.clone()), at);
        self.relations.push(Relation { schema, name, extension, ..Relation::default() });
        at
    }

    /// Who inherits from whom, and which tables own sequences.
    fn link(&mut self, catalog: &Catalog) {
        for entry in &catalog.entries {
            let on: Vec<usize> = entry.deps.iter().filter_map(|dep| self.place.get(dep).copied()).collect();
            let own = self.position(entry);
            match (entry.kind.as_str(), own) {
                ("table" | "foreign_table" | "table_attach", Some(own)) => {
                    let parents = on.into_iter().filter(|at| *at != own);
                    self.relations[own].parents.extend(parents);
                }
                ("sequence", Some(own)) => {
                    if let Some(table) = on.first() {
                        self.relations[own].owner = Some(*table);
                        self.relations[own].identity = true;
                    }
                }
                ("sequence_owned_by", Some(own)) => {
                    self.relations[own].owner = on.into_iter().find(|at| *at != own);
                }
                _ => {}
            }
        }
    }

    /// The relation that has the name of an entry.
    fn position(&self, entry: &Entry) -> Option<usize> {
        let schema = entry.schema.clone().unwrap_or_default();
        self.at.get(&(schema, entry.name.clone())).copied()
    }

    fn world(&self, catalog: &Catalog, database: &str) -> World {
        let schemas = catalog.entries.iter().filter_map(|entry| match entry.kind.as_str() {
            "schema" => Some(entry.name.clone()),
            _ => entry.schema.clone(),
        });
        let of_extensions = catalog.entries.iter().filter(|entry| entry.kind == "extension");
        World {
            database: database.to_owned(),
            path: None,
            schemas: schemas.chain(["public".to_owned()]).collect(),
            extensions: of_extensions.map(|entry| entry.name.clone()).collect(),
            relations: self.relations.clone(),
        }
    }

    fn thing<'a>(&self, catalog: &'a Catalog, entry: &'a Entry) -> Thing<'a> {
        Thing {
            kind: &entry.kind,
            schema: entry.schema.as_deref(),
            name: &entry.name,
            table: entry.table.as_deref(),
            // `function s.f(integer)`
            reference: entry.label.split_once(' ').map_or("", |(_, reference)| reference),
            part: self.part(catalog, entry),
        }
    }

    fn part<'a>(&self, catalog: &'a Catalog, entry: &Entry) -> Part<'a> {
        let on = || entry.deps.iter().find_map(|dep| self.place.get(dep).copied());
        let relation = match (entry.kind.as_str(), &entry.table) {
            ("domain_check", _) => None,
            ("statistics_object" | "index_attach", _) => on(),
            (_, Some(table)) => {
                let schema = entry.schema.clone().unwrap_or_default();
                self.at.get(&(schema, table.clone())).copied()
            }
            (
                "table_data" | "sequence_value" | "refresh" | "table_attach" | "row_security"
                | "sequence_owned_by" | "publication_table",
                None,
            ) => self.position(entry),
            (kind, None) if is_relation(kind) => self.place.get(&entry.id).copied(),
            _ => None,
        };
        match (relation, entry.kind.as_str()) {
            (Some(at), _) => Part::Relation(at),
            (None, "changed_acl") => extension_of(catalog, entry).map_or(Part::None, Part::Extension),
            _ => Part::None,
        }
    }
}

fn extension_of<'a>(catalog: &'a Catalog, entry: &Entry) -> Option<&'a str> {
    let entries = entry.deps.iter().map(|dep| &catalog.entries[*dep as usize - 1]);
    entries.into_iter().find(|entry| entry.kind == "extension").map(|entry| entry.name.as_str())
}
