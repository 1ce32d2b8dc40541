//! Workers: a session each, driven by the ready-queue.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::error::Error;
use super::group::{Limits, fits, perform_group};
use super::jobs::{Jobs, Task};
use super::load::load_unit;
use super::refresh::refresh;
use super::run::Run;
use crate::archive::ArchiveFile;
use crate::event::Meter;
use crate::graph::{JobId, ReadyQueue};
use crate::server::Session;

/// How often something is tried that a deadlock ends: somebody else may lock tables in another order.
const ATTEMPTS_MAX: usize = 3;

/// What a worker says when it has done its jobs.
struct Ended {
    session: Session,
    worker: usize,
    results: Vec<(JobId, Result<u64, Error>)>,
}

/// Runs jobs on `sessions` until all are done. A failure is recorded, or ends it, as `run` decides; what depends on
/// a failed job is recorded as skipped.
///
/// # Errors
/// The first failure, unless the restore keeps going.
pub async fn run_jobs(
    run: &Arc<Run>,
    file: Option<&Arc<ArchiveFile>>,
    sessions: Vec<Session>,
    jobs: Jobs,
) -> Result<Vec<Session>, Error> {
    let Jobs { jobs, tasks } = jobs;
    let costs: Vec<u64> = jobs.iter().map(|job| job.cost).collect();
    let mut queue = ReadyQueue::new(jobs).map_err(|error| Error::Worker(error.to_string()))?;
    let steps = tasks.iter().filter(|task| !task.is_marker()).count();
    Meter::add(&run.ctx.meter.items, steps as u64);
    let tasks: Arc<Vec<Task>> = Arc::new(tasks);
    let workers = sessions.len().max(1);
    let mut idle: Vec<(usize, Session)> = sessions.into_iter().enumerate().rev().collect();
    let mut running: JoinSet<Ended> = JoinSet::new();
    // A job that was to start with others, and is too large for that.
    let mut held: Option<JobId> = None;
    loop {
        while let Some((worker, session)) = idle.pop() {
            let limits = Limits::new(run.locks, queue.ready() / (2 * workers));
            let group = next_group(run, &mut queue, &tasks, &costs, limits, &mut held)?;
            if group.is_empty() {
                idle.push((worker, session));
                break;
            }
            let (run, file, tasks) = (Arc::clone(run), file.cloned(), Arc::clone(&tasks));
            running.spawn(async move { perform(&run, file, worker, session, group, &tasks).await });
        }
        let Some(ended) = running.join_next().await else { break };
        let Ended { session, worker, results } =
            ended.map_err(|_| Error::Worker("a restoring session".to_owned()))?;
        idle.push((worker, session));
        for (job, result) in results {
            match result {
                Ok(rows) => {
                    run.finished(&tasks[job], rows);
                    queue.finished(job);
                }
                Err(error) => fail(run, &mut queue, &tasks, job, error)?,
            }
        }
    }
    idle.sort_by_key(|(worker, _)| *worker);
    idle.iter().for_each(|(_, session)| run.server_warnings(session));
    Ok(idle.into_iter().map(|(_, session)| session).collect())
}

/// The most urgent job that can start, and small ones that can start with it. One that is too large to join them is
/// held for the next session.
fn next_group(
    run: &Run,
    queue: &mut ReadyQueue,
    tasks: &[Task],
    costs: &[u64],
    mut limits: Limits,
    held: &mut Option<JobId>,
) -> Result<Vec<JobId>, Error> {
    let mut group = Vec::new();
    loop {
        let next = match held.take() {
            Some(job) => Some(job),
            None => startable(run, queue, tasks)?,
        };
        let Some(job) = next else { break };
        let joins = limits.admit(fits(run, &tasks[job], costs[job]));
        if !joins && !group.is_empty() {
            *held = Some(job);
            break;
        }
        group.push(job);
        if !joins {
            break;
        }
    }
    Ok(group)
}

/// The next job that needs a session. Those that need none end here.
fn startable(run: &Run, queue: &mut ReadyQueue, tasks: &[Task]) -> Result<Option<JobId>, Error> {
    while let Some(job) = queue.next() {
        if matches!(tasks[job], Task::AllLoaded(_)) {
            queue.finished(job);
            continue;
        }
        if !run.may_start(run.entry(run.entry_id(&tasks[job]))) {
            give_up(run, queue, tasks, job);
            continue;
        }
        let Task::Loaded(at) = tasks[job] else { return Ok(Some(job)) };
        match run.loaded(at) {
            Ok(()) => queue.finished(job),
            Err(error) => fail(run, queue, tasks, job, error)?,
        }
    }
    Ok(None)
}

fn fail(run: &Run, queue: &mut ReadyQueue, tasks: &[Task], job: JobId, error: Error) -> Result<(), Error> {
    run.failed(run.entry_id(&tasks[job]), &run.label(&tasks[job]), error)?;
    give_up(run, queue, tasks, job);
    Ok(())
}

/// What depends on a job that was not done is not done either.
fn give_up(run: &Run, queue: &mut ReadyQueue, tasks: &[Task], job: JobId) {
    let cause = run.entry(run.entry_id(&tasks[job]));
    let skipped = queue.failed(job);
    for skipped in skipped.into_iter().filter(|job| !matches!(tasks[*job], Task::AllLoaded(_))) {
        run.skipped(run.entry(run.entry_id(&tasks[skipped])), cause);
    }
}

async fn perform(
    run: &Run,
    file: Option<Arc<ArchiveFile>>,
    worker: usize,
    mut session: Session,
    jobs: Vec<JobId>,
    tasks: &[Task],
) -> Ended {
    run.pass().await;
    run.ctx.meter.worker(worker, run.label(&tasks[jobs[0]]));
    let mut results = Vec::new();
    let group: Vec<&Task> = jobs.iter().map(|&job| &tasks[job]).collect();
    match perform_group(run, file.as_ref(), &mut session, &group).await {
        Some(rows) => results.extend(jobs.iter().copied().zip(rows.into_iter().map(Ok))),
        None => {
            for &job in &jobs {
                results.push((job, perform_one(run, file.as_ref(), &mut session, &tasks[job]).await));
            }
        }
    }
    run.ctx.meter.worker(worker, "");
    let done = |(job, result): &&(JobId, Result<u64, Error>)| {
        result.is_ok() && matches!(tasks[*job], Task::Entry(_))
    };
    Meter::add(&run.ctx.meter.items_done, results.iter().filter(done).count() as u64);
    Ended { session, worker, results }
}

async fn perform_one(
    run: &Run,
    file: Option<&Arc<ArchiveFile>>,
    session: &mut Session,
    task: &Task,
) -> Result<u64, Error> {
    match (task, file) {
        (Task::Load(unit), Some(file)) => {
            let entry = run.entry(unit.entry);
            load_unit(session, file, unit, entry, &run.encoding, &run.ctx.meter).await
        }
        (Task::Entry(at), _) => {
            let entry = &run.catalog.entries[*at];
            let mut attempts = 0;
            loop {
                attempts += 1;
                let done = match entry.kind.as_str() {
                    "refresh" => refresh(run, session, entry).await,
                    _ => run.work(entry).run(session).await,
                };
                match done {
                    Err(error) if error.is_deadlock() && attempts < ATTEMPTS_MAX => {}
                    done => return done.map(|()| 0),
                }
            }
        }
        (Task::LoadTogether(bundle, units), Some(file)) => {
            bundle.load(run, file, session, units).await.map(|()| 0)
        }
        (Task::Load(_) | Task::LoadTogether(..) | Task::Loaded(_) | Task::AllLoaded(_), _) => Ok(0),
    }
}
