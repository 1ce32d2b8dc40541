//! Sequence values: a few round trips for all of them.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::outline::Outline;
use crate::manifest::SequenceValue;
use crate::object::{Database, Kind};
use crate::server::{Error, Session};
use crate::sql::qualified;

/// Sequences read by one statement before PostgreSQL 18, where each needs a scan of its own.
const SCANS_PER_STATEMENT: usize = 200;

#[derive(Deserialize)]
struct Row {
    oid: u32,
    last_value: Option<i64>,
    is_called: Option<bool>,
}

/// A sequence whose value is dumped.
pub struct Sequence {
    /// Number of the entry of its value.
    entry: u32,
    oid: u32,
    /// As SQL writes it.
    name: String,
}

/// The sequences of entries of kind `sequence_value`, but for those that are `absent`.
pub fn of(database: &Database, entries: &[Outline], absent: &BTreeMap<u32, String>) -> Vec<Sequence> {
    let dumped =
        entries.iter().filter(|entry| entry.kind == Kind::SequenceValue && !absent.contains_key(&entry.id));
    let sequence = |entry: &Outline| {
        let row = &database.sequences[*database.lookup.sequence.get(&entry.object.oid)?];
        let name = qualified(Some(&row.schema), &row.name);
        Some(Sequence { entry: entry.id, oid: row.oid, name })
    };
    dumped.filter_map(sequence).collect()
}

/// The values of sequences.
///
/// # Errors
/// A sequence that may not be read.
pub async fn read(session: &Session, sequences: &[Sequence]) -> Result<Vec<SequenceValue>, Error> {
    let ids: HashMap<u32, u32> = sequences.iter().map(|sequence| (sequence.oid, sequence.entry)).collect();
    let mut values = Vec::with_capacity(sequences.len());
    for chunk in sequences.chunks(if session.version.at_least(18) { 10_000 } else { SCANS_PER_STATEMENT }) {
        let rows: Vec<Row> = session.fetch(&query(session, chunk)).await?;
        for row in rows {
            // Without the privilege the function of 18 says NULL; the scan says whose privilege is missing.
            let (Some(last_value), Some(is_called)) = (row.last_value, row.is_called) else {
                let Some(sequence) = chunk.iter().find(|sequence| sequence.oid == row.oid) else { continue };
                session.query(&scan(sequence)).await?;
                continue;
            };
            values.push(SequenceValue { id: ids[&row.oid], last_value, is_called });
        }
    }
    values.sort_unstable_by_key(|value| value.id);
    Ok(values)
}

fn query(session: &Session, sequences: &[Sequence]) -> String {
    if session.version.at_least(18) {
        let oids: Vec<String> = sequences.iter().map(|sequence| sequence.oid.to_string()).collect();
        return format!(
            "select o.oid as oid, d.last_value as last_value, d.is_called as is_called
            from unnest('{{{}}}'::oid[]) o (oid), lateral pg_get_sequence_data(o.oid) d",
            oids.join(",")
        );
    }
    sequences.iter().map(scan).collect::<Vec<_>>().join("\nunion all ")
}

fn scan(Sequence { oid, name, .. }: &Sequence) -> String {
    format!("select {oid}::oid as oid, last_value, is_called from {name}")
}
