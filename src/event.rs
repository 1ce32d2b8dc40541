//! What an operation reports while it runs. The library prints nothing; an [`Observer`] at the edge does.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// A fact about the running operation. Only the coordinator of a use-case reports, so events come in one order.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A session is up: what stands at the head of the report (`app@db1:5432`, `PostgreSQL 18.3`).
    Connected {
        /// User, host, port, database, without secrets.
        target: String,
        /// The server's version as it says it.
        version: String,
    },
    /// A phase begins ("catalog", "pre-data", "data", "post-data", "analyze").
    Phase {
        /// Its name.
        name: &'static str,
        /// How many items it has, where that is known.
        items: usize,
    },
    /// Something the user should know, though it does not stop the operation.
    Warning(String),
    /// Something worth a line at `-v`.
    Detail(String),
}

/// Receives the events of one operation.
pub trait Observer: Send + Sync {
    /// Called for each event, in order. Must not block for long.
    fn event(&self, event: &Event);
}

/// An observer that drops everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: &Event) {}
}

/// Running totals that workers add to and a display polls, so that progress floods nobody.
#[derive(Debug, Default)]
pub struct Meter {
    /// Raw bytes of rows expected, an estimate; 0 while unknown.
    pub expected_bytes: AtomicU64,
    /// Raw bytes of rows moved so far.
    pub raw_bytes: AtomicU64,
    /// Archive bytes written or read so far.
    pub stored_bytes: AtomicU64,
    /// Rows moved so far.
    pub rows: AtomicU64,
    /// Items (parts, statements) known so far; a later phase may add some.
    pub items: AtomicU64,
    /// Items done.
    pub items_done: AtomicU64,
    workers: Mutex<Vec<String>>,
}

impl Meter {
    /// Adds to one of the counters.
    pub fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }

    /// Reads one of the counters.
    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }

    /// Says what worker `index` is doing now; an empty text means nothing.
    pub fn worker(&self, index: usize, doing: impl Into<String>) {
        let mut workers = self.workers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if workers.len() <= index {
            workers.resize(index + 1, String::new());
        }
        workers[index] = doing.into();
    }

    /// What each worker is doing.
    pub fn workers(&self) -> Vec<String> {
        self.workers.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}
