//! Sequence values: a few round trips for all of them.

use std::collections::HashMap;

use serde::Deserialize;

use crate::manifest::{Entry, SequenceValue};
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

/// The values of sequences: entries of kind `sequence_value`, and the OIDs of their sequences.
///
/// # Errors
/// A sequence that may not be read.
pub async fn read(session: &Session, entries: &[(&Entry, u32)]) -> Result<Vec<SequenceValue>, Error> {
    let ids: HashMap<u32, u32> = entries.iter().map(|(entry, oid)| (*oid, entry.id)).collect();
    let mut values = Vec::with_capacity(entries.len());
    for chunk in entries.chunks(if session.version.at_least(18) { 10_000 } else { SCANS_PER_STATEMENT }) {
        let rows: Vec<Row> = session.fetch(&query(session, chunk)).await?;
        for row in rows {
            // Without the privilege the function of 18 says NULL; the scan says whose privilege is missing.
            let (Some(last_value), Some(is_called)) = (row.last_value, row.is_called) else {
                let entry = chunk.iter().find(|(_, oid)| *oid == row.oid);
                let Some((entry, oid)) = entry else { continue };
                session.query(&scan(entry, *oid)).await?;
                continue;
            };
            values.push(SequenceValue { id: ids[&row.oid], last_value, is_called });
        }
    }
    values.sort_unstable_by_key(|value| value.id);
    Ok(values)
}

fn query(session: &Session, entries: &[(&Entry, u32)]) -> String {
    if session.version.at_least(18) {
        let oids: Vec<String> = entries.iter().map(|(_, oid)| oid.to_string()).collect();
        return format!(
            "select o.oid as oid, d.last_value as last_value, d.is_called as is_called
            from unnest('{{{}}}'::oid[]) o (oid), lateral pg_get_sequence_data(o.oid) d",
            oids.join(",")
        );
    }
    entries.iter().map(|(entry, oid)| scan(entry, *oid)).collect::<Vec<_>>().join("\nunion all ")
}

fn scan(entry: &Entry, oid: u32) -> String {
    let name = qualified(entry.schema.as_deref(), &entry.name);
    format!("select {oid}::oid as oid, last_value, is_called from {name}")
}
