//! Small jobs that one message does together, so that none of them costs a round trip of its own.

use std::sync::Arc;

use super::error::Error;
use super::jobs::Task;
use super::message::Message;
use super::run::Run;
use crate::archive::{ArchiveFile, Decoder};
use crate::event::Meter;
use crate::manifest::RowFormat;
use crate::server::Session;

/// Jobs of one message, at most.
const JOBS_MAX: usize = 32;
/// Raw bytes that the jobs of one message read or load, at most.
const BYTES_MAX: u64 = 1 << 20;
/// Locks of one job: a table with its TOAST table, an index, what a foreign key refers to.
const LOCKS_OF_JOB: usize = 6;

/// What more a message may take in.
pub struct Limits {
    jobs: usize,
    bytes: u64,
}

impl Limits {
    /// For transactions of `locks` locks; `share` jobs leave enough to the other workers.
    pub fn new(locks: usize, share: usize) -> Self {
        Self { jobs: JOBS_MAX.min(locks / LOCKS_OF_JOB).min(share), bytes: BYTES_MAX }
    }

    /// Takes in a job of that many bytes, if there is room.
    pub fn admit(&mut self, bytes: Option<u64>) -> bool {
        let fits = bytes.is_some_and(|bytes| self.jobs > 0 && bytes <= self.bytes);
        if fits {
            self.jobs -= 1;
            self.bytes -= bytes.unwrap_or(0);
        }
        fits
    }
}

/// The bytes of a task that may run with others, `cost` by its job.
pub fn fits(run: &Run, task: &Task, cost: u64) -> Option<u64> {
    let entry = run.entry(run.entry_id(task));
    let fits = match task {
        Task::Load(_) => entry.data.as_ref().is_some_and(|data| data.format != RowFormat::LargeObject),
        // The former is tried with several settings, the latter reads any table.
        Task::Entry(_) => !matches!(entry.kind.as_str(), "refresh" | "domain_check"),
        Task::LoadTogether(..) | Task::Loaded(_) | Task::AllLoaded(_) => false,
    };
    fits.then_some(cost)
}

/// Does several tasks at once: rows that arrived, by task. `None` if they have to be done one by one: there is only
/// one, or the server or the archive does not agree, which shows itself again there.
pub async fn perform_group(
    run: &Run,
    file: Option<&Arc<ArchiveFile>>,
    session: &mut Session,
    tasks: &[&Task],
) -> Option<Vec<u64>> {
    if tasks.len() < 2 {
        return None;
    }
    let message = message(run, file, tasks).ok()?;
    let mut counts = message.send(session).await.ok()?.into_iter();
    Meter::add(&run.ctx.meter.raw_bytes, message.loads().map(|(_, bytes)| bytes).sum());
    let rows = |task: &&Task| if matches!(task, Task::Load(_)) { counts.next() } else { Some(0) };
    tasks.iter().map(rows).collect()
}

/// The frames are few and small: they are read here.
fn message(run: &Run, file: Option<&Arc<ArchiveFile>>, tasks: &[&Task]) -> Result<Message, Error> {
    let mut message = Message::default();
    let mut decoder = Decoder::new()?;
    for task in tasks {
        match (task, file) {
            (Task::Load(unit), Some(file)) => {
                let units = std::slice::from_ref(unit);
                message.rows(run, run.entry(unit.entry), false, file, &mut decoder, units)?;
            }
            (Task::Entry(at), _) => message.definition(run, &run.catalog.entries[*at]),
            (Task::Load(_) | Task::LoadTogether(..) | Task::Loaded(_) | Task::AllLoaded(_), _) => {}
        }
    }
    Ok(message)
}
