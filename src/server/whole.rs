//! A session that does everything in one transaction: each statement, or message, is undone by itself when it fails, as it
//! would be without.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Error, Session};

/// Before and behind what may fail.
const BEFORE: &str = "SAVEPOINT pgark;\n";
const BEHIND: &str = ";\nRELEASE SAVEPOINT pgark";
const UNDO: &str = "ROLLBACK TO SAVEPOINT pgark; RELEASE SAVEPOINT pgark";

/// Whether such a transaction is open.
#[derive(Debug, Default)]
pub(super) struct Whole(AtomicBool);

impl Session {
    /// Begins it.
    ///
    /// # Errors
    /// The server's; a lost connection.
    pub async fn begin_whole(&self) -> Result<(), Error> {
        self.batch("BEGIN").await?;
        self.whole.0.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// It is open.
    pub fn is_whole(&self) -> bool {
        self.whole.0.load(Ordering::Relaxed)
    }

    /// Commits all of it.
    ///
    /// # Errors
    /// The server's, who has undone it then; a lost connection.
    pub async fn commit_whole(&self) -> Result<(), Error> {
        self.whole.0.store(false, Ordering::Relaxed);
        self.batch("COMMIT").await
    }

    /// Undoes all of it.
    ///
    /// # Errors
    /// A lost connection.
    pub async fn undo_whole(&self) -> Result<(), Error> {
        self.whole.0.store(false, Ordering::Relaxed);
        self.batch("ROLLBACK").await
    }

    /// Statements that leave nothing behind when they fail.
    pub(super) fn guarded<'a>(&self, sql: &'a str) -> Cow<'a, str> {
        match self.is_whole() {
            true => Cow::Owned(format!("{BEFORE}{sql}{BEHIND}")),
            false => Cow::Borrowed(sql),
        }
    }

    /// Guarded statements have failed: the transaction goes on without them. What the error says of places is about the
    /// statements as they were.
    pub(super) async fn undone(&self, mut error: Error) -> Error {
        if self.is_whole() && !self.is_closed() {
            // If this fails, the session is lost, which the next statement finds.
            let _lost = self.client.batch_execute(UNDO).await;
            if let Error::Rejected { server, .. } = &mut error {
                server.position = server.position.map(|at| at.saturating_sub(BEFORE.len() as u32));
            }
        }
        error
    }

    /// Waits for a statement that is not guarded by its text: what it did is undone all the same when it fails.
    pub(super) async fn by_itself<T>(
        &self,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        if !self.is_whole() {
            return answer.await;
        }
        self.client.batch_execute("SAVEPOINT pgark").await.map_err(|_| self.gone())?;
        match answer.await {
            Ok(done) => {
                let released = self.client.batch_execute("RELEASE SAVEPOINT pgark").await;
                released.map(|()| done).map_err(|_| self.gone())
            }
            Err(error) => Err(self.undone(error).await),
        }
    }

    fn gone(&self) -> Error {
        let cause = "the transaction cannot go on".to_owned();
        Error::Lost { context: String::new(), cause, server: None }
    }
}
