//! The jobs of a restore's parallel phase, with their dependencies and locks. Pure (ordering.md §12).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::bundle::Bundle;
use super::plan::Phases;
use super::row_order::RowOrder;
use super::table_locks::Locks;
use super::units::Unit;
use crate::graph::{Job, JobId};
use crate::manifest::{Catalog, Entry};

/// What a job does.
#[derive(Clone, Debug)]
pub enum Task {
    /// Loads a unit of rows.
    Load(Unit),
    /// Loads all rows of some tables in one transaction.
    LoadTogether(Arc<Bundle>, Vec<Unit>),
    /// Nothing: all units of a table have been loaded. Position of the entry of the rows.
    Loaded(usize),
    /// Nothing: the rows of several tables are in, which all inherit from the one at this position, or which others need.
    AllLoaded(usize),
    /// Runs the SQL of an entry, by position.
    Entry(usize),
}

impl Task {
    /// It only waits for others.
    pub fn is_marker(&self) -> bool {
        matches!(self, Self::Loaded(_) | Self::AllLoaded(_))
    }
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
pub fn data_and_post_data(catalog: &Catalog, phases: &Phases, order: &RowOrder, units: Vec<Unit>) -> Jobs {
    let mut jobs = Jobs::default();
    let mut bytes: HashMap<u32, u64> = HashMap::new();
    let mut loads: HashMap<u32, Vec<JobId>> = HashMap::new();
    let (alone, together) = order.divide(units);
    for unit in alone {
        *bytes.entry(unit.entry).or_default() += unit.bytes;
        let (entry, cost) = (unit.entry, unit.bytes);
        let id = jobs.push(Task::Load(unit), Job { cost, ..Job::default() });
        loads.entry(entry).or_default().push(id);
    }
    let locks = Locks::new(catalog);
    for (bundle, units) in together {
        units.iter().for_each(|unit| *bytes.entry(unit.entry).or_default() += unit.bytes);
        let cost = units.iter().map(|unit| unit.bytes).sum();
        // It alters tables, and partitioned ones above them.
        let of = bundle.entries.iter().map(|id| locks.of(&catalog.entries[*id as usize - 1]));
        let exclusive = of.flat_map(|(tables, above)| [tables, above]).flatten().collect();
        let entries = bundle.entries.clone();
        let id = jobs.push(Task::LoadTogether(bundle, units), Job { cost, exclusive, ..Job::default() });
        entries.into_iter().for_each(|entry| loads.entry(entry).or_default().push(id));
    }
    // By the id of the table's entry: when its rows are in, and how many bytes they are.
    let mut loaded: HashMap<u32, (JobId, u64)> = HashMap::new();
    let mut late: HashMap<u32, JobId> = HashMap::new();
    for &at in &phases.data {
        let entry = &catalog.entries[at];
        let mut deps = loads.get(&entry.id).cloned().unwrap_or_default();
        // Entries are in restore order: those rows have their marker already.
        for before in rows_before(catalog, entry).filter_map(|id| loaded.get(&id)) {
            deps.iter().for_each(|load| jobs.jobs[*load].deps.push(before.0));
            deps.push(before.0);
        }
        let cost = bytes.get(&entry.id).copied().unwrap_or(0);
        let id = jobs.push(Task::Loaded(at), Job { deps, ..Job::default() });
        let tables = deps_of(catalog, entry, "table");
        for table in std::iter::once(entry.id).chain(tables) {
            loaded.insert(table, (id, cost));
        }
        if entry.data.as_ref().is_some_and(|data| data.after_indexes) {
            late.extend(entry.deps.iter().map(|table| (*table, id)));
        }
    }
    for wait in &order.waits {
        let deps: Vec<JobId> = wait.to.iter().filter_map(|id| Some(loaded.get(id)?.0)).collect();
        let waiting: Vec<JobId> =
            wait.from.iter().filter_map(|id| loads.get(id)).flatten().copied().collect();
        let all = jobs.push(Task::AllLoaded(wait.to[0] as usize - 1), Job { deps, ..Job::default() });
        waiting.into_iter().for_each(|load| jobs.jobs[load].deps.push(all));
    }
    let first = entries(catalog, &phases.post_data, &loaded, &mut jobs);
    load_after_indexes(catalog, phases, first, &late, &mut jobs);
    jobs
}

/// Entries whose rows have to be there before those of `entry`, since foreign keys are: in tables of extensions.
pub fn rows_before<'a>(catalog: &'a Catalog, entry: &'a Entry) -> impl Iterator<Item = u32> + 'a {
    deps_of(catalog, entry, "table_data")
}

/// The dependencies that are of one kind.
fn deps_of<'a>(catalog: &'a Catalog, entry: &'a Entry, kind: &'a str) -> impl Iterator<Item = u32> + 'a {
    let is = move |id: &u32| catalog.entries.get(*id as usize - 1).is_some_and(|entry| entry.kind == kind);
    entry.deps.iter().copied().filter(is)
}

