//! Runs the catalog queries and decodes their rows.

use futures_util::future::try_join_all;
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

/// Reads everything (with `only`, of what is deparsed no more than that), the queries spread over `sessions`, which share one snapshot. The first session holds the table
/// locks.
///
/// # Errors
/// The first query that fails; a row that does not decode.
pub async fn read(sessions: &[Session], only: Option<&Only>) -> Result<Database, Error> {
    let lanes = sessions.iter().zip(lanes(sessions.len())).map(async |(session, queries)| {
        let mut rows = Database::default();
        for (stem, sql) in queries {
            let Some(sql) = selected(sql, session.version, session.superuser, only) else { continue };
            rows.add(stem, Query { session, stem, sql }).await?;
        }
        Ok::<_, Error>(rows)
    });
    let mut database = Database::default();
    try_join_all(lanes).await?.into_iter().for_each(|rows| database.absorb(rows));
    database.assemble();
    Ok(database)
}

type Stem = (&'static str, &'static str);

/// Which session runs which queries. Those that lock tables are for the first one, which has the locks already: another
/// session would stand behind whoever waits for an exclusive lock, he waits for the first session, and that one for us;
/// the server sees no deadlock in this.
fn lanes(sessions: usize) -> Vec<Vec<Stem>> {
    let mut lanes = vec![Vec::new(); sessions];
    let (locking, plain): (Vec<Stem>, Vec<Stem>) = QUERIES.iter().partition(|(_, sql)| locks(sql));
    lanes[0] = locking;
    for (at, query) in plain.into_iter().enumerate() {
        // The first session has enough to do if there are others.
        let lane = if sessions > 1 { 1 + at % (sessions - 1) } else { 0 };
        lanes[lane].push(query);
    }
    lanes
}

/// Whether a query may lock tables, if only for a moment: the deparse functions do, and those that ask for sizes.
fn locks(sql: &str) -> bool {
    sql.replace("pg_get_userbyid(", "").contains("pg_get_") || sql.contains("_size(")
}

impl Error {
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
    use super::{QUERIES, lanes, locks};

    #[test]
    fn only_the_first_session_locks_tables_and_every_query_runs_once() {
        for sessions in 1..5 {
            let lanes = lanes(sessions);
            assert_eq!(lanes.iter().map(Vec::len).sum::<usize>(), QUERIES.len());
            assert!(lanes[1..].iter().flatten().all(|(_, sql)| !locks(sql)));
            assert!(lanes.iter().all(|lane| !lane.is_empty()), "{sessions}");
        }
        assert!(locks("select pg_get_expr(adbin, adrelid)") && locks("select pg_table_size(oid)"));
        assert!(!locks("select pg_get_userbyid(relowner)"));
    }
}
