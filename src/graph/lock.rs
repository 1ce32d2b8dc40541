//! One table's lock in the ready-queue: who holds it, who waits for it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::ready::JobId;

/// Larger is more urgent: the cost of the longest chain that starts with the job, then the lower id.
pub(super) type Urgency = (u64, Reverse<JobId>);

/// A lock that one job holds alone or several hold together.
///
/// Jobs wait here, not in the queue's heap, so that a table with thousands of constraints costs nothing while one of
/// them runs. Whenever the most urgent waiter could have the lock, it is also in the heap, as the `candidate`; when
/// that leaves the heap, the next one takes its place.
#[derive(Debug, Default)]
pub(super) struct TableLock {
    held_exclusively: bool,
    held_shared: usize,
    waiting_exclusive: BinaryHeap<Urgency>,
    waiting_shared: BinaryHeap<Urgency>,
    candidate: Option<Urgency>,
}

impl TableLock {
    /// Whether one more job could hold it.
    pub(super) fn admits(&self, exclusive: bool) -> bool {
        let shared_in_the_way = exclusive && self.held_shared > 0;
        !self.held_exclusively && !shared_in_the_way
    }

    /// Takes it; it must admit that.
    pub(super) fn take(&mut self, exclusive: bool) {
        if exclusive { self.held_exclusively = true } else { self.held_shared += 1 }
    }

    /// Lets it go.
    pub(super) fn release(&mut self, exclusive: bool) {
        if exclusive { self.held_exclusively = false } else { self.held_shared -= 1 }
    }

    /// Makes a job wait.
    pub(super) fn park(&mut self, job: Urgency, exclusive: bool) {
        if exclusive { self.waiting_exclusive.push(job) } else { self.waiting_shared.push(job) }
    }

    /// Takes out the most urgent waiter that could have the lock and makes it the candidate, unless there is one that
    /// is more urgent.
    pub(super) fn unpark(&mut self) -> Option<Urgency> {
        let exclusive = self.waiting_exclusive.peek().copied().filter(|_| self.admits(true));
        let shared = self.waiting_shared.peek().copied().filter(|_| self.admits(false));
        let best = exclusive.max(shared).filter(|&best| self.candidate < Some(best))?;
        if exclusive == Some(best) {
            self.waiting_exclusive.pop()
        } else {
            self.waiting_shared.pop()
        };
        self.candidate = Some(best);
        Some(best)
    }

    /// Says that a job that waited here has left the heap.
    pub(super) fn withdraw(&mut self, job: Urgency) {
        if self.candidate == Some(job) {
            self.candidate = None;
        }
    }
}
