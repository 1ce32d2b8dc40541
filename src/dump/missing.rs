//! What the objects of a selection need and the selection leaves out: the archive says it, so that a restore can ask
//! its target before it begins. Pure.

use std::collections::{BTreeMap, HashMap};

use super::choice::Choice;
use super::entries::label;
use crate::manifest::Missing;
use crate::object::{CatalogId, Class, Database, Kind, Object};

/// Objects that are left out, and those that they are needed by.
pub struct LeftOut<'a> {
    database: &'a Database,
    choice: &'a Choice,
    aliases: &'a HashMap<CatalogId, CatalogId>,
    objects: HashMap<CatalogId, &'a dyn Object>,
    found: BTreeMap<(String, Option<String>, String), Missing>,
}

impl<'a> LeftOut<'a> {
    /// Of these objects nothing is dumped.
    pub fn new(
        database: &'a Database,
        choice: &'a Choice,
        aliases: &'a HashMap<CatalogId, CatalogId>,
        objects: impl Iterator<Item = &'a dyn Object>,
    ) -> Self {
        let objects = objects.filter(|object| is_wanted(*object));
        let objects = objects.map(|object| (object.id(), object)).collect();
        Self { database, choice, aliases, objects, found: BTreeMap::new() }
    }

    /// Whether what has that identity is left out.
    pub fn has(&self, id: CatalogId) -> bool {
        let relation = || id.class == Class::RELATION && self.choice.left_out(id.oid).is_some();
        self.objects.contains_key(&id) || relation()
    }

    /// `object` needs what has that identity; if that is left out, it is missing.
    pub fn needs(&mut self, object: &dyn Object, id: CatalogId) {
        let mut at = id;
        // As for dependencies: an array of row types needs two steps.
        for _ in 0..4 {
            if let Some(&left_out) = self.objects.get(&at) {
                return self.add(object, left_out);
            }
            if let Some((kind, schema, name)) =
                Some(at).filter(|at| at.class == Class::RELATION).and_then(|at| self.choice.left_out(at.oid))
            {
                let reference = crate::sql::qualified(Some(schema), name);
                let label = format!("{} {reference}", kind.replace('_', " "));
                return self.insert(object, kind, Some(schema), name, label);
            }
            at = match (self.database.lookup.member_of.get(&at), self.aliases.get(&at)) {
                (Some(&extension), _) if at.class != Class::EXTENSION => {
                    CatalogId::new(Class::EXTENSION, extension)
                }
                (_, Some(&target)) => target,
                _ => return,
            };
        }
    }

    /// `object` needs `left_out`.
    pub fn add(&mut self, object: &dyn Object, left_out: &dyn Object) {
        if is_wanted(left_out) {
            let kind = left_out.kind().stem();
            self.insert(object, kind, left_out.schema(), left_out.name(), label(left_out));
        }
    }

    fn insert(&mut self, by: &dyn Object, kind: &str, schema: Option<&str>, name: &str, label_of: String) {
        let needed_by = label(by);
        let key = (kind.to_owned(), schema.map(str::to_owned), name.to_owned());
        let missing = Missing {
            kind: key.0.clone(),
            schema: key.1.clone(),
            name: key.2.clone(),
            label: label_of,
            needed_by,
        };
        // The least of them all, so that equal databases have equal catalogs.
        let known = self.found.entry(key).or_insert_with(|| missing.clone());
        if missing < *known {
            *known = missing;
        }
    }

    /// All that is missing.
    pub fn missing(self) -> Vec<Missing> {
        self.found.into_values().collect()
    }
}

/// What others can need: definitions that stand before the rows, and keys. Every database has a schema `public`.
fn is_wanted(object: &dyn Object) -> bool {
    let kind = object.kind();
    let is_part = matches!(kind, Kind::SequenceOwnedBy | Kind::TableAttach | Kind::Default | Kind::ShellType);
    let is_public = kind == Kind::Schema && object.name() == "public";
    !is_public && !is_part && (kind < Kind::PreDataBoundary || kind == Kind::Key)
}
