//! The ready-queue of the restore: which job may start now, and which of those should.
//!
//! A pure state machine over jobs with dependencies, locks and costs. Rules: a job starts when all that it depends on
//! has finished and no running job holds a conflicting lock. The jobs at the head of the longest chain of work go
//! first.
//!
//! It differs from pg_restore (ordering.md §12) in these points:
//!
//! - The priority is the critical path, not the job's own size. A small table behind which a large index and ten
//!   foreign keys wait goes before a larger one with nothing behind it.
//! - A job that cannot start for a lock waits at the table. pg_restore tries all ready items anew each time.
//! - What depends on a failed job is reported instead of being tried. To try it nevertheless, call
//!   [`ReadyQueue::finished`] for the failed job; what only has to come later ([`Job::after`]) runs in any case.
//! - Loops are refused when the queue is made, so it always runs dry. pg_restore runs what remains one by one.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use super::lock::{TableLock, Urgency};

/// Position of a job in the list given to the queue.
pub type JobId = usize;

/// Names a table: any number, as long as it is the same in every job.
pub type TableId = usize;

/// Something to run.
#[derive(Clone, Debug, Default)]
pub struct Job {
    /// How much work it is, in bytes read or written. An estimate: it decides priority only.
    pub cost: u64,
    /// The jobs that have to finish first. Duplicates are allowed.
    pub deps: Vec<JobId>,
    /// The jobs that have to end first, well or not. Duplicates are allowed; what is a dependency too is one.
    pub after: Vec<JobId>,
    /// Tables on which nothing else may run meanwhile: `ADD CONSTRAINT` and `CREATE TRIGGER` take ACCESS EXCLUSIVE or
    /// SHARE ROW EXCLUSIVE locks.
    pub exclusive: Vec<TableId>,
    /// Tables that it uses together with others: `CREATE INDEX`, COPY. A table in both lists counts as exclusive.
    pub shared: Vec<TableId>,
}

/// The jobs given to [`ReadyQueue::new`] cannot all run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadyError {
    /// Jobs on a loop, or behind one.
    #[error("{} jobs wait for each other in a loop", jobs.len())]
    Loop {
        /// The jobs, ascending.
        jobs: Vec<JobId>,
    },
    /// A dependency on a job that is not in the list.
    #[error("job {job} depends on job {dep}, which does not exist")]
    Unknown {
        /// The dependent job.
        job: JobId,
        /// What it names.
        dep: JobId,
    },
}

/// The queue.
///
/// ```
/// use pgark::graph::{Job, ReadyQueue};
/// let copy = Job { cost: 100, shared: vec![1], ..Job::default() };
/// let key = Job { cost: 10, deps: vec![0], exclusive: vec![1], ..Job::default() };
/// let mut queue = ReadyQueue::new(vec![copy, key])?;
/// assert_eq!((queue.next(), queue.next()), (Some(0), None));
/// queue.finished(0);
/// assert_eq!(queue.next(), Some(1));
/// queue.finished(1);
/// assert!(queue.is_done());
/// # Ok::<(), pgark::graph::ReadyError>(())
/// ```
#[derive(Debug)]
pub struct ReadyQueue {
    jobs: Vec<Entry>,
    tables: Vec<TableLock>,
    /// Jobs that may be able to start. Those that turn out not to wait at a table.
    ready: BinaryHeap<Urgency>,
    running: usize,
    /// Jobs that have neither finished nor failed nor been given up.
    unsettled: usize,
}

#[derive(Debug)]
struct Entry {
    state: State,
    /// Of both sorts.
    unfinished_deps: usize,
    dependents: Vec<JobId>,
    /// Those that only wait for its end.
    followers: Vec<JobId>,
    locks: Vec<Lock>,
    /// Cost of the longest chain that starts here.
    urgency: u64,
    /// The table at which it waited last.
    woken_at: Option<usize>,
}

