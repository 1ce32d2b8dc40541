//! Memory and parallel workers of index builds, from what the target's administrator has set.

use serde::Deserialize;

use crate::server::{Error, Session};
use crate::sql::literal;

/// Memory that a session asks for by itself, at most, bytes. More hardly helps a sort that goes to disk anyway.
const MEMORY_MAX: i64 = 1 << 30;

/// What the target has, in bytes and in numbers of processes.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Target {
    maintenance_work_mem: i64,
    shared_buffers: i64,
    max_parallel_maintenance_workers: i64,
    max_parallel_workers: i64,
}

const TARGET: &str = "
select pg_size_bytes(current_setting('maintenance_work_mem')) as maintenance_work_mem,
    pg_size_bytes(current_setting('shared_buffers')) as shared_buffers,
    current_setting('max_parallel_maintenance_workers')::int8 as max_parallel_maintenance_workers,
    current_setting('max_parallel_workers')::int8 as max_parallel_workers";

/// The settings of each session of a restore, as statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    memory: String,
    parallel_workers: i64,
}

impl Maintenance {
    /// Asks the server, for a restore in `jobs` sessions; `memory` is what the user wants each to have.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn read(session: &Session, jobs: usize, memory: Option<&str>) -> Result<Self, Error> {
        let target = session.fetch::<Target>(TARGET).await?.pop().ok_or_else(|| Error::Protocol {
            context: String::new(),
            problem: "the server did not say what its settings are".to_owned(),
        })?;
        Ok(Self::of(target, jobs, memory))
    }

    /// All sessions together take no more than half of what the server's buffers have: nothing else that a client can
    /// see says how much memory there is. They share the parallel workers that the server lets run at once.
    fn of(target: Target, jobs: usize, memory: Option<&str>) -> Self {
        let jobs = i64::try_from(jobs.max(1)).unwrap_or(i64::MAX);
        let share = (target.shared_buffers / 2 / jobs).min(MEMORY_MAX);
        let bytes = share.max(target.maintenance_work_mem);
        let workers = (target.max_parallel_workers / jobs).max(1);
        Self {
            memory: memory.map_or_else(|| format!("{}kB", bytes >> 10), str::to_owned),
            parallel_workers: workers.min(target.max_parallel_maintenance_workers),
        }
    }

    /// Gives a session these settings.
    ///
    /// # Errors
    /// The server's, if it does not understand what the user wants.
    pub async fn set_up(&self, session: &Session) -> Result<(), Error> {
        let sql = format!(
            "SET maintenance_work_mem = {}; SET max_parallel_maintenance_workers = {}",
            literal(&self.memory),
            self.parallel_workers
        );
        session.batch(&sql).await
    }
}

#[cfg(test)]
mod tests {
    use super::{Maintenance, Target};

    const SERVER: Target = Target {
        maintenance_work_mem: 64 << 20,
        shared_buffers: 128 << 20,
        max_parallel_maintenance_workers: 2,
        max_parallel_workers: 8,
    };

    fn of(target: Target, jobs: usize) -> (String, i64) {
        let Maintenance { memory, parallel_workers } = Maintenance::of(target, jobs, None);
        (memory, parallel_workers)
    }

    #[test]
    fn sessions_share_half_of_the_buffers_and_lose_nothing() {
        assert_eq!(of(SERVER, 2), ("65536kB".to_owned(), 2));
        let large = Target { shared_buffers: 4 << 30, ..SERVER };
        assert_eq!(of(large, 4), ("524288kB".to_owned(), 2));
        assert_eq!(of(large, 1), ("1048576kB".to_owned(), 2));
        assert_eq!(of(Target { maintenance_work_mem: 2 << 30, ..large }, 1).0, "2097152kB");
    }

    #[test]
    fn parallel_workers_are_shared_and_never_more_than_set() {
        assert_eq!(of(SERVER, 8).1, 1);
        assert_eq!(of(SERVER, 32).1, 1);
        assert_eq!(of(Target { max_parallel_maintenance_workers: 0, ..SERVER }, 2).1, 0);
    }

    #[test]
    fn what_the_user_wants_counts() {
        assert_eq!(Maintenance::of(SERVER, 2, Some("1MB")).memory, "1MB");
    }
}
