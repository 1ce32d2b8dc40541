//! The server's lock table. A dump locks every table, and the whole server shares the room for locks: one that fills
//! it makes others fail (documentation: "Lock Management").

use serde::Deserialize;

use crate::server::{Error, Session};

/// A dump also locks catalogs and their indexes: so many in all (142 were seen on PostgreSQL 12, 157 on 18).
const CATALOGS: i64 = 160;

/// So many of them each session (up to 110 were seen). The table has two places for sessions to each lock.
const CATALOGS_OF_SESSION: i64 = 110;

/// What the lock table is made for, and what a dump would add.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct LockTable {
    /// Tables that a dump locks.
    pub tables: i64,
    /// Sessions of the dump.
    #[serde(default)]
    pub sessions: i64,
    /// Locks in the shared table now.
    pub held: i64,
    /// `max_locks_per_transaction`.
    pub per_transaction: i64,
    /// `max_connections` + `max_prepared_transactions`: by the documentation that many transactions have them.
    pub documented: i64,
    /// The background processes that the server counts, too.
    pub background: i64,
}

/// How a dump fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Into what is planned for.
    Fits,
    /// Into what the server has to spare, perhaps.
    Tight,
    /// It does not.
    TooLarge,
}

const LOCK_TABLE: &str = "
select (
        select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and c.relpersistence <> 't'
          and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    ) as tables,
    (select count(*) from pg_locks l where not l.fastpath) as held,
    current_setting('max_locks_per_transaction')::int8 as per_transaction,
    current_setting('max_connections')::int8 + current_setting('max_prepared_transactions')::int8 as documented,
    coalesce(current_setting('autovacuum_worker_slots', true), current_setting('autovacuum_max_workers'))::int8
        + current_setting('max_worker_processes')::int8 + current_setting('max_wal_senders')::int8 + 2 as background";

impl LockTable {
    /// Asks the server, for a dump with a leader and `jobs` workers.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn read(session: &Session, jobs: usize) -> Result<Self, Error> {
        let found = session.fetch::<Self>(LOCK_TABLE).await?.pop().unwrap_or_default();
        Ok(Self { sessions: i64::try_from(jobs + 1).unwrap_or(i64::MAX), ..found })
    }

    /// The same for so many locks, in the place of one per table.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn read_for(session: &Session, locks: i64, jobs: usize) -> Result<Self, Error> {
        Ok(Self { tables: locks, ..Self::read(session, jobs).await? })
    }

    /// Locks that the table is made for.
    pub fn capacity(&self) -> i64 {
        self.per_transaction * (self.documented + self.background)
    }

    /// Whether a dump's locks fit beside those that are there. The table can grow into memory that nothing else takes:
    /// servers of 12 and 18 took 1.25 and 1.55 times the capacity, so twice as much never fits.
    pub fn fit(&self) -> Fit {
        match self.needed() {
            needed if needed <= self.capacity() => Fit::Fits,
            needed if needed <= 2 * self.capacity() => Fit::Tight,
            _ => Fit::TooLarge,
        }
    }

    /// Locks that each transaction of a restore in `jobs` sessions may hold, so that all of them together take no more
    /// than half of what is free.
    pub fn share(&self, jobs: usize) -> usize {
        let free = usize::try_from(self.capacity() - self.held).unwrap_or(0);
        free / 2 / (jobs + 1)
    }

    /// Every table is locked by the leader, and by a worker, too.
    fn needed(&self) -> i64 {
        let catalogs = CATALOGS.max(self.sessions.saturating_mul(CATALOGS_OF_SESSION) / 2);
        (self.tables + self.held).saturating_add(catalogs)
    }

    /// The `max_locks_per_transaction` with which it fits, and a quarter more.
    pub fn wanted(&self) -> i64 {
        let transactions = (self.documented + self.background).max(1);
        (self.needed() / 4 * 5 + transactions - 1) / transactions
    }

    /// The figures, in words.
    pub fn words(&self) -> String {
        self.words_of(&format!("{} tables to lock", self.tables))
    }

    /// The figures, with other words for what is locked.
    pub fn words_of(&self, what: &str) -> String {
        format!(
            "{what} over {} sessions and {} locks held now, in a lock table for {} \
             (max_locks_per_transaction = {})",
            self.sessions,
            self.held,
            self.capacity(),
            self.per_transaction
        )
    }

    /// What helps.
    pub fn remedy(&self) -> String {
        format!(
            "ALTER SYSTEM SET max_locks_per_transaction = {}, and restart the server (a standby first)",
            self.wanted()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Fit, LockTable};

    #[test]
    fn a_dump_fits_or_does_not() {
        let of = |tables, sessions| LockTable {
            tables,
            sessions,
            held: 10,
            per_transaction: 50,
            documented: 6,
            background: 4,
        };
        assert_eq!(of(0, 2).capacity(), 500);
        for (tables, fit, wanted) in
            [(330, Fit::Fits, 63), (331, Fit::Tight, 63), (830, Fit::Tight, 125), (831, Fit::TooLarge, 125)]
        {
            assert_eq!((of(tables, 2).fit(), of(tables, 2).wanted()), (fit, wanted), "{tables}");
        }
        let fits = [of(50, 8).fit(), of(51, 8).fit(), of(0, 30).fit()];
        assert_eq!(fits, [Fit::Fits, Fit::Tight, Fit::TooLarge]);
    }
}