/// Turns the edge between some tables' rows and the indexes round: their rows may name any index. They come in too
/// when an index fails, which may be one that they do not name.
fn load_after_indexes(
    catalog: &Catalog,
    phases: &Phases,
    first: JobId,
    late: &HashMap<u32, JobId>,
    Jobs { jobs, tasks }: &mut Jobs,
) {
    let markers: BTreeSet<JobId> = late.values().copied().collect();
    if markers.is_empty() {
        return;
    }
    // A key of a parent does not wait for such rows of a child either.
    let below = (0..first).filter(|job| matches!(tasks[*job], Task::AllLoaded(_)));
    let below = below.filter(|job| jobs[*job].deps.iter().any(|dep| markers.contains(dep)));
    let rows: BTreeSet<JobId> = below.chain(markers.iter().copied()).collect();
    let is_index = |at: usize| matches!(catalog.entries[at].kind.as_str(), "index" | "key" | "index_attach");
    let indexes = phases.post_data.iter().enumerate().filter(|(_, at)| is_index(**at));
    let indexes: Vec<JobId> = indexes.map(|(n, _)| first + n).collect();
    indexes.iter().for_each(|index| jobs[*index].deps.retain(|dep| !rows.contains(dep)));
    let loads: BTreeSet<JobId> = markers.iter().flat_map(|marker| &jobs[*marker].deps).copied().collect();
    let behind = behind(jobs, rows.iter().chain(&loads).copied().collect());
    let built: Vec<JobId> = indexes.into_iter().filter(|index| !behind.contains(index)).collect();
    loads.iter().for_each(|load| jobs[*load].after.extend(&built));
}

/// Jobs, and all that wait for them.
fn behind(jobs: &[Job], mut open: Vec<JobId>) -> BTreeSet<JobId> {
    let mut waiting: HashMap<JobId, Vec<JobId>> = HashMap::new();
    for (id, job) in jobs.iter().enumerate() {
        job.deps.iter().chain(&job.after).for_each(|dep| waiting.entry(*dep).or_default().push(id));
    }
    let mut behind = BTreeSet::new();
    while let Some(job) = open.pop() {
        if behind.insert(job) {
            open.extend(waiting.get(&job).into_iter().flatten());
        }
    }
    behind
}

/// Entries alone, with the dependencies among them.
pub fn entries_only(catalog: &Catalog, positions: &[usize]) -> Jobs {
    let mut jobs = Jobs::default();
    entries(catalog, positions, &HashMap::new(), &mut jobs);
    jobs
}

/// Returns the number of the first one's job; the others follow.
fn entries(
    catalog: &Catalog,
    positions: &[usize],
    loaded: &HashMap<u32, (JobId, u64)>,
    jobs: &mut Jobs,
) -> JobId {
    let locks = Locks::new(catalog);
    let loaded_below = loaded_below(&locks, loaded);
    // One job that waits for all children, since many may wait for it.
    let below: HashMap<u32, JobId> = loaded_below
        .into_iter()
        .map(|(table, deps)| {
            let job = Job { deps, ..Job::default() };
            (table, jobs.push(Task::AllLoaded(table as usize - 1), job))
        })
        .collect();
    let first = jobs.jobs.len();
    let by_id: HashMap<u32, JobId> =
        positions.iter().enumerate().map(|(n, &at)| (catalog.entries[at].id, first + n)).collect();
    for &at in positions {
        let entry = &catalog.entries[at];
        let (mut deps, mut after): (Vec<JobId>, Vec<JobId>) = Default::default();
        let mut cost = 0;
        for dep in &entry.deps {
            deps.extend(by_id.get(dep));
            if let Some((job, bytes)) = loaded.get(dep) {
                deps.push(*job);
                cost = cost.max(*bytes);
            }
            // Triggers and checks go on to the children, whose rows must be in by then; indexes do not.
            if !matches!(entry.kind.as_str(), "index" | "index_attach") {
                deps.extend(below.get(dep));
            }
        }
        if entry.kind == "domain_check" {
            // Which tables hold the domain, in whatever type, only the server knows.
            after.extend(loaded.values().map(|(job, _)| job));
        }
        let (exclusive, shared) = locks.of(entry);
        jobs.push(Task::Entry(at), Job { cost, deps, after, exclusive, shared });
    }
    first
}

/// For each table when the rows of those that inherit from it are in.
fn loaded_below(locks: &Locks<'_>, loaded: &HashMap<u32, (JobId, u64)>) -> BTreeMap<u32, Vec<JobId>> {
    let mut below: BTreeMap<u32, Vec<JobId>> = BTreeMap::new();
    for (table, (job, _)) in loaded {
        for parent in locks.above(vec![*table]) {
            below.entry(parent).or_default().push(*job);
        }
    }
    below
}
