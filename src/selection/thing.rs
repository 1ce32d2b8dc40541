//! Which objects take part, kind by kind, once schemas, extensions and relations are chosen (pg_dump's rules:
//! ordering.md §16).

use super::choose::{Chosen, SelectionError};
use super::{Pattern, RoutinePattern, Selection};

/// What a selection looks at: an object of a database, or an entry of an archive.
#[derive(Clone, Copy, Debug)]
pub struct Thing<'a> {
    /// Stem of the kind.
    pub kind: &'a str,
    /// Schema; of privileges on a schema, that one.
    pub schema: Option<&'a str>,
    /// Name, unquoted.
    pub name: &'a str,
    /// Table that it hangs on, unquoted.
    pub table: Option<&'a str>,
    /// How SQL names it.
    pub reference: &'a str,
    /// What it is, or is a part of.
    pub part: Part<'a>,
}

/// What decides about a thing besides its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Its schema, if it has one.
    None,
    /// This relation: itself, its rows, or what hangs on it. Position in [`World::relations`].
    ///
    /// [`World::relations`]: super::World::relations
    Relation(usize),
    /// This extension.
    Extension(&'a str),
}

impl Chosen {
    /// Whether large objects take part.
    pub fn has_large_objects(&self) -> bool {
        self.selection.content.has_rows()
            && self.selection.large_objects.unwrap_or_else(|| self.selection.everything())
    }

    /// Whether objects of that kind take part at all, where names decide nothing.
    pub fn has_kind(&self, kind: &str) -> bool {
        let large_objects = self.selection.large_objects != Some(false);
        !self.selection.leave_out.has_kind(kind) && (large_objects || !kind.starts_with("large_object"))
    }

    /// Whether a thing takes part, its section and what is no definition apart.
    pub fn has(&self, thing: &Thing<'_>) -> bool {
        let selection = &self.selection;
        if !self.has_kind(thing.kind) {
            return false;
        }
        if self.is_picked(thing) {
            return true;
        }
        let everything = selection.everything();
        match (thing.kind, thing.part) {
            ("schema", _) => self.has_schema(thing.name),
            ("extension", _) => self.extensions.contains(thing.name),
            ("large_object" | "large_object_data", _) => selection.large_objects.unwrap_or(everything),
            ("table_data" | "sequence_value" | "refresh", Part::Relation(at)) => self.relations[at].rows,
            ("publication_table", Part::Relation(at)) => everything && self.relations[at].definition,
            ("publication_schema", _) => everything && self.schemas.contains(thing.name),
            // It may be in another schema than its table, which then takes part itself or not.
            ("statistics_object", Part::Relation(at)) => {
                let has = |schema| {
                    if selection.picks() { schema == self.homes[at] } else { self.has_schema(schema) }
                };
                !selection.bare && self.relations[at].definition && thing.schema.is_some_and(has)
            }
            (kind, Part::Relation(at)) => {
                self.relations[at].definition && (is_relation(kind) || !selection.bare)
            }
            (_, Part::Extension(name)) => self.extensions.contains(name),
            // What is changed in pg_catalog belongs to all.
            ("changed_acl", _) => {
                everything && thing.schema.is_none_or(|schema| !selection.excludes_schema(schema))
            }
            (_, Part::None) => thing.schema.map_or(everything, |schema| self.has_schema(schema)),
        }
    }

    /// Whether anything of a relation takes part, so that it is locked.
    pub fn touches(&self, at: usize) -> bool {
        self.relations[at].definition || self.relations[at].rows
    }

    /// What was asked for.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Whether a relation is not made, be it by an extension.
    pub fn leaves_out(&self, at: usize) -> bool {
        !self.relations[at].definition && !self.relations[at].by_extension
    }

    /// Whether the rows of a relation take part.
    pub fn reads(&self, at: usize) -> bool {
        self.relations[at].rows && self.selection.content.has_rows()
    }

    /// Whether what a schema contains takes part.
    pub fn has_schema(&self, name: &str) -> bool {
        !self.selection.picks() && self.schemas.contains(name)
    }

    /// A pattern for single objects that none of these things matches, if there has to be one.
    ///
    /// # Errors
    /// [`SelectionError::NoMatch`].
    pub fn check_picked<'a>(
        &self,
        things: impl Iterator<Item = Thing<'a>> + Clone,
    ) -> Result<(), SelectionError> {
        let selection = &self.selection;
        let positions = |matches: &dyn Fn(&Thing<'a>) -> bool| -> Vec<usize> {
            things.clone().enumerate().filter(|(_, thing)| matches(thing)).map(|(at, _)| at).collect()
        };
        selection.included("indexes", &selection.indexes, |pattern: &Pattern| {
            positions(&|thing| is_index(thing, pattern))
        })?;
        selection.included("triggers", &selection.triggers, |pattern: &Pattern| {
            positions(&|thing| is_trigger(thing, pattern))
        })?;
        selection.included("functions", &selection.routines, |pattern| {
            positions(&|thing| is_routine(thing, pattern))
        })?;
        Ok(())
    }

    /// Whether one of the patterns for single objects asks for it.
    fn is_picked(&self, thing: &Thing<'_>) -> bool {
        let selection = &self.selection;
        self.is_in_scope(thing.schema)
            && (selection.indexes.iter().any(|pattern| is_index(thing, pattern))
                || selection.triggers.iter().any(|pattern| is_trigger(thing, pattern))
                || selection.routines.iter().any(|pattern| is_routine(thing, pattern)))
    }

    fn is_in_scope(&self, schema: Option<&str>) -> bool {
        !self.selection.narrow || schema.is_none_or(|schema| self.schemas.contains(schema))
    }
}

fn is_index(thing: &Thing<'_>, pattern: &Pattern) -> bool {
    thing.kind == "index" && pattern.matches(thing.schema.unwrap_or_default(), thing.name)
}

/// By its own name, or as pg_restore calls it: `table trigger`.
fn is_trigger(thing: &Thing<'_>, pattern: &Pattern) -> bool {
    let schema = thing.schema.unwrap_or_default();
    let full = || format!("{} {}", thing.table.unwrap_or_default(), thing.name);
    thing.kind == "trigger" && (pattern.matches(schema, thing.name) || pattern.matches(schema, &full()))
}

fn is_routine(thing: &Thing<'_>, pattern: &RoutinePattern) -> bool {
    matches!(thing.kind, "function" | "procedure" | "aggregate")
        && pattern.matches(thing.schema.unwrap_or_default(), thing.name, thing.reference)
}

/// Kinds of relations.
fn is_relation(kind: &str) -> bool {
    matches!(kind, "table" | "foreign_table" | "view" | "materialized_view" | "sequence")
}
