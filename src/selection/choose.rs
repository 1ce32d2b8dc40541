//! From patterns to names: which schemas, extensions and relations take part.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use thiserror::Error;

use super::{Pattern, PatternError, Selection, TablePattern};

/// A relation: table, view, materialized view, sequence, foreign table.
#[derive(Clone, Debug, Default)]
pub struct Relation {
    /// Schema.
    pub schema: String,
    /// Name, unquoted.
    pub name: String,
    /// Positions of those that it inherits from, or is a partition of.
    pub parents: Vec<usize>,
    /// Position of the table that owns it, for the sequence of a column.
    pub owner: Option<usize>,
    /// It is the sequence of an identity column.
    pub identity: bool,
    /// The extension that makes it.
    pub extension: Option<String>,
}

/// The names of a database or an archive.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The database.
    pub database: String,
    /// The schemas in which names without one are looked for; `None` = in all.
    pub path: Option<Vec<String>>,
    /// Schemas.
    pub schemas: BTreeSet<String>,
    /// Extensions.
    pub extensions: BTreeSet<String>,
    /// Relations.
    pub relations: Vec<Relation>,
}

/// Why a selection cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SelectionError {
    /// A pattern that means nothing here.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// Nothing has such a name.
    #[error("no matching {what} were found{}", .pattern.as_ref().map(|text| format!(" for pattern \"{text}\"")).unwrap_or_default())]
    NoMatch {
        /// `tables`, `schemas` …
        what: &'static str,
        /// The pattern, if each has to match.
        pattern: Option<String>,
    },
}

/// What takes part of a relation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// Its definition, and what hangs on it.
    pub(super) definition: bool,
    /// Its rows, or its value.
    pub(super) rows: bool,
    /// An extension that takes part makes it.
    pub(super) by_extension: bool,
}

/// The answer to a selection.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub(super) selection: Selection,
    pub(super) schemas: HashSet<String>,
    pub(super) extensions: HashSet<String>,
    pub(super) relations: Vec<Taken>,
    /// In step with them: their schemas.
    pub(super) homes: Vec<String>,
}

impl Selection {
    /// Applies the patterns of schemas, extensions and relations.
    ///
    /// # Errors
    /// A pattern that means nothing; nothing that matches the patterns of one kind, with [`Selection::strict`] one
    /// of them.
    pub fn choose(&self, world: &World) -> Result<Chosen, SelectionError> {
        let schemas = self.choose_schemas(world)?;
        let extensions = self.choose_extensions(world)?;
        let relations = self.choose_relations(world, &schemas, &extensions)?;
        let homes = world.relations.iter().map(|relation| relation.schema.clone()).collect();
        Ok(Chosen { selection: self.clone(), schemas, extensions, relations, homes })
    }

    fn choose_schemas(&self, world: &World) -> Result<HashSet<String>, SelectionError> {
        for pattern in self.schemas.iter().chain(&self.exclude_schemas) {
            pattern.check_database(&world.database)?;
        }
        let matching =
            |pattern: &Pattern| world.schemas.iter().filter(|name| pattern.matches_name(name)).collect();
        let included = self.included("schemas", &self.schemas, matching)?;
        let excluded = |name: &&String| self.exclude_schemas.iter().any(|pattern| pattern.matches_name(name));
        let taken = |name: &&String| self.schemas.is_empty() || included.contains(name);
        Ok(world.schemas.iter().filter(taken).filter(|name| !excluded(name)).cloned().collect())
    }

    fn choose_extensions(&self, world: &World) -> Result<HashSet<String>, SelectionError> {
        let matching =
            |pattern: &Pattern| world.extensions.iter().filter(|name| pattern.matches_name(name)).collect();
        let included = self.included("extensions", &self.extensions, matching)?;
        let excluded =
            |name: &&String| self.exclude_extensions.iter().any(|pattern| pattern.matches_name(name));
        let taken = |name: &&String| {
            if self.extensions.is_empty() { self.everything() } else { included.contains(name) }
        };
        Ok(world.extensions.iter().filter(taken).filter(|name| !excluded(name)).cloned().collect())
    }

