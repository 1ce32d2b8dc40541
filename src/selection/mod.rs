//! Which objects take part in a dump or a restore: pg_dump's words, with one meaning for both (ordering.md §10, §16,
//! §17). Pure.
//!
//! [`Selection`] is what was asked for; [`Selection::choose`] applies it to the names of a database or an archive
//! ([`World`]), and the [`Chosen`] then decides object by object ([`Thing`]). [`Selection::take`] does so with the entries of
//! an archive.

mod choose;
mod entries;
mod filter_file;
mod leave_out;
mod pattern;
mod routine;
mod thing;

use std::collections::BTreeSet;

use crate::manifest::Section;

pub use choose::{Chosen, Relation, SelectionError, World};
pub use entries::{Taken, is_relation, leave_out};
pub use filter_file::{FilterError, Place, apply_filter};
pub use leave_out::LeaveOut;
pub use pattern::{Pattern, PatternError};
pub use routine::RoutinePattern;
pub use thing::{Part, Thing};

/// A pattern of tables, perhaps with all that inherits from them, their partitions too.
#[derive(Clone, Debug, PartialEq)]
pub struct TablePattern {
    /// The pattern.
    pub pattern: Pattern,
    /// With partitions and children, recursively and whatever their names.
    pub children: bool,
}

/// What takes part. The default is everything.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// `-n`: these schemas and what they contain.
    pub schemas: Vec<Pattern>,
    /// `-N`
    pub exclude_schemas: Vec<Pattern>,
    /// `-t`, `--table-and-children`: these relations with what hangs on them, and nothing else.
    pub tables: Vec<TablePattern>,
    /// `-T`, `--exclude-table-and-children`
    pub exclude_tables: Vec<TablePattern>,
    /// `--exclude-table-data`, `--exclude-table-data-and-children`: their definitions only.
    pub exclude_rows: Vec<TablePattern>,
    /// `-e`, and `include extension` of filter files.
    pub extensions: Vec<Pattern>,
    /// `-e` was said on the command line: what is in no schema is left out then (ordering.md §16).
    pub extensions_only: bool,
    /// `--exclude-extension`
    pub exclude_extensions: Vec<Pattern>,
    /// `-I`: these indexes, at restore.
    pub indexes: Vec<Pattern>,
    /// `-P`: these functions, procedures and aggregates, at restore.
    pub routines: Vec<RoutinePattern>,
    /// `--trigger`: these triggers, at restore.
    pub triggers: Vec<Pattern>,
    /// `-n` and `-N` narrow what `-t` and its like name, as for pg_restore; for pg_dump they have no influence then.
    pub narrow: bool,
    /// `--only`: of relations that `-t` names nothing but themselves and their rows.
    pub bare: bool,
    /// Each pattern that includes something must match something.
    pub strict: bool,
    /// `-b` is `true`, `-B` is `false`; otherwise large objects come with everything.
    pub large_objects: Option<bool>,
    /// `--no-unlogged-table-data`
    pub no_unlogged_rows: bool,
    /// Which parts of the objects.
    pub content: Content,
    /// Classes of objects and clauses that are left out.
    pub leave_out: LeaveOut,
}

/// Definitions, rows, sections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// `-s`: no rows, values of sequences, large objects, refreshes.
    pub definitions_only: bool,
    /// `-a`: nothing but them.
    pub rows_only: bool,
    /// `--sequence-data`: values of sequences, though only definitions are asked for.
    pub sequence_values: bool,
    /// `--section`; empty is all.
    pub sections: BTreeSet<Section>,
}

impl Content {
    /// Whether this is everything.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Whether rows, values, refreshes take part, sections apart.
    pub fn has_rows(&self) -> bool {
        !self.definitions_only
    }

    /// Whether an object of that kind takes part, if it is in that section.
    pub fn has(&self, kind: &str, section: Section) -> bool {
        let asked = self.sections.is_empty() || self.sections.contains(&section);
        asked && self.has_kind(kind)
    }

    /// Whether objects of that kind take part, sections apart.
    pub fn has_kind(&self, kind: &str) -> bool {
        match is_data(kind) {
            // It runs what definitions say, on rows.
            true if kind == "refresh" => !self.definitions_only && !self.rows_only,
            true => !self.definitions_only || self.sequence_values && kind == "sequence_value",
            false => !self.rows_only,
        }
    }
}

/// Kinds that are no definitions, as for pg_dump: a refresh is the data of a materialized view.
pub fn is_data(kind: &str) -> bool {
    matches!(kind, "table_data" | "sequence_value" | "large_object" | "large_object_data" | "refresh")
}

impl Selection {
    /// Whether names decide at all; if not, every object is asked for (kinds and sections apart).
    pub fn has_names(&self) -> bool {
        self.picks()
            || self.extensions_only
            || [&self.schemas, &self.exclude_schemas, &self.extensions, &self.exclude_extensions]
                .iter()
                .any(|patterns| !patterns.is_empty())
            || !self.exclude_tables.is_empty()
            || !self.exclude_rows.is_empty()
    }

    /// Whether single objects are asked for: everything else is left out then.
    fn picks(&self) -> bool {
        !(self.tables.is_empty()
            && self.indexes.is_empty()
            && self.routines.is_empty()
            && self.triggers.is_empty())
    }

    /// Whether this is less than everything, in names, content or classes of objects.
    pub fn is_partial(&self) -> bool {
        self.has_names()
            || !self.content.is_all()
            || self.large_objects == Some(false)
            || self.leave_out.kinds()
    }

    /// pg_dump's "everything": what is in no schema takes part, too.
    fn everything(&self) -> bool {
        !self.picks() && self.schemas.is_empty() && !self.extensions_only
    }
}
