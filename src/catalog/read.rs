//! Runs the catalog queries and decodes their rows.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::future::join_all;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::query::{Only, selected};
use crate::object::{Database, QUERIES, Rows};
use crate::server::{self, Session};

/// Why a catalog could not be read.
#[derive(Debug, Error)]
pub enum Error {
    /// The server refused a query.
    #[error("cannot read the catalog (query {stem})")]
    Query {
        /// File of the query in `schema/catalog`.
        stem: &'static str,
        /// Why.
        #[source]
        source: server::Error,
    },
    /// A row did not fit its struct.
    #[error("unexpected catalog row (query {stem})")]
    Row {
        /// File of the query in `schema/catalog`.
        stem: &'static str,
        /// Which column.
        #[source]
        source: server::row::Error,
    },
}

/// So many queries are on their way on each session: the server goes on with the next one while we decode.
const AHEAD: usize = 2;

/// Reads everything (with `only`, of what is deparsed no more than that), the queries spread over `sessions`, which
/// share one snapshot. The first session holds the table locks.
///
/// # Errors
/// The first query that fails; a row that does not decode.
pub async fn read(sessions: &[Session], only: Option<&Only>) -> Result<Database, Error> {
    let Shares { locking, plain } = shares();
    let (next_locking, next_plain) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failed = AtomicBool::new(false);
    let take = |number: usize| {
        if failed.load(Ordering::Relaxed) {
            return None;
        }
        let locking = if number == 0 { taken(&locking, &next_locking) } else { None };
        locking.or_else(|| taken(&plain, &next_plain))
    };
    // Session by session, so that the longest queries begin on different ones.
    let lanes = (0..AHEAD).flat_map(|_| sessions.iter().enumerate()).map(async |(number, session)| {
        let mut rows = Database::default();
        while let Some((stem, sql)) = take(number) {
            let Some(sql) = selected(sql, session.version, session.superuser, only) else { continue };
            rows.add(stem, Query { session, stem, sql })
                .await
                .inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
        }
        Ok::<_, Error>(rows)
    });
    let (mut database, mut errors) = (Database::default(), Vec::new());
    for read in join_all(lanes).await {
        match read {
            Ok(rows) => database.absorb(rows),
            Err(error) => errors.push(error),
        }
    }
    // A query behind one that failed fails, too.
    if let Some(error) = errors.into_iter().min_by_key(Error::is_consequence) {
        return Err(error);
    }
    database.assemble();
    Ok(database)
}

fn taken(queries: &[Stem], next: &AtomicUsize) -> Option<Stem> {
    queries.get(next.fetch_add(1, Ordering::Relaxed)).copied()
}

type Stem = (&'static str, &'static str);

/// Which queries are for whom. Those that lock tables are for the first session, which has the locks already: another
/// session would stand behind whoever waits for an exclusive lock, he waits for the first session, and that one for us;
/// the server sees no deadlock in this. The others are for whoever is free.
struct Shares {
    locking: Vec<Stem>,
    plain: Vec<Stem>,
}

/// What takes the server longest where there are many tables. Whoever is free begins with these, so that all sessions
/// end together.
const LONGEST: [&str; 6] = ["depend", "column", "sequence", "alias", "not_null", "type"];

fn shares() -> Shares {
    let (locking, mut plain): (Vec<Stem>, Vec<Stem>) = QUERIES.iter().partition(|(_, sql)| locks(sql));
    plain.sort_by_key(|(stem, _)| LONGEST.iter().position(|long| long == stem).unwrap_or(LONGEST.len()));
    Shares { locking, plain }
}

/// Whether a query may lock tables, if only for a moment: the deparse functions do, and those that ask for sizes.
fn locks(sql: &str) -> bool {
    sql.replace("pg_get_userbyid(", "").contains("pg_get_") || sql.contains("_size(")
}

impl Error {
    /// Whether an earlier query of the same transaction has failed (`in_failed_sql_transaction`).
    fn is_consequence(&self) -> bool {
        matches!(self, Self::Query { source, .. } if source.sqlstate() == Some("25P02"))
    }

    /// Whether reading again in a new snapshot may help. The functions that deparse see the latest catalog, and only
    /// tables are locked: what has been dropped since the snapshot is not found, or NULL.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Query { source, .. } => {
                // Internal error (cache lookup failed), undefined table, object, function.
                matches!(source.sqlstate(), Some("XX000" | "42P01" | "42704" | "42883"))
            }
            Self::Row { .. } => true,
        }
    }
}

/// A query that has not been run.
struct Query<'a> {
    session: &'a Session,
    stem: &'static str,
    sql: String,
}

impl Rows for Query<'_> {
    type Error = Error;

    async fn decode<T: DeserializeOwned>(self) -> Result<Vec<T>, Error> {
        let stem = self.stem;
        self.session.fetch(&self.sql).await.map_err(|error| match error {
            server::Error::Row { source, .. } => Error::Row { stem, source },
            source => Error::Query { stem, source },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, QUERIES, Shares, locks, shares};

    #[test]
    fn every_query_runs_once_and_the_longest_run_first() {
        let Shares { locking, plain } = shares();
        assert_eq!(locking.len() + plain.len(), QUERIES.len());
        assert!(locking.iter().all(|(_, sql)| locks(sql)) && !plain.iter().any(|(_, sql)| locks(sql)));
        assert!(plain.iter().map(|(stem, _)| *stem).take(LONGEST.len()).eq(LONGEST));
    }

    #[test]
    fn functions_that_open_tables_lock_them() {
        assert!(locks("select pg_get_expr(adbin, adrelid)") && locks("select pg_table_size(oid)"));
        assert!(!locks("select pg_get_userbyid(relowner)"));
    }
}
