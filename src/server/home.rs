//! A thread for each session, with an event loop of its own.
//!
//! While rows come, the server sends 8 KiB at a time. An event loop that waits for the socket is woken for each of them,
//! which costs the server's processor as much as ours; and an event loop that serves several sessions always waits. One
//! that serves a single session can stay away for a moment while the socket fills (`tap`).

use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Where a session lives: as long as there is a [`Key`], the thread runs.
pub(super) struct Home {
    events: Handle,
    key: Key,
}

/// Keeps the thread. The connection has it, since it ends when nothing more is to be said.
pub(super) struct Key(
    #[expect(dead_code, reason = "it is dropped, which the thread notices")] oneshot::Sender<()>,
);

impl Key {
    /// For a session of a test's own event loop.
    #[cfg(test)]
    pub fn of_no_thread() -> Self {
        Self(oneshot::channel().0)
    }
}

impl Home {
    /// A new thread.
    ///
    /// # Errors
    /// When the system has no more threads or files.
    pub fn new() -> io::Result<Self> {
        let events = Builder::new_current_thread().enable_all().build()?;
        let (key, gone) = oneshot::channel();
        let home = Self { events: events.handle().clone(), key: Key(key) };
        std::thread::Builder::new().name("session".to_owned()).spawn(move || {
            // Nothing is ever sent: it ends with the key.
            let _ = events.block_on(gone);
        })?;
        Ok(home)
    }

    /// Runs there what `make` returns for the key. When this is dropped before its end, so is that.
    ///
    /// # Errors
    /// When it panicked.
    pub async fn run<F>(self, make: impl FnOnce(Key) -> F) -> io::Result<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let mut task = JoinSet::new();
        task.spawn_on(make(self.key), &self.events);
        let ended = task.join_next().await.ok_or_else(|| io::Error::other("nothing was run"))?;
        ended.map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_thread_lives_as_long_as_somebody_has_the_key() {
        let name = || std::thread::current().name().map(str::to_owned);
        let home = Home::new().expect("a thread");
        let events = home.events.clone();
        let (key, there) = home.run(async move |key| (key, name())).await.expect("runs");
        assert_eq!(there.as_deref(), Some("session"));
        events.spawn(async {}).await.expect("still there");
        drop(key);
        // The loop ends soon: what is given to it from then on does not run.
        while events.spawn(async {}).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }
}
