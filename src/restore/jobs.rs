//! The jobs of a restore's parallel phase, with their dependencies and locks. Pure (ordering.md §12).

use std::collections::{BTreeSet, HashMap};

use super::plan::Phases;
use super::units::Unit;
use crate::graph::{Job, JobId};
use crate::manifest::{Catalog, Entry};

/// What a job does.
#[derive(Clone, Debug)]
pub enum Task {
    /// Loads a unit of rows.
    Load(Unit),
    /// Nothing: all units of a table have been loaded. Position of the entry of the rows.
    Loaded(usize),
    /// Runs the SQL of an entry, by position.
    Entry(usize),
}

/// Jobs of which `tasks[i]` is what job `i` does.
#[derive(Debug, Default)]
pub struct Jobs {
    /// For the ready-queue.
    pub jobs: Vec<Job>,
    /// In step with `jobs`.
    pub tasks: Vec<Task>,
}

impl Jobs {
    fn push(&mut self, task: Task, job: Job) -> JobId {
        self.tasks.push(task);
        self.jobs.push(job);
        self.jobs.len() - 1
    }
}

/// Rows in units, then whatever depends on them: a table's indexes as soon as its own rows are in, a foreign key when
/// both tables' are.
pub fn data_and_post_data(catalog: &Catalog, phases: &Phases, units: Vec<Unit>) -> Jobs {
    let mut jobs = Jobs::default();
    let mut bytes: HashMap<u32, u64> = HashMap::new();
    let mut loads: HashMap<u32, Vec<JobId>> = HashMap::new();
    for unit in units {
        *bytes.entry(unit.entry).or_default() += unit.bytes;
        let (entry, cost) = (unit.entry, unit.bytes);
        let id = jobs.push(Task::Load(unit), Job { cost, ..Job::default() });
        loads.entry(entry).or_default().push(id);
    }
    // By the id of the table's entry: when its rows are in, and how many bytes they are.
    let mut loaded: HashMap<u32, (JobId, u64)> = HashMap::new();
    for &at in &phases.data {
        let entry = &catalog.entries[at];
        let deps = loads.remove(&entry.id).unwrap_or_default();
        let cost = bytes.get(&entry.id).copied().unwrap_or(0);
        let id = jobs.push(Task::Loaded(at), Job { deps, ..Job::default() });
        for table in std::iter::once(&entry.id).chain(&entry.deps) {
            loaded.insert(*table, (id, cost));
        }
    }
    entries(catalog, &phases.post_data, &loaded, &mut jobs);
    jobs
}

/// Entries alone, with the dependencies among them.
pub fn entries_only(catalog: &Catalog, positions: &[usize]) -> Jobs {
    let mut jobs = Jobs::default();
    entries(catalog, positions, &HashMap::new(), &mut jobs);
    jobs
}

fn entries(catalog: &Catalog, positions: &[usize], loaded: &HashMap<u32, (JobId, u64)>, jobs: &mut Jobs) {
    let first = jobs.jobs.len();
    let by_id: HashMap<u32, JobId> =
        positions.iter().enumerate().map(|(n, &at)| (catalog.entries[at].id, first + n)).collect();
    for &at in positions {
        let entry = &catalog.entries[at];
        let mut deps: Vec<JobId> = Vec::new();
        let mut cost = 0;
        for dep in &entry.deps {
            deps.extend(by_id.get(dep));
            if let Some((job, bytes)) = loaded.get(dep) {
                deps.push(*job);
                cost = cost.max(*bytes);
            }
        }
        let tables = relations(catalog, entry);
        let (exclusive, shared) = match entry.kind.as_str() {
            // CREATE INDEX takes SHARE: several on one table run at once.
            "index" => (Vec::new(), tables),
            _ => (tables, Vec::new()),
        };
        jobs.push(Task::Entry(at), Job { cost, deps, exclusive, shared });
    }
}

/// The tables that an entry's statement locks: those it depends on, directly or through a key it refers to.
fn relations(catalog: &Catalog, entry: &Entry) -> Vec<usize> {
    let mut tables = BTreeSet::new();
    for dep in &entry.deps {
        let Some(dep) = catalog.entries.get(*dep as usize - 1) else { continue };
        match dep.kind.as_str() {
            "table" | "materialized_view" | "view" => drop(tables.insert(dep.id as usize)),
            _ => tables.extend(dep.deps.iter().filter(|id| is_table(catalog, **id)).map(|id| *id as usize)),
        }
    }
    tables.into_iter().collect()
}

fn is_table(catalog: &Catalog, id: u32) -> bool {
    catalog.entries.get(id as usize - 1).is_some_and(|entry| entry.kind == "table")
}