    fn choose_relations(
        &self,
        world: &World,
        schemas: &HashSet<String>,
        extensions: &HashSet<String>,
    ) -> Result<Vec<Taken>, SelectionError> {
        let finder = Finder::new(world);
        let all = [&self.tables, &self.exclude_tables, &self.exclude_rows];
        for pattern in all.into_iter().flatten() {
            pattern.pattern.check_database(&world.database)?;
        }
        let included = self.included("tables", &self.tables, |pattern| finder.find(pattern))?;
        let find_all = |patterns: &[TablePattern]| -> HashSet<usize> {
            patterns.iter().flat_map(|pattern| finder.find(pattern)).collect()
        };
        let (excluded, without_rows) = (find_all(&self.exclude_tables), find_all(&self.exclude_rows));
        let mut taken: Vec<Taken> = Vec::with_capacity(world.relations.len());
        for (at, relation) in world.relations.iter().enumerate() {
            let in_schema = schemas.contains(&relation.schema);
            let definition = if let Some(extension) = &relation.extension {
                // The extension makes it. Its rows may be the user's (configuration).
                let schema_named = !self.schemas.is_empty() && in_schema;
                let wanted = extensions.contains(extension) || included.contains(&at) || schema_named;
                let kept_out = excluded.contains(&at) || self.excludes_schema(&relation.schema);
                let rows = wanted && !kept_out && !without_rows.contains(&at);
                taken.push(Taken { definition: false, rows, by_extension: extensions.contains(extension) });
                continue;
            } else if self.picks() {
                included.contains(&at) && (in_schema || !self.narrow)
            } else {
                in_schema
            };
            let definition = definition && !excluded.contains(&at);
            taken.push(Taken { definition, rows: definition, by_extension: false });
        }
        if !self.bare {
            follow_owners(world, &mut taken);
        }
        for at in without_rows {
            taken[at].rows = false;
        }
        Ok(taken)
    }

    pub(super) fn excludes_schema(&self, name: &str) -> bool {
        self.exclude_schemas.iter().any(|pattern| pattern.matches_name(name))
    }

    /// What the patterns of one kind match, all together.
    pub(super) fn included<P: ToString, T: std::hash::Hash + Eq>(
        &self,
        what: &'static str,
        patterns: &[P],
        matching: impl Fn(&P) -> Vec<T>,
    ) -> Result<HashSet<T>, SelectionError> {
        let mut found = HashSet::new();
        for pattern in patterns {
            let matching = matching(pattern);
            if matching.is_empty() && self.strict {
                return Err(SelectionError::NoMatch { what, pattern: Some(pattern.to_string()) });
            }
            found.extend(matching);
        }
        if found.is_empty() && !patterns.is_empty() {
            return Err(SelectionError::NoMatch { what, pattern: None });
        }
        Ok(found)
    }
}

/// Sequences of columns go where their tables go; that of an identity column goes nowhere else.
fn follow_owners(world: &World, taken: &mut [Taken]) {
    for (at, relation) in world.relations.iter().enumerate() {
        let Some(owner) = relation.owner else { continue };
        if world.relations[owner].extension.is_some() {
            continue;
        }
        let owner = taken[owner];
        if relation.identity {
            taken[at] = owner;
        } else {
            taken[at].definition |= owner.definition;
            taken[at].rows |= owner.rows;
        }
    }
}

impl fmt::Display for TablePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pattern.fmt(f)
    }
}

/// Finds relations by pattern.
struct Finder<'a> {
    world: &'a World,
    /// Positions of those that inherit from the key.
    children: HashMap<usize, Vec<usize>>,
    /// By name the place in the path of the schema in which it is found first.
    first: HashMap<&'a str, usize>,
}

impl<'a> Finder<'a> {
    fn new(world: &'a World) -> Self {
        let mut children: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (at, relation) in world.relations.iter().enumerate() {
            for parent in &relation.parents {
                children.entry(*parent).or_default().push(at);
            }
            if let Some(place) = place(world, &relation.schema) {
                let first = first.entry(&relation.name).or_insert(place);
                *first = place.min(*first);
            }
        }
        Self { world, children, first }
    }

    fn find(&self, pattern: &TablePattern) -> Vec<usize> {
        let relations = self.world.relations.iter().enumerate();
        let matching = relations.filter(|(_, relation)| {
            pattern.pattern.matches(&relation.schema, &relation.name)
                && (pattern.pattern.has_schema() || self.is_visible(relation))
        });
        let mut open: Vec<usize> = matching.map(|(at, _)| at).collect();
        if !pattern.children {
            return open;
        }
        let mut found = BTreeSet::new();
        while let Some(at) = open.pop() {
            if found.insert(at) {
                open.extend(self.children.get(&at).into_iter().flatten());
            }
        }
        found.into_iter().collect()
    }

    /// Whether its name alone, as the session would look for it, is its own.
    fn is_visible(&self, relation: &Relation) -> bool {
        if self.world.path.is_none() {
            return true;
        }
        let place = place(self.world, &relation.schema);
        place.is_some() && self.first.get(relation.name.as_str()).copied() == place
    }
}

fn place(world: &World, schema: &str) -> Option<usize> {
    world.path.as_ref()?.iter().position(|name| name == schema)
}
