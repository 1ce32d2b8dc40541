//! Workers: a session each, driven by the ready-queue.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::error::Error;
use super::jobs::{Jobs, Task};
use super::load::load_unit;
use super::refresh::refresh;
use super::run::Run;
use crate::archive::ArchiveFile;
use crate::event::Meter;
use crate::graph::{JobId, ReadyQueue};
use crate::server::Session;

/// What a job says when it ends.
struct Ended {
    session: Session,
    worker: usize,
    job: JobId,
    result: Result<u64, Error>,
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
    let mut queue = ReadyQueue::new(jobs).map_err(|error| Error::Worker(error.to_string()))?;
    let steps = tasks.iter().filter(|task| !matches!(task, Task::Loaded(_))).count();
    Meter::add(&run.ctx.meter.items, steps as u64);
    let tasks: Arc<Vec<Task>> = Arc::new(tasks);
    let mut idle: Vec<(usize, Session)> = sessions.into_iter().enumerate().rev().collect();
    let mut running: JoinSet<Ended> = JoinSet::new();
    loop {
        while let Some((worker, session)) = idle.pop() {
            let Some(job) = queue.next() else {
                idle.push((worker, session));
                break;
            };
            let entry = run.entry(run.entry_id(&tasks[job]));
            if !run.may_start(entry) {
                idle.push((worker, session));
                give_up(run, &mut queue, &tasks, job);
                continue;
            }
            if let Task::Loaded(at) = tasks[job] {
                idle.push((worker, session));
                match run.loaded(at) {
                    Ok(()) => queue.finished(job),
                    Err(error) => fail(run, &mut queue, &tasks, job, error)?,
                }
                continue;
            }
            let (run, file, tasks) = (Arc::clone(run), file.cloned(), Arc::clone(&tasks));
            running.spawn(async move { perform(&run, file, worker, session, job, &tasks[job]).await });
        }
        let Some(ended) = running.join_next().await else { break };
        let Ended { session, worker, job, result } =
            ended.map_err(|_| Error::Worker("a restoring session".to_owned()))?;
        idle.push((worker, session));
        match result {
            Ok(rows) => {
                run.finished(&tasks[job], rows);
                queue.finished(job);
            }
            Err(error) => fail(run, &mut queue, &tasks, job, error)?,
        }
    }
    idle.sort_by_key(|(worker, _)| *worker);
    idle.iter().for_each(|(_, session)| run.server_warnings(session));
    Ok(idle.into_iter().map(|(_, session)| session).collect())
}

fn fail(run: &Run, queue: &mut ReadyQueue, tasks: &[Task], job: JobId, error: Error) -> Result<(), Error> {
    run.failed(run.entry_id(&tasks[job]), &run.label(&tasks[job]), error)?;
    give_up(run, queue, tasks, job);
    Ok(())
}

/// What depends on a job that was not done is not done either.
fn give_up(run: &Run, queue: &mut ReadyQueue, tasks: &[Task], job: JobId) {
    let cause = run.entry(run.entry_id(&tasks[job]));
    for skipped in queue.failed(job) {
        run.skipped(run.entry(run.entry_id(&tasks[skipped])), cause);
    }
}

async fn perform(
    run: &Run,
    file: Option<Arc<ArchiveFile>>,
    worker: usize,
    mut session: Session,
    job: JobId,
    task: &Task,
) -> Ended {
    run.ctx.meter.worker(worker, run.label(task));
    let result = match (task, file) {
        (Task::Load(unit), Some(file)) => {
            let entry = run.entry(unit.entry);
            load_unit(&mut session, &file, unit, entry, &run.encoding, &run.ctx.meter).await
        }
        (Task::Entry(at), _) => {
            let entry = &run.catalog.entries[*at];
            let done = match entry.kind.as_str() {
                "refresh" => refresh(run, &session, entry).await,
                _ => run.work(entry).run(&session).await,
            };
            done.map(|()| 0)
        }
        (Task::Load(_), None) | (Task::Loaded(_), _) => Ok(0),
    };
    run.ctx.meter.worker(worker, "");
    if matches!(task, Task::Entry(_)) && result.is_ok() {
        Meter::add(&run.ctx.meter.items_done, 1);
    }
    Ended { session, worker, job, result }
}
