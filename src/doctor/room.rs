//! Room for sessions and for locks.

use super::{Concerns, Finding, Level};
use crate::preflight::{Fit, LockTable, Slots};
use crate::server::{Error, Session};

/// Connection slots for `jobs` sessions beside the leader, and the lock table.
pub async fn check(session: &Session, jobs: usize) -> Result<Vec<Finding>, Error> {
    let slots = Slots::read(session).await?;
    let room = slots.room();
    let connections = match room.sessions {
        sessions if sessions >= jobs => {
            Finding::ok("connections", format!("{} free, enough for -j {jobs}", slots.free()))
        }
        sessions => {
            let what = format!("room for {sessions} of {jobs} sessions besides the leader: {}", room.limit);
            Finding::new("connections", Level::Warning, Concerns::Both, what).remedy(
                "it goes on with fewer, more slowly; raise the limit, or run when fewer are connected",
            )
        }
    };
    let locks = LockTable::read(session, room.sessions.min(jobs)).await?;
    let lock_table =
        match locks.fit() {
            Fit::Fits => Finding::ok("lock table", locks.words()),
            Fit::Tight => Finding::new("lock table", Level::Warning, Concerns::Dump, locks.words())
                .remedy(locks.remedy()),
            Fit::TooLarge => Finding::new("lock table", Level::Blocks, Concerns::Dump, locks.words())
                .remedy(locks.remedy()),
        };
    Ok(vec![connections, lock_table])
}
