//! The sessions of an operation, as somebody beside it sees them: to cancel them, and to notice when one gets no answer.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::cancel::CancelHandle;
use super::relay::Shared;
use super::session::Session;

/// Looks per time limit.
const LOOKS: u32 = 8;

/// The sessions, in the order in which they began.
#[derive(Debug, Default)]
pub struct Running(Mutex<Vec<Member>>);

#[derive(Debug)]
struct Member {
    pid: i32,
    cancel: CancelHandle,
    relay: Shared,
    /// What had moved at the last look, and at how many looks it was the same.
    seen: (u64, u32),
}

/// A session that waits in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stalled {
    /// Its place among the sessions, from 0.
    pub number: usize,
    /// The server's process.
    pub pid: i32,
}

impl Stalled {
    /// Which session it is, and what it does, of an operation whose workers follow a leader.
    pub fn words(&self, workers: &[String]) -> (String, String) {
        let (who, at) = match self.number.checked_sub(1) {
            None => ("the leader".to_owned(), None),
            Some(at) => (format!("worker {}", at + 1), workers.get(at)),
        };
        (format!("{who}, pid {}", self.pid), at.cloned().unwrap_or_default())
    }
}

impl Running {
    /// One session so far.
    pub fn of(session: &Session) -> Self {
        let running = Self::default();
        running.add(session);
        running
    }

    /// Adds a session.
    pub fn add(&self, session: &Session) {
        let (cancel, relay) = (session.cancel_handle(), session.relay.clone());
        self.lock().push(Member { pid: session.backend_pid, cancel, relay, seen: (0, 0) });
    }

    /// Forgets all, as when they have ended.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Cancels what they do; nobody waits longer than for the slowest.
    pub async fn cancel(&self) {
        let handles: Vec<CancelHandle> = self.lock().iter().map(|member| member.cancel.clone()).collect();
        futures_util::future::join_all(handles.iter().map(CancelHandle::cancel)).await;
    }

    /// Waits until one of them waits for the server and neither hears of it nor can send to it for `limit`. One that does
    /// not read because its rows are not taken, or that has no rows to send, does not wait for the server.
    pub async fn stalled(&self, limit: Duration) -> Stalled {
        loop {
            tokio::time::sleep(limit / LOOKS).await;
            for (number, member) in self.lock().iter_mut().enumerate() {
                let state = member.relay.lock();
                let still = state.waits() && state.moved == member.seen.0;
                member.seen = (state.moved, if still { member.seen.1 + 1 } else { 0 });
                if member.seen.1 > LOOKS {
                    return Stalled { number, pid: member.pid };
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Member>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
