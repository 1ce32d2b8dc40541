//! The jobs of a restore's parallel phase, with their dependencies and locks. Pure (ordering.md §12).

use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    /// Nothing: the rows of all tables that inherit from this one, by position, are in.
    LoadedBelow(usize),
    /// Runs the SQL of an entry, by position.
    Entry(usize),
}

impl Task {
    /// It only waits for others.
    pub fn is_marker(&self) -> bool {
        matches!(self, Self::Loaded(_) | Self::LoadedBelow(_))
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
    let below = (0..first).filter(|job| matches!(tasks[*job], Task::LoadedBelow(_)));
    let below = below.filter(|job| jobs[*job].deps.iter().any(|dep| markers.contains(dep)));
    let rows: BTreeSet<JobId> = below.chain(markers.iter().copied()).collect();
    // Entries are in restore order, so what an entry depends on has been looked at before it.
    let mut behind = rows.clone();
    let mut built = Vec::new();
    for (n, &at) in phases.post_data.iter().enumerate() {
        let job = first + n;
        let is_index = matches!(catalog.entries[at].kind.as_str(), "index" | "key" | "index_attach");
        if is_index {
            jobs[job].deps.retain(|dep| !rows.contains(dep));
        }
        if jobs[job].deps.iter().chain(&jobs[job].after).any(|dep| behind.contains(dep)) {
            behind.insert(job);
        } else if is_index {
            built.push(job);
        }
    }
    for marker in markers {
        for load in jobs[marker].deps.clone() {
            jobs[load].after.extend(&built);
        }
    }
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
    let loaded_below = locks.loaded_below(loaded);
    // One job that waits for all children, since many may wait for it.
    let below: HashMap<u32, JobId> = loaded_below
        .into_iter()
        .map(|(table, deps)| {
            let job = Job { deps, ..Job::default() };
            (table, jobs.push(Task::LoadedBelow(table as usize - 1), job))
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

/// Which tables the statements of entries lock.
struct Locks<'a> {
    catalog: &'a Catalog,
    /// By the id of a table's entry: the tables it inherits from, or is a partition of.
    parents: HashMap<u32, Vec<u32>>,
}

impl<'a> Locks<'a> {
    fn new(catalog: &'a Catalog) -> Self {
        let mut parents: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut locks = Self { catalog, parents: HashMap::new() };
        for entry in &catalog.entries {
            let tables = entry.deps.iter().copied().filter(|id| locks.is_table(*id));
            match entry.kind.as_str() {
                kind if is_table(kind) => parents.entry(entry.id).or_default().extend(tables),
                "table_attach" => {
                    let is_child = |id: &u32| {
                        let table = &catalog.entries[*id as usize - 1];
                        (&table.schema, &table.name) == (&entry.schema, &entry.name)
                    };
                    let (child, parent): (Vec<u32>, Vec<u32>) = tables.partition(is_child);
                    child.iter().for_each(|id| parents.entry(*id).or_default().extend(&parent));
                }
                _ => {}
            }
        }
        locks.parents = parents;
        locks
    }

    fn is_table(&self, id: u32) -> bool {
        self.catalog.entries.get(id as usize - 1).is_some_and(|entry| is_table(&entry.kind))
    }

    /// All that the tables inherit from.
    fn above(&self, mut tables: Vec<u32>) -> BTreeSet<u32> {
        let mut above = BTreeSet::new();
        while let Some(id) = tables.pop() {
            for parent in self.parents.get(&id).into_iter().flatten() {
                if above.insert(*parent) {
                    tables.push(*parent);
                }
            }
        }
        above
    }

    /// For each table when the rows of those that inherit from it are in.
    fn loaded_below(&self, loaded: &HashMap<u32, (JobId, u64)>) -> BTreeMap<u32, Vec<JobId>> {
        let mut below: BTreeMap<u32, Vec<JobId>> = BTreeMap::new();
        for (table, (job, _)) in loaded {
            for parent in self.above(vec![*table]) {
                below.entry(parent).or_default().push(*job);
            }
        }
        below
    }

    /// Exclusive and shared. A statement on a partitioned table or a parent may go on to its children: whoever works
    /// on a child therefore shares the parents, so the two are never at it together.
    fn of(&self, entry: &Entry) -> (Vec<usize>, Vec<usize>) {
        let mut tables = BTreeSet::new();
        for dep in &entry.deps {
            let Some(dep) = self.catalog.entries.get(*dep as usize - 1) else { continue };
            match dep.kind.as_str() {
                "materialized_view" | "view" => drop(tables.insert(dep.id)),
                kind if is_table(kind) => drop(tables.insert(dep.id)),
                // A foreign key depends on the key that it refers to, and locks the key's table.
                _ => tables.extend(dep.deps.iter().copied().filter(|id| self.is_table(*id))),
            }
        }
        let mut above = self.above(tables.iter().copied().collect());
        if entry.kind == "domain_check" {
            // It takes SHARE, one after the other, on the tables that hold the domain.
            above.extend(
                self.catalog.entries.iter().filter(|entry| is_table(&entry.kind)).map(|entry| entry.id),
            );
        }
        let ids = |set: BTreeSet<u32>| set.into_iter().map(|id| id as usize).collect::<Vec<usize>>();
        if entry.kind == "index" && entry.ddl.len() == 1 {
            // CREATE INDEX takes SHARE: several on one table run at once. With CLUSTER ON or REPLICA IDENTITY behind
            // it the transaction would want more, and two of them would wait for each other.
            above.extend(tables);
            return (Vec::new(), ids(above));
        }
        (ids(tables), ids(above))
    }
}

/// Tables inherit from each other, foreign ones too.
fn is_table(kind: &str) -> bool {
    matches!(kind, "table" | "foreign_table")
}

#[cfg(test)]
mod tests {
    use super::{Jobs, Task, Unit, data_and_post_data};
    use crate::manifest::{Catalog, Entry};
    use crate::restore::plan::Phases;

    fn entry(id: u32, kind: &str, section: &str, oid: u32, deps: &[u32]) -> Entry {
        let json = serde_json::json!({
            "id": id, "kind": kind, "name": format!("n{oid}"), "label": kind, "section": section, "deps": deps,
        });
        serde_json::from_value(json).unwrap()
    }

    /// The entries whose rows are in when the entry of this id starts.
    fn loaded_before(jobs: &Jobs, id: u32) -> Vec<u32> {
        let is_entry = |task: &Task| matches!(task, Task::Entry(at) if *at as u32 + 1 == id);
        let job = &jobs.jobs[jobs.tasks.iter().position(is_entry).unwrap()];
        let below = |dep: &usize| match jobs.tasks[*dep] {
            Task::LoadedBelow(_) => jobs.jobs[*dep].deps.clone(),
            _ => vec![*dep],
        };
        let loaded = |dep: usize| match jobs.tasks[dep] {
            Task::Loaded(at) => Some(at as u32 + 1),
            _ => None,
        };
        let mut found: Vec<u32> =
            job.deps.iter().chain(&job.after).flat_map(below).filter_map(loaded).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn rows_wait_for_the_rows_that_they_refer_to() {
        let catalog = Catalog {
            entries: vec![
                entry(1, "extension", "pre-data", 90, &[]),
                entry(2, "table_data", "data", 10, &[1]),
                entry(3, "table_data", "data", 11, &[1, 2]),
                entry(4, "index", "post-data", 71, &[1]),
            ],
            ..Catalog::default()
        };
        let units = [3, 3, 2].map(|entry| Unit { entry, bytes: 1, ..Unit::default() }).to_vec();
        let jobs = data_and_post_data(&catalog, &Phases::of(&catalog), units);
        let deps = |job: usize| jobs.jobs[job].deps.clone();
        assert!(matches!(jobs.tasks[3], Task::Loaded(1)) && matches!(jobs.tasks[4], Task::Loaded(2)));
        assert_eq!((deps(0), deps(1), deps(2)), (vec![3], vec![3], vec![]));
        assert_eq!((deps(3), deps(4)), (vec![2], vec![0, 1, 3]));
        assert!(loaded_before(&jobs, 4).is_empty());
    }

    #[test]
    fn statements_wait_for_the_rows_that_they_reach() {
        // A partitioned table, its partition (which has a partition itself) and a stranger.
        let catalog = Catalog {
            entries: vec![
                entry(1, "domain", "pre-data", 90, &[]),
                entry(2, "table", "pre-data", 10, &[]),
                entry(3, "table", "pre-data", 11, &[]),
                entry(4, "table", "pre-data", 12, &[]),
                entry(5, "table", "pre-data", 13, &[]),
                entry(6, "table_attach", "pre-data", 11, &[2, 3]),
                entry(7, "table_attach", "pre-data", 12, &[3, 4]),
                entry(8, "table_data", "data", 12, &[4]),
                entry(9, "table_data", "data", 13, &[5]),
                entry(10, "trigger", "post-data", 70, &[2]),
                entry(11, "index", "post-data", 71, &[2]),
                entry(12, "check", "post-data", 72, &[5]),
                entry(13, "domain_check", "post-data", 73, &[1]),
            ],
            ..Catalog::default()
        };
        let units = [8, 9].map(|entry| Unit { entry, bytes: 1, ..Unit::default() }).to_vec();
        let jobs = data_and_post_data(&catalog, &Phases::of(&catalog), units);
        assert_eq!(loaded_before(&jobs, 10), [8]);
        assert!(loaded_before(&jobs, 11).is_empty());
        assert_eq!(loaded_before(&jobs, 12), [9]);
        assert_eq!(loaded_before(&jobs, 13), [8, 9]);
        assert_eq!(jobs.jobs.last().unwrap().shared, [2, 3, 4, 5]);
    }

    #[test]
    fn an_index_that_does_more_has_its_table_alone() {
        let mut plain = entry(2, "index", "post-data", 71, &[1]);
        plain.ddl = vec!["CREATE INDEX i ON t (a)".to_owned().into()];
        let mut clustered = plain.clone();
        clustered.id = 3;
        clustered.ddl.push("ALTER TABLE t CLUSTER ON i".to_owned().into());
        let catalog = Catalog {
            entries: vec![entry(1, "table", "pre-data", 10, &[]), plain, clustered],
            ..Catalog::default()
        };
        let jobs = data_and_post_data(&catalog, &Phases::of(&catalog), Vec::new());
        let locks: Vec<_> = jobs.jobs.iter().map(|job| (job.exclusive.clone(), job.shared.clone())).collect();
        assert_eq!(locks, [(vec![], vec![1]), (vec![1], vec![])]);
    }

    #[test]
    fn foreign_tables_are_parents_too() {
        let catalog = Catalog {
            entries: vec![
                entry(1, "foreign_table", "pre-data", 10, &[]),
                entry(2, "table", "pre-data", 11, &[1]),
                entry(3, "table_data", "data", 11, &[2]),
                entry(4, "check", "post-data", 70, &[1]),
                entry(5, "trigger", "post-data", 71, &[2]),
            ],
            ..Catalog::default()
        };
        let units = vec![Unit { entry: 3, bytes: 1, ..Unit::default() }];
        let jobs = data_and_post_data(&catalog, &Phases::of(&catalog), units);
        assert_eq!(loaded_before(&jobs, 4), [3]);
        assert_eq!(jobs.jobs.last().unwrap().shared, [1]);
    }
}
