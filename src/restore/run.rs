//! What all parts of a running restore share: the catalog, what has arrived, what has failed.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, OnceLock};

use super::Failure;
use super::ddl::{Work, entry_sql};
use super::error::Error;
use super::jobs::Task;
use super::load::Encoding;
use super::plan::Omit;
use super::standing::stands;
use crate::context::Context;
use crate::event::Meter;
use crate::manifest::{Catalog, Entry, Late};
use crate::nice::Gate;
use crate::server::Session;

/// Shared by the coordinator and the workers.
pub struct Run {
    /// Reports and progress.
    pub ctx: Context,
    /// What is restored.
    pub catalog: Catalog,
    /// What is left out.
    pub omit: Omit,
    /// Go on after a failure.
    pub keep_going: bool,
    /// How rows are sent.
    pub encoding: Encoding,
    /// Locks that a transaction may hold.
    pub locks: usize,
    /// The statement that makes a session the restore's own role's again.
    pub own_role: String,
    gate: OnceLock<Gate>,
    state: Mutex<State>,
}

/// What has happened so far.
#[derive(Debug, Default)]
struct State {
    /// Rows in the archive, by entry.
    expected: BTreeMap<u32, u64>,
    /// Rows that arrived, by entry.
    arrived: BTreeMap<u32, u64>,
    /// Entries that are not there, with the entry that failed first.
    failed: BTreeMap<u32, u32>,
    failures: Vec<Failure>,
    warnings: Vec<String>,
    entries: usize,
}

