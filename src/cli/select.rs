//! From the command line to a selection.

#![expect(
    clippy::disallowed_methods,
    reason = "the command line is an edge: it reads the files that it names"
)]

use std::collections::{BTreeSet, HashSet};
use std::io::Read;
use std::path::Path;

use pgark::manifest::Section;
use pgark::selection::{
    Content, LeaveOut, Pattern, PatternError, Place, RoutinePattern, Selection, TablePattern, apply_filter,
};

use super::arguments;
use super::arguments::{Names, Picks, SectionName, Select};
use super::exit;
use super::report::Report;
use super::stdio::visible;

/// What the words common to dump and restore ask for.
///
/// # Errors
/// A pattern that is none, a filter file that cannot be read.
pub fn selection(select: &Select, leave_out: arguments::LeaveOut, place: Place) -> Result<Selection, Report> {
    let content = Selection {
        exclude_rows: tables(&select.exclude_table_data, &select.exclude_table_data_and_children)?,
        large_objects: match (select.large_objects, select.no_large_objects) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        },
        content: Content {
            definitions_only: select.schema_only,
            rows_only: select.data_only,
            sequence_values: select.sequence_data,
            sections: sections(&select.section),
        },
        ..Selection::default()
    };
    named(&select.names, leave_out, place, content)
}

/// What the words ask for that a script of definitions has in common with a restore; the rest is that of `content`.
///
/// # Errors
/// As [`selection`].
pub fn named(
    names: &Names,
    leave_out: arguments::LeaveOut,
    place: Place,
    content: Selection,
) -> Result<Selection, Report> {
    let mut selection = Selection {
        schemas: schemas(&names.schema)?,
        exclude_schemas: schemas(&names.exclude_schema)?,
        tables: tables(&names.table, &names.table_and_children)?,
        exclude_tables: tables(&names.exclude_table, &names.exclude_table_and_children)?,
        exclude_extensions: extensions(&names.exclude_extension)?,
        narrow: place == Place::Restore,
        strict: names.strict_names,
        leave_out: LeaveOut {
            owner: leave_out.no_owner,
            privileges: leave_out.no_privileges,
            comments: leave_out.no_comments,
            labels: leave_out.no_security_labels,
            policies: leave_out.no_policies,
            publications: leave_out.no_publications,
            subscriptions: leave_out.no_subscriptions,
            tablespaces: leave_out.no_tablespaces,
            access_methods: leave_out.no_table_access_method,
            compression: false,
        },
        ..content
    };
    for file in &names.filter {
        let text = read(file)?;
        apply_filter(&text, place, &mut selection).map_err(|error| {
            Report::new(exit::USAGE, "the filter file cannot be used").cause(&error.reason).place(format!(
                "{}, line {}",
                visible(&file.to_string_lossy()),
                error.line
            ))
        })?;
    }
    Ok(selection)
}

/// A selection with what only an archive is asked for.
///
/// # Errors
/// A pattern that is none.
pub fn picked(selection: Selection, picks: &Picks, extension: &[String]) -> Result<Selection, Report> {
    let with = |mut known: Vec<Pattern>, more: Vec<Pattern>| {
        known.extend(more);
        known
    };
    Ok(Selection {
        extensions: with(selection.extensions, extensions(extension)?),
        extensions_only: !extension.is_empty(),
        indexes: with(selection.indexes, qualified(&picks.index)?),
        triggers: with(selection.triggers, qualified(&picks.trigger)?),
        routines: routines(&picks.function)?.into_iter().chain(selection.routines).collect(),
        bare: picks.only,
        ..selection
    })
}

/// The numbers in a list as `pgark list --toc` prints it, in order: the first word of each line, up to a `;`.
///
/// # Errors
/// A line that begins with anything else; a number twice.
pub fn list(file: &Path) -> Result<Vec<u32>, Report> {
    let text = read(file)?;
    let mut numbers = Vec::new();
    let mut seen = HashSet::new();
    for (at, line) in text.lines().enumerate() {
        let entry = line.split(';').next().unwrap_or_default();
        let Some(word) = entry.split_whitespace().next() else { continue };
        let wrong = |cause: &str| {
            Report::new(exit::USAGE, "the list of entries cannot be used")
                .cause(cause)
                .place(format!("{}, line {}", visible(&file.to_string_lossy()), at + 1))
                .hint("make it with pgark list ARCHIVE --toc, then remove lines or put ; before them")
        };
        let number: u32 =
            word.parse().map_err(|_| wrong("a line does not begin with the number of an entry"))?;
        if number == 0 || !seen.insert(number) {
            return Err(wrong(&format!("entry {number} is there twice, or cannot be")));
        }
        numbers.push(number);
    }
    Ok(numbers)
}

fn read(file: &Path) -> Result<String, Report> {
    let read = match file.as_os_str() == "-" {
        true => {
            let mut text = String::new();
            std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
        }
        false => std::fs::read_to_string(file),
    };
    read.map_err(|error| {
        let name = visible(&file.to_string_lossy());
        Report::new(exit::NOT_FOUND, format!("cannot read the file {name}")).cause(error)
    })
}

/// `--section`.
pub fn sections(names: &[SectionName]) -> BTreeSet<Section> {
    let section = |name: &SectionName| match name {
        SectionName::PreData => Section::PreData,
        SectionName::Data => Section::Data,
        SectionName::PostData => Section::PostData,
    };
    names.iter().map(section).collect()
}

fn schemas(patterns: &[String]) -> Result<Vec<Pattern>, Report> {
    patterns.iter().map(|text| Pattern::schema(text)).collect::<Result<_, _>>().map_err(wrong)
}

/// Patterns of what is in no schema.
pub fn extensions(patterns: &[String]) -> Result<Vec<Pattern>, Report> {
    patterns.iter().map(|text| Pattern::plain(text)).collect::<Result<_, _>>().map_err(wrong)
}

/// Patterns of what is in schemas.
fn qualified(patterns: &[String]) -> Result<Vec<Pattern>, Report> {
    patterns.iter().map(|text| Pattern::qualified(text)).collect::<Result<_, _>>().map_err(wrong)
}

/// Patterns of functions.
fn routines(patterns: &[String]) -> Result<Vec<RoutinePattern>, Report> {
    patterns.iter().map(|text| RoutinePattern::new(text)).collect::<Result<_, _>>().map_err(wrong)
}

fn tables(alone: &[String], with_children: &[String]) -> Result<Vec<TablePattern>, Report> {
    let alone = alone.iter().map(|text| (text, false));
    alone
        .chain(with_children.iter().map(|text| (text, true)))
        .map(|(text, children)| Ok(TablePattern { pattern: Pattern::qualified(text)?, children }))
        .collect::<Result<_, _>>()
        .map_err(wrong)
}

fn wrong(error: PatternError) -> Report {
    Report::new(exit::USAGE, error)
}
