//! ANALYZE, where nothing better is known.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::apply::Known;
use crate::manifest::{Entry, Late};
use crate::restore::run::Run;
use crate::server::Session;
use crate::sql::qualified;

/// ANALYZE, on all sessions, of the tables and materialized views of which nothing is known.
pub async fn analyze(run: &Run, sessions: &[Session], late: &Late, known: Option<&Known>) {
    let entries = &run.catalog.entries;
    let rows = late.tables.iter().filter(|total| total.rows > 0);
    let with_rows: HashSet<u32> = rows.flat_map(|total| run.entry(total.id).deps.iter().copied()).collect();
    let kinds: HashMap<u32, &str> = entries.iter().map(|entry| (entry.id, entry.kind.as_str())).collect();
    let is_analyzed = |entry: &Entry| matches!(entry.kind.as_str(), "table" | "materialized_view");
    // The data of extended statistics cannot be carried.
    let extended: HashSet<u32> = entries
        .iter()
        .filter(|entry| entry.kind == "statistics_object")
        .flat_map(|entry| entry.deps.iter().copied())
        .filter(|id| matches!(kinds.get(id), Some(&("table" | "materialized_view"))))
        .collect();
    let is_known = |entry: &Entry| {
        known.is_some_and(|known| {
            // One that nobody ever analyzed is that in the source too, unless it has rows here.
            let whole = known.columns.contains(&entry.id)
                || known.counted.contains(&entry.id) && !with_rows.contains(&entry.id);
            whole && !extended.contains(&entry.id) && !known.problems.contains_key(&entry.id)
        })
    };
    let tables: Vec<String> = entries
        .iter()
        .filter(|entry| is_analyzed(entry) && !run.has_failed(entry.id) && !is_known(entry))
        .map(|entry| qualified(entry.schema.as_deref(), &entry.name))
        .collect();
    let next = AtomicUsize::new(0);
    let lanes = sessions.iter().map(|session| async {
        while let Some(table) = tables.get(next.fetch_add(1, Ordering::Relaxed)) {
            run.pass().await;
            if let Err(error) = session.batch(&format!("ANALYZE {table}")).await {
                run.warn(format!("cannot analyze {table}: {error}"));
            }
        }
    });
    futures_util::future::join_all(lanes).await;
}
