//! Everything about an archive but its rows and its SQL.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::archive::{ArchiveFile, Status, TocEntry};
use crate::manifest::{
    Begin, Catalog, Data, Database, Entry, Globals, Late, Missing, Pass, RowFormat, Section, Source,
    StatisticsTotal, TableTotal,
};

/// What an archive holds, and where it comes from. Serialized, it is the JSON of `pgark list` and `pgark info`.
#[derive(Clone, Debug, Serialize)]
pub struct Contents {
    /// `sha256:<root>`: two archives with the same identity are the same archive.
    pub identity: String,
    /// Random id that every record carries.
    pub archive_id: String,
    /// The program that made it.
    pub tool: String,
    /// When the dump began, RFC 3339, UTC.
    pub created: String,
    /// How long the dump took, milliseconds.
    pub duration_ms: u64,
    /// Nothing was left out.
    pub complete: bool,
    /// Bytes of the archive.
    pub bytes: u64,
    /// Raw bytes of the rows.
    pub raw_bytes: u64,
    /// Rows of all tables.
    pub rows: u64,
    /// Records, END included.
    pub records: u64,
    /// The server.
    pub source: Source,
    /// The database: encoding, locale, settings.
    pub database: Database,
    /// The globals of the cluster, if they were asked for; without the hashes of passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub globals: Option<Globals>,
    /// Definitions only.
    pub schema_only: bool,
    /// A selection decided what is in it.
    pub partial: bool,
    /// What its objects need and the selection left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
    /// The user's labels.
    pub labels: BTreeMap<String, String>,
    /// Number of objects by kind, the rows' own entries left out.
    pub kinds: BTreeMap<String, usize>,
    /// Relations with rows, in restore order.
    pub tables: Vec<Table>,
    /// Large objects.
    pub large_objects: LargeObjects,
    /// Every entry, in restore order.
    pub objects: Vec<Object>,
    /// How many optimizer statistics it carries, if any.
    pub statistics: Option<StatisticsTotal>,
    /// Warnings of the dump.
    pub warnings: Vec<String>,
    /// Objects that were left out, by name.
    pub skipped: Vec<String>,
}

/// A relation with rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Entry id.
    pub id: u32,
    /// How messages name it.
    pub label: String,
    /// Schema.
    pub schema: Option<String>,
    /// Name.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// Raw bytes.
    pub raw_bytes: u64,
    /// Bytes in the archive, headers included.
    pub stored_bytes: u64,
    /// COPY statements of the dump.
    pub parts: u32,
    /// Format of the rows.
    pub format: RowFormat,
    /// The oldest major that takes the rows, if not every one does.
    pub needs_target: Option<u16>,
    /// The sum of the hashes of its rows, in hexadecimal: equal content, equal hash.
    pub content_hash: String,
}

/// The large objects, taken together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LargeObjects {
    /// How many.
    pub count: usize,
    /// Raw bytes of their pages.
    pub raw_bytes: u64,
    /// Bytes in the archive, headers included.
    pub stored_bytes: u64,
}

/// An entry of the catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Object {
    /// Entry id.
    pub id: u32,
    /// Stem of the kind.
    pub kind: String,
    /// Schema.
    pub schema: Option<String>,
    /// Name.
    pub name: String,
    /// The relation it hangs on.
    pub table: Option<String>,
    /// How messages name it.
    pub label: String,
    /// The owner's name.
    pub owner: Option<String>,
    /// Section.
    pub section: Section,
    /// Pass.
    pub pass: Pass,
}

impl Contents {
    /// Puts together what the records say.
    pub(super) fn new(archive: &ArchiveFile, begin: Begin, catalog: Catalog, late: Late) -> Self {
        let end = archive.end();
        let stored = stored_bytes(archive.toc());
        let totals: BTreeMap<u32, TableTotal> =
            late.tables.into_iter().map(|total| (total.id, total)).collect();
        let mut large_objects = LargeObjects::default();
        let mut kinds = BTreeMap::new();
        let (mut tables, mut objects) = (Vec::new(), Vec::with_capacity(catalog.entries.len()));
        for entry in catalog.entries {
            let total = totals.get(&entry.id);
            let stored_bytes = stored.get(&entry.id).copied().unwrap_or(0);
            match &entry.data {
                Some(data) if data.format == RowFormat::LargeObject => {
                    let bytes = total.map_or(0, |total| total.bytes);
                    large_objects.raw_bytes = large_objects.raw_bytes.saturating_add(bytes);
                    large_objects.stored_bytes += stored_bytes;
                }
                Some(data) => tables.push(table(&entry, data, total, stored_bytes)),
                None => {}
            }
            large_objects.count += usize::from(entry.kind == "large_object");
            if !matches!(entry.kind.as_str(), "table_data" | "sequence_value" | "large_object_data") {
                *kinds.entry(entry.kind.clone()).or_default() += 1;
            }
            objects.push(object(entry));
        }
        Self {
            identity: end.root.to_string(),
            archive_id: archive.archive_id().to_string(),
            tool: begin.tool,
            created: begin.created,
            duration_ms: late.duration_ms,
            complete: end.status == Status::Complete,
            bytes: end.file_len,
            raw_bytes: end.raw_bytes,
            rows: tables.iter().map(|table| table.rows).fold(0, u64::saturating_add),
            records: end.records + 1,
            source: begin.source,
            database: catalog.database,
            globals: catalog.globals.map(without_hashes),
            schema_only: begin.schema_only,
            partial: catalog.partial,
            missing: catalog.missing.clone(),
            labels: begin.labels,
            kinds,
            tables,
            large_objects,
            objects,
            statistics: late.statistics,
            warnings: late.warnings,
            skipped: late.skipped,
        }
    }

    /// Number of objects: entries, those of rows left out.
    pub fn object_count(&self) -> usize {
        self.kinds.values().sum()
    }
}

fn without_hashes(mut globals: Globals) -> Globals {
    globals.roles.iter_mut().for_each(|role| role.password = None);
    globals
}

/// Bytes of each entry's records.
fn stored_bytes(toc: &[TocEntry]) -> BTreeMap<u32, u64> {
    let mut stored = BTreeMap::new();
    for record in toc {
        *stored.entry(record.object_id).or_default() += record.record_len();
    }
    stored
}

fn table(entry: &Entry, data: &Data, total: Option<&TableTotal>, stored_bytes: u64) -> Table {
    Table {
        id: entry.id,
        label: entry.label.clone(),
        schema: entry.schema.clone(),
        name: entry.name.clone(),
        rows: total.map_or(0, |total| total.rows),
        raw_bytes: total.map_or(0, |total| total.bytes),
        stored_bytes,
        parts: total.map_or(0, |total| total.parts),
        format: data.format,
        needs_target: data.needs_target,
        content_hash: total.map(|total| total.hash.clone()).unwrap_or_default(),
    }
}

fn object(entry: Entry) -> Object {
    Object {
        id: entry.id,
        kind: entry.kind,
        schema: entry.schema,
        name: entry.name,
        table: entry.table,
        label: entry.label,
        owner: entry.owner,
        section: entry.section,
        pass: entry.pass,
    }
}
