//! Statements that run while a test does something else.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::database::TestDatabase;
use super::oracle::psql;
use super::server::TestServer;

/// Longer than anything that a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A psql at work; its session is ended with the value.
#[derive(Debug)]
pub struct Background {
    server: TestServer,
    mark: String,
    thread: Option<JoinHandle<Result<String, String>>>,
}

impl Background {
    /// Starts to run statements on a database.
    pub fn run(database: &TestDatabase, sql: &str) -> Self {
        let (server, name) = (database.server().clone(), database.name().to_owned());
        let mark = format!("background of {name}");
        let sql = format!("set application_name = '{mark}';\n{sql}");
        let thread = std::thread::spawn({
            let server = server.clone();
            move || psql(&server, &name, &sql)
        });
        Self { server, mark, thread: Some(thread) }
    }

    /// Waits until `sql`, a question to the database `postgres`, is answered by `t`.
    pub fn wait_until(&self, sql: &str) {
        let started = Instant::now();
        while psql(&self.server, "postgres", sql).is_ok_and(|answer| answer.trim() != "t") {
            assert!(started.elapsed() < PATIENCE, "still not true: {sql}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the end: the rows, or what psql says.
    pub fn wait(mut self) -> Result<String, String> {
        let thread = self.thread.take().expect("invariant: only taken here and in drop");
        thread.join().expect("psql runs")
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        let sql = format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = '{}'",
            self.mark
        );
        while !thread.is_finished() {
            if psql(&self.server, "postgres", &sql).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ended = thread.join();
    }
}
