//! Which rows are copied, in which format and pieces. Pure but for what the source says of itself.

use std::collections::{BTreeMap, HashMap};

use super::Options;
use super::entries::manifest_columns;
use super::locks::lock_nowait;
use super::outline::Outline;
use super::plan::{Of, Part, Split, load_statement, table_parts};
use crate::archive::{Source, SourceColumn};
use crate::manifest::{Data, Entry, RowFormat};
use crate::object::extension::{Config, config_relations};
use crate::object::table::Table;
use crate::object::table::data::{names_relations, row_format};
use crate::object::{CatalogId, Class, Database};
use crate::sql::{literal, qualified};
use crate::version::Version;

/// A part, with what its worker needs to know.
#[derive(Clone, Debug)]
pub struct PlannedPart {
    /// The COPY.
    pub part: Part,
    /// How messages name its table.
    pub label: String,
    /// The statement that locks the table.
    pub lock: Option<String>,
    /// SOURCE of its frame 0.
    pub source: Source,
}

/// Facts of the server that decide how rows are read.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its version.
    pub version: Version,
    /// `server_encoding`.
    pub encoding: String,
    /// It is a standby: unlogged relations are there, but empty and not to be read (documentation: CREATE TABLE, UNLOGGED).
    pub standby: bool,
    /// pg_largeobject may be read directly.
    pub reads_large_objects: bool,
}

/// How much is read of one entry.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extent {
    /// COPY statements.
    pub parts: u32,
    /// Blocks of the heap; 0 where it is not read in ranges of blocks.
    pub pages: u64,
}

/// How the rows or the value of one entry are read.
#[derive(Debug)]
pub enum Rows {
    /// By these COPYs.
    Read(Extent, Vec<PlannedPart>),
    /// Not at all: what is missing.
    Absent(String),
}

/// What will be copied.
#[derive(Debug, Default)]
pub struct DataPlan {
    /// Biggest first.
    pub parts: Vec<PlannedPart>,
    /// Parts and blocks per entry.
    pub extents: HashMap<u32, Extent>,
    /// Entries whose rows or value cannot be had, and what they are.
    pub absent: BTreeMap<u32, String>,
}

/// Plans how rows are read, one entry after the other.
pub struct Planner<'a> {
    database: &'a Database,
    server: &'a Server,
    split: Split,
    config: HashMap<u32, Config<'a>>,
    conditions: &'a HashMap<u32, String>,
    text_only: bool,
}

impl<'a> Planner<'a> {
    /// For the entries of `database`.
    pub fn new(
        database: &'a Database,
        server: &'a Server,
        options: &Options,
        conditions: &'a HashMap<u32, String>,
    ) -> Self {
        let total_bytes = database.tables.iter().map(|table| table.bytes.max(0) as u64).sum();
        let split =
            Split { jobs: options.jobs, above: options.split_above, source: server.version, total_bytes };
        let config = config_relations(database);
        Self { database, server, split, config, conditions, text_only: options.text_only }
    }

    /// Plans the rows of an entry, and says in it how they are stored; `None` for an entry without.
    pub fn plan(&self, entry: &mut Entry, id: CatalogId) -> Option<Rows> {
        let Self { database, server, .. } = *self;
        if server.standby && is_unlogged(id, database) {
            return Some(Rows::Absent(format!("{}: it is unlogged, and the server a standby", entry.label)));
        }
        let mut pages = 0;
        let parts = if id.class == Class::SYNTHETIC_DATA {
            let table = database.table(id.oid)?;
            pages = table.pages.max(0) as u64;
            let rows = match self.config.get(&table.oid).and_then(|config| config.condition) {
                Some(clause) => Of::Extension(clause),
                None => self.conditions.get(&table.oid).map_or(Of::All, |condition| Of::Some(condition)),
            };
            plan_table(entry, table, rows, database, server, &self.split, self.text_only)
        } else if id.class == Class::SYNTHETIC_LARGE_OBJECTS {
            vec![plan_large_objects(entry, server, database.large_objects.len() as u64)]
        } else {
            return None;
        };
        let pages = if parts.len() > 1 { pages } else { 0 };
        Some(Rows::Read(Extent { parts: parts.len() as u32, pages }, parts))
    }
}

/// Takes the plans of all entries together.
pub fn data_plan(entries: &mut [Outline]) -> DataPlan {
    let mut plan = DataPlan::default();
    for entry in entries {
        match entry.rows.take().map(|rows| *rows) {
            Some(Rows::Read(extent, parts)) => {
                plan.extents.insert(entry.id, extent);
                plan.parts.extend(parts);
            }
            Some(Rows::Absent(what)) => drop(plan.absent.insert(entry.id, what)),
            None => {}
        }
    }
    // Stable: parts of one table stay together and in order, so reads of a disk are sequential.
    plan.parts.sort_by_key(|planned| std::cmp::Reverse(planned.part.bytes));
    plan
}

