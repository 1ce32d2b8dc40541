//! A session that is in the way: it holds a table until it is dropped.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::support::{TestDatabase, psql};

/// Holds `orders` of a database with an ACCESS EXCLUSIVE lock.
pub struct LockHolder<'a> {
    database: &'a TestDatabase,
    session: Option<JoinHandle<()>>,
}

impl<'a> LockHolder<'a> {
    /// Returns when the lock is held.
    pub fn new(database: &'a TestDatabase) -> Self {
        let (server, name) = (database.server().clone(), database.name().to_owned());
        let session = std::thread::spawn(move || {
            let held = "begin; lock table orders in access exclusive mode; select pg_sleep(60)";
            assert!(psql(&server, &name, held).is_err(), "the lock was not held to the end");
        });
        wait_until(
            database,
            "exists (select from pg_locks where mode = 'AccessExclusiveLock' and granted \
             and relation = 'orders'::regclass)",
        );
        Self { database, session: Some(session) }
    }
}

impl Drop for LockHolder<'_> {
    fn drop(&mut self) {
        let ended = self.database.try_sql(
            "select pg_terminate_backend(pid) from pg_stat_activity \
             where datname = current_database() and pid <> pg_backend_pid()",
        );
        let session = self.session.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            ended.unwrap();
            session.unwrap().unwrap();
        }
    }
}

/// Waits until a condition is true in the database.
pub fn wait_until(database: &TestDatabase, condition: &str) {
    let begin = Instant::now();
    while database.sql(&format!("select ({condition})::text")).trim() != "true" {
        assert!(begin.elapsed() < Duration::from_secs(20), "waited in vain for: {condition}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
