//! Runs the catalog queries and decodes their rows.

use std::collections::HashMap;

use futures_util::future::try_join_all;
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio_postgres::Row;

use super::query::gated;
use crate::object::{Database, QUERIES, Rows};
use crate::server::{self, Session, from_rows};

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
        stem: String,
        /// Which column.
        #[source]
        source: server::row::Error,
    },
}

/// Reads everything, the queries spread over `sessions`, which share one snapshot.
///
/// # Errors
/// The first query that fails; a row that does not decode.
pub async fn read(sessions: &[Session]) -> Result<Database, Error> {
    let lanes = sessions.iter().enumerate().map(|(lane, session)| async move {
        let mut results = Vec::new();
        for (stem, sql) in QUERIES.iter().skip(lane).step_by(sessions.len()) {
            let Some(sql) = gated(sql, session.version) else { continue };
            let rows = session.query(&sql).await.map_err(|source| Error::Query { stem, source })?;
            results.push((*stem, rows));
        }
        Ok(results)
    });
    let rows: HashMap<&str, Vec<Row>> = try_join_all(lanes).await?.into_iter().flatten().collect();
    Database::from_rows(&RowSets(rows))
}

struct RowSets(HashMap<&'static str, Vec<Row>>);

impl Rows for RowSets {
    type Error = Error;

    fn decode<T: DeserializeOwned>(&self, stem: &str) -> Result<Vec<T>, Error> {
        let rows = self.0.get(stem).map(Vec::as_slice).unwrap_or_default();
        from_rows(rows).map_err(|source| Error::Row { stem: stem.to_owned(), source })
    }
}