impl Entry {
    /// All that wait for it.
    fn behind(&self) -> impl Iterator<Item = JobId> + '_ {
        self.dependents.iter().chain(&self.followers).copied()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// For dependencies or for a lock.
    Waiting,
    Running,
    /// Finished, failed, or given up because of a failure.
    Settled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lock {
    table: usize,
    exclusive: bool,
}

impl ReadyQueue {
    /// Makes a queue.
    ///
    /// # Errors
    ///
    /// Fails if jobs depend on each other in a loop or on jobs that do not exist.
    pub fn new(jobs: Vec<Job>) -> Result<Self, ReadyError> {
        let count = jobs.len();
        let mut numbers = HashMap::new();
        let mut entries = Vec::with_capacity(count);
        let (mut dependents, mut followers) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        for (id, job) in jobs.iter().enumerate() {
            let deps: BTreeSet<JobId> = job.deps.iter().copied().collect();
            let after: BTreeSet<JobId> =
                job.after.iter().copied().filter(|dep| !deps.contains(dep)).collect();
            if let Some(&dep) = deps.iter().chain(&after).find(|&&dep| dep >= count) {
                return Err(ReadyError::Unknown { job: id, dep });
            }
            deps.iter().for_each(|dep| dependents[*dep].push(id));
            after.iter().for_each(|dep| followers[*dep].push(id));
            entries.push(Entry {
                state: State::Waiting,
                unfinished_deps: deps.len() + after.len(),
                dependents: Vec::new(),
                followers: Vec::new(),
                locks: locks(job, &mut numbers),
                urgency: job.cost,
                woken_at: None,
            });
        }
        for ((entry, dependents), followers) in entries.iter_mut().zip(dependents).zip(followers) {
            (entry.dependents, entry.followers) = (dependents, followers);
        }
        for job in dependencies_first(&entries)?.into_iter().rev() {
            let behind = entries[job].behind().map(|later| entries[later].urgency).max();
            entries[job].urgency = jobs[job].cost.saturating_add(behind.unwrap_or(0));
        }
        let mut queue = Self {
            jobs: entries,
            tables: std::iter::repeat_with(TableLock::default).take(numbers.len()).collect(),
            ready: BinaryHeap::new(),
            running: 0,
            unsettled: count,
        };
        queue.ready = (0..count)
            .filter(|&id| queue.jobs[id].unfinished_deps == 0)
            .map(|id| queue.urgency(id))
            .collect();
        Ok(queue)
    }