impl Run {
    /// A restore that has not begun.
    pub fn new(
        ctx: Context,
        catalog: Catalog,
        omit: Omit,
        keep_going: bool,
        encoding: Encoding,
        locks: usize,
        own_role: String,
    ) -> Self {
        Self {
            ctx,
            catalog,
            omit,
            keep_going,
            encoding,
            locks,
            own_role,
            gate: OnceLock::new(),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// From now on the workers pass this gate before each piece of work.
    pub fn watched(&self, gate: Gate) {
        // There is one watch in a restore.
        let _first = self.gate.set(gate);
    }

    /// Waits while the server suffers, if somebody looks.
    pub async fn pass(&self) {
        if let Some(gate) = self.gate.get() {
            gate.pass().await;
        }
    }

    /// The entry of that id, which the reader has checked.
    pub fn entry(&self, id: u32) -> &Entry {
        &self.catalog.entries[id as usize - 1]
    }

    /// The statements of an entry.
    pub fn work(&self, entry: &Entry) -> Work {
        Work { id: entry.id, label: entry.label.clone(), sql: entry_sql(entry, self.omit) }
    }

    /// How messages name a task.
    pub fn label(&self, task: &Task) -> String {
        self.entry(self.entry_id(task)).label.clone()
    }

    /// The entry that a task is about.
    pub fn entry_id(&self, task: &Task) -> u32 {
        match task {
            Task::Load(unit) => unit.entry,
            Task::LoadTogether(bundle, _) => bundle.entries[0],
            Task::Loaded(at) | Task::AllLoaded(at) | Task::Entry(at) => self.catalog.entries[*at].id,
        }
    }

    /// Takes over how many rows the archive has.
    pub fn expect(&self, late: &Late) {
        self.state().expected = late.tables.iter().map(|total| (total.id, total.rows)).collect();
    }

    /// Counts rows of an entry.
    pub fn arrived(&self, entry: u32, rows: u64) {
        *self.state().arrived.entry(entry).or_default() += rows;
        Meter::add(&self.ctx.meter.rows, rows);
    }

    /// Counts a finished task.
    pub fn finished(&self, task: &Task, rows: u64) {
        match task {
            Task::Load(unit) => self.arrived(unit.entry, rows),
            Task::Entry(_) => self.done(1),
            // A bundle has counted its own.
            Task::LoadTogether(..) | Task::Loaded(_) | Task::AllLoaded(_) => {}
        }
    }

    /// Counts entries that are in place.
    pub fn done(&self, entries: usize) {
        self.state().entries += entries;
    }

    /// All rows of an entry have been sent: compares with the archive.
    ///
    /// # Errors
    /// [`Error::Count`].
    pub fn loaded(&self, at: usize) -> Result<(), Error> {
        let entry = self.catalog.entries[at].id;
        let arrived = self.state().arrived.get(&entry).copied().unwrap_or(0);
        self.complete(entry, arrived)
    }

    /// Compares the rows of an entry that did not fail with the archive.
    ///
    /// # Errors
    /// [`Error::Count`].
    pub fn complete(&self, entry: u32, arrived: u64) -> Result<(), Error> {
        let state = self.state();
        let expected = state.expected.get(&entry).copied().unwrap_or(0);
        if arrived == expected || state.failed.contains_key(&entry) {
            return Ok(());
        }
        let entry = self.entry(entry);
        let standing = stands(&self.catalog, entry);
        Err(Error::Count { label: entry.label.clone(), arrived, expected, standing })
    }

    /// Says something to the user, at once and in the summary.
    pub fn warn(&self, text: String) {
        self.ctx.warn(text.clone());
        self.state().warnings.push(text);
    }

    /// Takes over what the server has warned of on a session. Privileges that it did not grant or revoke are missing.
    pub fn server_warnings(&self, session: &Session) {
        for notice in session.take_notices() {
            match notice.code.as_str() {
                // privilege_not_granted, privilege_not_revoked
                "01007" | "01006" => self.record("privileges", notice.message),
                _ => self.warn(format!("the server says: {}", notice.message)),
            }
        }
    }

    /// Records a failure when the restore keeps going. Nothing hangs on a refresh but other refreshes: it never ends
    /// the restore.
    ///
    /// # Errors
    /// The failure itself when it does not, or when the session is gone: nothing more can arrive then.
    pub fn failed(&self, entry: u32, label: &str, error: Error) -> Result<(), Error> {
        let is_refresh = entry > 0 && self.entry(entry).kind == "refresh";
        if !(self.keep_going || is_refresh) || error.is_fatal() {
            return Err(error);
        }
        self.state().failed.insert(entry, entry);
        self.record(label, error.reason());
        Ok(())
    }

    /// Records something that failed on its own account.
    pub fn record(&self, label: &str, reason: String) {
        self.ctx.warn(format!("cannot restore {label}: {reason}"));
        self.state().failures.push(Failure { label: label.to_owned(), reason });
    }

    /// Records, once, an entry that cannot be restored because another could not.
    pub fn skipped(&self, entry: &Entry, cause: &Entry) {
        let mut state = self.state();
        let root = state.failed.get(&cause.id).copied().unwrap_or(cause.id);
        if entry.left_out || state.failed.contains_key(&entry.id) {
            return;
        }
        state.failed.insert(entry.id, root);
        let reason = format!("not restored because {} failed", self.entry(root).label);
        state.failures.push(Failure { label: entry.label.clone(), reason });
    }

    /// Whether an entry failed or was skipped, or takes no part.
    pub fn has_failed(&self, entry: u32) -> bool {
        self.entry(entry).left_out || self.state().failed.contains_key(&entry)
    }

    /// The first entry among the dependencies of `entry` that failed or was skipped.
    pub fn failed_dependency(&self, entry: &Entry) -> Option<&Entry> {
        let state = self.state();
        entry.deps.iter().find(|dep| state.failed.contains_key(dep)).map(|dep| self.entry(*dep))
    }

    /// Whether an entry may start: nothing that it needs has failed. If not, it is recorded as skipped, unless it takes
    /// no part.
    pub fn may_start(&self, entry: &Entry) -> bool {
        if entry.left_out {
            return false;
        }
        match self.failed_dependency(entry) {
            Some(cause) => {
                self.skipped(entry, cause);
                false
            }
            None => true,
        }
    }

    /// Entries in place, and rows that arrived in tables.
    pub fn totals(&self) -> (usize, u64) {
        let state = self.state();
        let tables = state.arrived.iter().filter(|(id, _)| self.entry(**id).kind == "table_data");
        (state.entries, tables.map(|(_, rows)| rows).sum())
    }

    /// What failed, in the order in which it did.
    pub fn failures(&self) -> Vec<Failure> {
        self.state().failures.clone()
    }

    /// What the user was told while it ran.
    pub fn warnings(&self) -> Vec<String> {
        self.state().warnings.clone()
    }
}
