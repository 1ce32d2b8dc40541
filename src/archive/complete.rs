//! Whether an archive holds what its catalog promises. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::format::{Contents, Ctid, DataFormat, Part, TocEntry};
use crate::manifest::{Catalog, Data, Entry, Late, RowFormat, TableTotal};

/// Something that the catalog or the totals promise and the records do not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Catalog entry.
    pub object_id: u32,
    /// What it is about: `table public.orders`.
    pub label: String,
    /// What is missing or differs.
    pub what: String,
}

impl std::error::Error for Gap {}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.label, self.what)
    }
}

/// Compares the parts of an archive with catalog and totals. Empty = complete.
///
/// The order of records was checked before: parts and frames of an object are dense, and each part has its end.
pub fn gaps(contents: &Contents, catalog: &Catalog, late: &Late) -> Vec<Gap> {
    let mut gaps = catalog_gaps(catalog);
    for value in &late.sequences {
        let entry = (value.id as usize).checked_sub(1).and_then(|at| catalog.entries.get(at));
        if entry.is_none_or(|entry| entry.kind != "sequence_value") {
            gaps.push(nameless(
                value.id,
                "there is a sequence's value for it, but the catalog has no such sequence",
            ));
        }
    }
    let totals: BTreeMap<u32, _> = late.tables.iter().map(|total| (total.id, total)).collect();
    if totals.len() != late.tables.len() {
        gaps.push(nameless(0, "the totals name a table twice"));
    }
    let mut with_data = BTreeSet::new();
    for entry in &catalog.entries {
        let Some(data) = &entry.data else { continue };
        with_data.insert(entry.id);
        let parts: Vec<&Part> =
            contents.range((entry.id, 0)..=(entry.id, u32::MAX)).map(|(_, part)| part).collect();
        let total = totals.get(&entry.id);
        check_parts(entry, data, total.copied(), &parts, &mut gaps);
        let sums = [
            ("rows", parts.iter().map(|part| part.rows).sum::<u64>()),
            ("raw bytes", parts.iter().map(|part| part.raw_bytes).sum()),
        ];
        let Some(total) = total else {
            gaps.push(gap(entry, "the totals do not name it".into()));
            continue;
        };
        for ((what, found), promised) in sums.into_iter().zip([total.rows, total.bytes]) {
            if found != promised {
                gaps.push(gap(entry, format!("it has {found} {what}, the totals say {promised}")));
            }
        }
    }
    for &id in contents.keys().map(|(id, _)| id).chain(totals.keys()).collect::<BTreeSet<_>>() {
        if !with_data.contains(&id) {
            gaps.push(nameless(id, NO_TABLE));
        }
    }
    gaps
}

/// Compares the catalog with itself: ids are places, and dependencies come first. Whoever runs its entries counts on that.
pub fn catalog_gaps(catalog: &Catalog) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for (place, entry) in (1..).zip(&catalog.entries) {
        if entry.id != place {
            gaps.push(gap(entry, format!("its id is {}, but its place is {place}", entry.id)));
        }
        if let Some(dep) = entry.deps.iter().find(|dep| !(1..place).contains(*dep)) {
            gaps.push(gap(entry, format!("it depends on entry {dep}, which does not come before it")));
        }
    }
    gaps
}

/// What a record of rows lacks in the catalog.
pub fn row_gap(record: &TocEntry, catalog: &Catalog) -> Option<Gap> {
    let at = (record.object_id as usize).checked_sub(1);
    let Some(entry) = at.and_then(|at| catalog.entries.get(at)).filter(|entry| entry.data.is_some()) else {
        return Some(nameless(record.object_id, NO_TABLE));
    };
    let format = entry.data.as_ref().map(|data| data_format(data.format));
    (format != Some(record.data_format)).then(|| gap(entry, OTHER_FORMAT.into()))
}

const NO_TABLE: &str = "there are rows or totals for it, but the catalog has no such table";
const OTHER_FORMAT: &str = "its rows are in another format than the catalog says";

fn check_parts(entry: &Entry, data: &Data, total: Option<&TableTotal>, parts: &[&Part], gaps: &mut Vec<Gap>) {
    if let Some(total) = total.filter(|total| parts.len() as u64 != u64::from(total.parts)) {
        gaps.push(gap(entry, format!("{} of {} parts are there", parts.len(), total.parts)));
        return;
    }
    if parts.iter().any(|part| part.data_format != data_format(data.format)) {
        gaps.push(gap(entry, OTHER_FORMAT.into()));
    }
    if parts.len() > 1 && parts.iter().all(|part| part.has_key_range) {
        return;
    }
    let begin = Ctid { block: 0, item: 0 };
    let mut expected = Some(begin);
    for (part_no, part) in parts.iter().enumerate() {
        if expected != Some(part.ctid_from.unwrap_or(begin)) {
            gaps.push(gap(entry, format!("part {part_no} does not begin where the part before ends")));
            return;
        }
        expected = part.ctid_to;
    }
    if expected.is_some_and(|end| u64::from(end.block) < total.map_or(0, |total| total.pages))
        && !parts.is_empty()
    {
        gaps.push(gap(entry, "its last part ends before the table".into()));
    }
}

fn data_format(format: RowFormat) -> DataFormat {
    match format {
        RowFormat::Binary => DataFormat::Binary,
        RowFormat::Text => DataFormat::Text,
        RowFormat::LargeObject => DataFormat::LargeObject,
    }
}

fn gap(entry: &Entry, what: String) -> Gap {
    Gap { object_id: entry.id, label: entry.label.clone(), what }
}

fn nameless(object_id: u32, what: &str) -> Gap {
    Gap { object_id, label: format!("object {object_id}"), what: what.into() }
}
