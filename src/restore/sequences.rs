//! Values of sequences: no objects, but rows that a restore sets after the sequences are there.

use super::ddl::Work;
use super::run::Run;
use crate::manifest::{Entry, SequenceValue};
use crate::sql::{literal, qualified};

/// The statement that sets the value of the sequence `entry`.
pub fn set_value(entry: &Entry, value: &SequenceValue) -> String {
    let name = literal(&qualified(entry.schema.as_deref(), &entry.name));
    format!("SELECT pg_catalog.setval({name}, {}, {})", value.last_value, value.is_called)
}

/// One work for each value.
pub fn value_works<'a>(run: &Run, values: impl IntoIterator<Item = &'a SequenceValue>) -> Vec<Work> {
    let work = |value: &SequenceValue| {
        let entry = run.entry(value.id);
        Work { id: entry.id, label: entry.label.clone(), sql: vec![set_value(entry, value)] }
    };
    values.into_iter().map(work).collect()
}
