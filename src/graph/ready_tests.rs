//! The ready-queue against small plans by hand, and against a slow but obvious model.

use proptest::prelude::*;

use super::ready::{Job, JobId, ReadyError, ReadyQueue, TableId};

fn job(cost: u64, deps: &[JobId]) -> Job {
    Job { cost, deps: deps.to_vec(), ..Job::default() }
}

fn exclusive(cost: u64, tables: &[TableId]) -> Job {
    Job { cost, exclusive: tables.to_vec(), ..Job::default() }
}

fn shared(cost: u64, tables: &[TableId]) -> Job {
    Job { cost, shared: tables.to_vec(), ..Job::default() }
}

fn queue(jobs: &[Job]) -> ReadyQueue {
    ReadyQueue::new(jobs.to_vec()).expect("no loop")
}

/// Everything that can start now.
fn start_all(queue: &mut ReadyQueue) -> Vec<JobId> {
    std::iter::from_fn(|| queue.next()).collect()
}

#[test]
fn an_empty_queue_is_done() {
    let mut queue = queue(&[]);
    assert!(queue.is_done());
    assert_eq!(queue.next(), None);
}

#[test]
fn the_longest_chain_goes_first_then_the_lower_id() {
    // 0: large, nothing behind it. 1: small, but 2 and 3 wait. 4 and 5 are alike.
    let mut queue =
        queue(&[job(100, &[]), job(1, &[]), job(60, &[1]), job(60, &[2]), job(7, &[]), job(7, &[])]);
    assert_eq!(start_all(&mut queue), [1, 0, 4, 5]);
    queue.finished(1);
    assert_eq!(start_all(&mut queue), [2]);
    assert_eq!(queue.running(), 4);
}

#[test]
fn a_dependency_named_twice_counts_once() {
    let mut queue = queue(&[job(1, &[]), job(1, &[0, 0])]);
    assert_eq!(start_all(&mut queue), [0]);
    queue.finished(0);
    assert_eq!(start_all(&mut queue), [1]);
}

#[test]
fn indexes_share_a_table_and_a_constraint_takes_it() {
    let mut queue = queue(&[exclusive(5, &[7]), shared(9, &[7]), shared(8, &[7]), exclusive(1, &[8])]);
    assert_eq!(start_all(&mut queue), [1, 2, 3]);
    queue.finished(1);
    assert!(start_all(&mut queue).is_empty());
    queue.finished(2);
    assert_eq!(start_all(&mut queue), [0]);
}

#[test]
fn a_foreign_key_takes_both_its_tables() {
    let mut queue =
        queue(&[exclusive(9, &[1, 2]), exclusive(5, &[2, 3]), exclusive(4, &[3]), shared(3, &[1])]);
    assert_eq!(start_all(&mut queue), [0, 2]);
    queue.finished(2);
    assert!(start_all(&mut queue).is_empty());
    queue.finished(0);
    assert_eq!(start_all(&mut queue), [1, 3]);
}

#[test]
fn a_table_named_as_both_is_exclusive() {
    let both = Job { exclusive: vec![1], shared: vec![1], ..Job::default() };
    let mut queue = queue(&[both.clone(), both]);
    assert_eq!(start_all(&mut queue), [0]);
    queue.finished(0);
    assert_eq!(start_all(&mut queue), [1]);
}

#[test]
fn the_next_waiter_starts_when_the_first_one_still_needs_another_table() {
    // 1 is more urgent than 2 at table 1, but table 2 stays taken by 3.
    let mut queue =
        queue(&[exclusive(9, &[1]), exclusive(8, &[1, 2]), exclusive(7, &[1]), exclusive(20, &[2])]);
    assert_eq!(start_all(&mut queue), [3, 0]);
    queue.finished(0);
    assert_eq!(start_all(&mut queue), [2]);
    queue.finished(3);
    assert!(start_all(&mut queue).is_empty());
    queue.finished(2);
    assert_eq!(start_all(&mut queue), [1]);
}

#[test]
fn a_failure_gives_up_everything_behind_it_once() {
    let mut queue = queue(&[job(1, &[]), job(1, &[]), job(1, &[0]), job(1, &[2, 1]), job(1, &[1])]);
    assert_eq!(start_all(&mut queue), [0, 1]);
    assert_eq!(queue.failed(0), [2, 3]);
    assert_eq!(queue.failed(1), [4]);
    assert!(queue.is_done());
    assert_eq!(queue.next(), None);
}

#[test]
fn what_only_has_to_come_later_runs_after_a_failure_too() {
    let later = |after: &[JobId]| Job { after: after.to_vec(), ..Job::default() };
    // 2 comes after the job that fails, 3 after the one that is given up, 4 after one that is still running.
    let mut queue =
        queue(&[job(1, &[]), job(1, &[0]), later(&[0, 0]), later(&[1]), later(&[1, 5]), job(1, &[])]);
    assert_eq!(start_all(&mut queue), [0, 5]);
    assert_eq!(queue.failed(0), [1]);
    assert_eq!(start_all(&mut queue), [2, 3]);
    queue.finished(5);
    assert_eq!(start_all(&mut queue), [4]);
}