    /// Starts the most urgent job that can run beside those that run already; `None` if there is none at present.
    ///
    /// Whenever nothing runs and the queue is not done, there is one.
    #[expect(
        clippy::should_implement_trait,
        reason = "None is not the end: more follows after the next finish"
    )]
    pub fn next(&mut self) -> Option<JobId> {
        while let Some(urgency) = self.ready.pop() {
            let Reverse(id) = urgency.1;
            let woken_at = self.jobs[id].woken_at.take();
            let blocked_by = self.jobs[id]
                .locks
                .iter()
                .copied()
                .find(|lock| !self.tables[lock.table].admits(lock.exclusive));
            match blocked_by {
                Some(lock) => self.tables[lock.table].park(urgency, lock.exclusive),
                None => self.start(id),
            }
            if let Some(table) = woken_at {
                self.tables[table].withdraw(urgency);
                self.wake(table);
            }
            if blocked_by.is_none() {
                return Some(id);
            }
        }
        None
    }

    /// Says that a running job has ended well, or that what depends on it shall be tried anyhow.
    /// Does nothing for a job that does not run.
    pub fn finished(&mut self, job: JobId) {
        if !self.stop(job) {
            return;
        }
        let behind: Vec<JobId> = self.jobs[job].behind().collect();
        self.unblock(behind);
    }

    /// Each of these waits for one job less.
    fn unblock(&mut self, waiting: Vec<JobId>) {
        for id in waiting {
            self.jobs[id].unfinished_deps -= 1;
            if self.jobs[id].unfinished_deps == 0 && self.jobs[id].state == State::Waiting {
                self.ready.push(self.urgency(id));
            }
        }
    }

    /// Says that a running job has failed. Returns the jobs that can never run now, ascending; each job is returned
    /// by one call only. Does nothing for a job that does not run.
    pub fn failed(&mut self, job: JobId) -> Vec<JobId> {
        let mut given_up = Vec::new();
        if !self.stop(job) {
            return given_up;
        }
        let mut pending = vec![job];
        while let Some(id) = pending.pop() {
            for at in 0..self.jobs[id].dependents.len() {
                let dependent = self.jobs[id].dependents[at];
                if self.jobs[dependent].state == State::Waiting {
                    self.jobs[dependent].state = State::Settled;
                    self.unsettled -= 1;
                    given_up.push(dependent);
                    pending.push(dependent);
                }
            }
        }
        given_up.sort_unstable();
        for id in std::iter::once(job).chain(given_up.iter().copied()) {
            let followers = self.jobs[id].followers.clone();
            self.unblock(followers);
        }
        given_up
    }

    /// Whether every job has finished, failed or been given up.
    pub fn is_done(&self) -> bool {
        self.unsettled == 0
    }

    /// How many jobs could perhaps start now, but for locks.
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// How many jobs run.
    pub fn running(&self) -> usize {
        self.running
    }

    fn urgency(&self, id: JobId) -> Urgency {
        (self.jobs[id].urgency, Reverse(id))
    }

    fn start(&mut self, id: JobId) {
        self.jobs[id].state = State::Running;
        self.running += 1;
        for &Lock { table, exclusive } in &self.jobs[id].locks {
            self.tables[table].take(exclusive);
        }
    }

    /// Ends a running job and lets go of its locks; false if it does not run.
    fn stop(&mut self, id: JobId) -> bool {
        if self.jobs.get(id).is_none_or(|job| job.state != State::Running) {
            return false;
        }
        self.jobs[id].state = State::Settled;
        self.running -= 1;
        self.unsettled -= 1;
        for at in 0..self.jobs[id].locks.len() {
            let Lock { table, exclusive } = self.jobs[id].locks[at];
            self.tables[table].release(exclusive);
            self.wake(table);
        }
        true
    }

    /// Puts the most urgent waiter that the table admits into the heap, unless a more urgent one is there already.
    fn wake(&mut self, table: usize) {
        if let Some(urgency) = self.tables[table].unpark() {
            self.jobs[urgency.1.0].woken_at = Some(table);
            self.ready.push(urgency);
        }
    }
}

/// A job's locks, each table once, tables numbered densely.
fn locks(job: &Job, numbers: &mut HashMap<TableId, usize>) -> Vec<Lock> {
    let exclusive = job.exclusive.iter().map(|&table| (table, true));
    let shared = job.shared.iter().map(|&table| (table, false));
    let mut locks: Vec<Lock> = exclusive
        .chain(shared)
        .map(|(table, exclusive)| {
            let next = numbers.len();
            Lock { table: *numbers.entry(table).or_insert(next), exclusive }
        })
        .collect();
    locks.sort_by_key(|lock| (lock.table, !lock.exclusive));
    locks.dedup_by_key(|lock| lock.table);
    locks
}

/// All jobs, each after those it depends on.
fn dependencies_first(jobs: &[Entry]) -> Result<Vec<JobId>, ReadyError> {
    let mut unfinished: Vec<usize> = jobs.iter().map(|job| job.unfinished_deps).collect();
    let mut order: Vec<JobId> = (0..jobs.len()).filter(|&id| unfinished[id] == 0).collect();
    let mut at = 0;
    while let Some(&id) = order.get(at) {
        at += 1;
        for dependent in jobs[id].behind() {
            unfinished[dependent] -= 1;
            if unfinished[dependent] == 0 {
                order.push(dependent);
            }
        }
    }
    if order.len() == jobs.len() {
        Ok(order)
    } else {
        Err(ReadyError::Loop { jobs: (0..jobs.len()).filter(|&id| unfinished[id] > 0).collect() })
    }
}