/// Whether an entry stands for the rows of an unlogged table or the value of an unlogged sequence.
pub fn is_unlogged(id: CatalogId, database: &Database) -> bool {
    match id.class {
        Class::SYNTHETIC_DATA => database.table(id.oid).is_some_and(|table| table.persistence == "u"),
        Class::SYNTHETIC_SEQUENCE_VALUE => {
            let at = database.lookup.sequence.get(&id.oid);
            at.is_some_and(|at| database.sequences[*at].persistence == "u")
        }
        _ => false,
    }
}

fn plan_table(
    entry: &mut Entry,
    table: &Table,
    rows: Of<'_>,
    database: &Database,
    server: &Server,
    split: &Split,
    text_only: bool,
) -> Vec<PlannedPart> {
    let types = || table.copied_columns().map(|column| column.type_oid);
    let (format, needs_target) =
        if text_only { (RowFormat::Text, None) } else { row_format(types(), database, server.version) };
    let root = table.via_root.and_then(|oid| database.table(oid));
    let target = root.unwrap_or(table);
    let parts = table_parts(entry.id, table, rows, format, split);
    entry.columns = manifest_columns(&table.columns);
    entry.data = Some(Data {
        format,
        copy: load_statement(table, &qualified(Some(&target.schema), &target.name)),
        needs_target,
        via_root: root.is_some(),
        after_indexes: names_relations(types(), database),
        condition: match rows {
            Of::Some(condition) => Some(condition.to_owned()),
            Of::All | Of::Extension(_) => None,
        },
    });
    let name = qualified(Some(&table.schema), &table.name);
    let columns: Vec<SourceColumn> = table
        .copied_columns()
        .map(|column| SourceColumn { name: column.name.to_string(), type_name: column.type_name.to_string() })
        .collect();
    let source = source(&name, columns, server);
    let planned = |part: Part| PlannedPart {
        part: Part { sql: as_stored(&part.sql, &server.encoding), ..part },
        label: name.clone(),
        lock: Some(lock_nowait(&table.schema, &table.name)),
        source: source.clone(),
    };
    parts.into_iter().map(planned).collect()
}

/// The COPY with rows that arrive in the encoding of the database, unconverted. The statement itself is read in UTF-8, as
/// everything else is: the server converts a message as a whole before it runs its first statement. In `SQL_ASCII` nothing
/// is converted anyway.
fn as_stored(copy: &str, encoding: &str) -> String {
    match encoding {
        "UTF8" | "SQL_ASCII" => copy.to_owned(),
        other => {
            let encoding = literal(other);
            format!("SET LOCAL client_encoding = {encoding};{copy};SET LOCAL client_encoding = 'UTF8'")
        }
    }
}

fn source(name: &str, columns: Vec<SourceColumn>, server: &Server) -> Source {
    Source {
        name: name.to_owned(),
        encoding: server.encoding.clone(),
        server_version_num: server.version.num(),
        column_count: columns.len() as u16,
        columns,
    }
}

/// Superusers read the pages as they are. Others ask for each page; that needs SELECT on each large object.
const PAGES: &str = "COPY (SELECT loid, pageno, data FROM pg_largeobject ORDER BY loid, pageno) \
    TO STDOUT (FORMAT binary)";
const PAGES_BY_FUNCTION: &str = "COPY (SELECT m.oid, p.number::int4, lo_get(m.oid, p.number * 2048, 2048) \
    FROM pg_largeobject_metadata m \
    CROSS JOIN LATERAL (SELECT lo_open(m.oid, 262144) AS fd OFFSET 0) o \
    CROSS JOIN LATERAL (SELECT lo_lseek64(o.fd, 0, 2) AS bytes, lo_close(o.fd) OFFSET 0) s \
    CROSS JOIN LATERAL generate_series(0, (s.bytes + 2047) / 2048 - 1) p (number) \
    ORDER BY 1, 2) TO STDOUT (FORMAT binary)";

fn plan_large_objects(entry: &mut Entry, server: &Server, count: u64) -> PlannedPart {
    entry.data = Some(Data {
        format: RowFormat::LargeObject,
        copy: String::new(),
        needs_target: None,
        via_root: false,
        after_indexes: false,
        condition: None,
    });
    let sql = if server.reads_large_objects { PAGES } else { PAGES_BY_FUNCTION };
    PlannedPart {
        part: Part {
            entry: entry.id,
            number: 0,
            sql: sql.to_owned(),
            format: RowFormat::LargeObject,
            blocks: None,
            // Sorts it first: nobody knows its size, and one worker is busy with it for long.
            bytes: count * 4096,
        },
        label: "large objects".to_owned(),
        lock: None,
        source: source("large objects", Vec::new(), server),
    }
}