#[test]
fn a_failure_lets_go_of_its_locks() {
    let mut queue = queue(&[exclusive(2, &[1]), exclusive(1, &[1])]);
    assert_eq!(start_all(&mut queue), [0]);
    assert!(queue.failed(0).is_empty());
    assert_eq!(start_all(&mut queue), [1]);
}

#[test]
fn reports_about_jobs_that_do_not_run_are_ignored() {
    let mut queue = queue(&[job(1, &[]), job(1, &[0])]);
    queue.finished(0);
    queue.finished(9);
    assert_eq!(start_all(&mut queue), [0]);
    queue.finished(0);
    queue.finished(0);
    assert!(queue.failed(0).is_empty());
    assert_eq!(start_all(&mut queue), [1]);
    queue.finished(1);
    assert!(queue.is_done());
}

#[test]
fn a_loop_is_refused() {
    let jobs = vec![job(1, &[]), job(1, &[2]), job(1, &[1, 0]), job(1, &[2])];
    assert_eq!(ReadyQueue::new(jobs).expect_err("a loop"), ReadyError::Loop { jobs: vec![1, 2, 3] });
}

#[test]
fn an_unknown_dependency_is_refused() {
    let error = ReadyQueue::new(vec![job(1, &[1])]).expect_err("one job only");
    assert_eq!(error.to_string(), "job 0 depends on job 1, which does not exist");
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Model {
    Waiting,
    Running,
    Finished,
    Failed,
    GivenUp,
}

fn conflict(a: &Job, b: &Job) -> bool {
    let touches = |job: &Job, table| job.exclusive.contains(table) || job.shared.contains(table);
    a.exclusive.iter().any(|table| touches(b, table)) || b.exclusive.iter().any(|table| touches(a, table))
}

fn chain(jobs: &[Job], id: JobId) -> u64 {
    let behind =
        (0..jobs.len()).filter(|&later| jobs[later].deps.contains(&id) || jobs[later].after.contains(&id));
    jobs[id].cost + behind.map(|later| chain(jobs, later)).max().unwrap_or(0)
}

/// What the queue should start: tries every job.
fn expected(jobs: &[Job], states: &[Model]) -> Option<JobId> {
    (0..jobs.len())
        .filter(|&id| states[id] == Model::Waiting)
        .filter(|&id| jobs[id].deps.iter().all(|&dep| states[dep] == Model::Finished))
        .filter(|&id| {
            jobs[id].after.iter().all(|&dep| !matches!(states[dep], Model::Waiting | Model::Running))
        })
        .filter(|&id| {
            (0..jobs.len()).all(|other| states[other] != Model::Running || !conflict(&jobs[id], &jobs[other]))
        })
        .max_by_key(|&id| (chain(jobs, id), std::cmp::Reverse(id)))
}

fn plans() -> impl Strategy<Value = Vec<Job>> {
    let raw = (
        0..20_u64,
        proptest::collection::vec(any::<usize>(), 0..3),
        proptest::collection::vec(any::<usize>(), 0..2),
        proptest::collection::vec(0..4_usize, 0..3),
        proptest::collection::vec(0..4_usize, 0..3),
    );
    proptest::collection::vec(raw, 1..24).prop_map(|raw| {
        raw.into_iter()
            .enumerate()
            .map(|(id, (cost, deps, after, exclusive, shared))| {
                let earlier = |ids: Vec<usize>| {
                    ids.into_iter().filter(|dep| dep % 3 > 0 && id > 0).map(|dep| dep % id.max(1)).collect()
                };
                Job { cost, deps: earlier(deps), after: earlier(after), exclusive, shared }
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn agrees_with_the_model(
        jobs in plans(),
        choices in proptest::collection::vec((any::<usize>(), 0..10_u8), 24),
        workers in 1..5_usize,
    ) {
        let mut queue = queue(&jobs);
        let mut states = vec![Model::Waiting; jobs.len()];
        let mut choices = choices.into_iter();
        loop {
            while queue.running() < workers {
                let next = queue.next();
                prop_assert_eq!(next, expected(&jobs, &states));
                let Some(id) = next else { break };
                states[id] = Model::Running;
            }
            let running: Vec<JobId> = (0..jobs.len()).filter(|&id| states[id] == Model::Running).collect();
            prop_assert_eq!(running.len(), queue.running());
            if running.is_empty() {
                break;
            }
            let (choice, fate) = choices.next().expect("one choice for each job");
            let id = running[choice % running.len()];
            if fate == 0 {
                states[id] = Model::Failed;
                for given_up in queue.failed(id) {
                    prop_assert_eq!(states[given_up], Model::Waiting);
                    prop_assert!(jobs[given_up]
                        .deps
                        .iter()
                        .any(|&dep| matches!(states[dep], Model::Failed | Model::GivenUp)));
                    states[given_up] = Model::GivenUp;
                }
            } else {
                states[id] = Model::Finished;
                queue.finished(id);
            }
        }
        prop_assert!(queue.is_done());
        prop_assert!(!states.contains(&Model::Waiting));
    }
}
