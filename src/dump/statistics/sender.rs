//! Statistics on their way into records.

use std::collections::HashMap;

use super::{Carried, Relation};
use crate::archive::{Draft, Encoder, RecordType};
use crate::dump::error::Error;
use crate::dump::output::Records;
use crate::manifest::{ColumnStatistics, Statistics};
use crate::server::{self, Class, Session};

/// JSON bytes after which a record ends.
const RECORD_BYTES: usize = 1 << 20;
/// JSON bytes of one column, at most: a record may have 64 MiB.
const COLUMN_BYTES_MAX: usize = 32 << 20;
/// zstd level.
const LEVEL: i32 = 3;

/// The server has no good idea of how many rows pg_stats has for a few relations among thousands, and would read all of
/// pg_statistic for each statement.
const BY_INDEX: &str = "SET LOCAL enable_seqscan = off";

/// Cuts what one session reads into records.
pub(super) struct Sender<'a> {
    pub(super) session: &'a Session,
    records: &'a Records,
    carried: Carried,
    next: Statistics,
    bytes: usize,
}

impl<'a> Sender<'a> {
    /// Text that has no equivalent in UTF-8 is an error, and must not end the transaction of locks and snapshot: there
    /// is a savepoint until [`end`](Self::end).
    pub(super) async fn begin(session: &'a Session, records: &'a Records) -> Result<Self, Error> {
        session.batch("SAVEPOINT statistics").await?;
        let next = Statistics::default();
        Ok(Self { session, records, carried: Carried::default(), next, bytes: 0 })
    }

    /// From here on statements look for few relations among many.
    pub(super) async fn by_index(&self) -> Result<(), Error> {
        Ok(self.session.batch(BY_INDEX).await?)
    }

    pub(super) async fn relation(&mut self, relation: &Relation) -> Result<(), Error> {
        self.carried.total.relations += 1;
        // No text but a number: the size hardly varies.
        self.bytes += 100;
        self.next.relations.push(relation.statistics.clone());
        self.flush_if_full().await
    }

    pub(super) async fn columns(
        &mut self,
        columns: Vec<ColumnStatistics>,
        batch: &[Relation],
    ) -> Result<(), Error> {
        let by_id: HashMap<u32, &Relation> =
            batch.iter().map(|relation| (relation.statistics.id, relation)).collect();
        for mut column in columns {
            let expressions = by_id.get(&column.id).and_then(|relation| relation.expressions.as_ref());
            if let Some(names) = expressions {
                let at = names.iter().position(|name| Some(name) == column.attname.as_ref());
                column.attnum = at.and_then(|at| i16::try_from(at + 1).ok());
                column.attname = None;
            }
            let bytes = serde_json::to_vec(&column).map_or(usize::MAX, |json| json.len());
            if bytes > COLUMN_BYTES_MAX {
                let name = column.attname.unwrap_or_default();
                self.carried
                    .warnings
                    .push(format!("the statistics of column {name} are too large to be carried"));
                continue;
            }
            self.bytes += bytes;
            self.carried.total.columns += 1;
            self.next.columns.push(column);
            self.flush_if_full().await?;
        }
        Ok(())
    }

    async fn flush_if_full(&mut self) -> Result<(), Error> {
        if self.bytes >= RECORD_BYTES { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let statistics = std::mem::take(&mut self.next);
        if std::mem::take(&mut self.bytes) == 0 {
            return Ok(());
        }
        let encoded = tokio::task::spawn_blocking(move || Encoder::new(LEVEL)?.encode_json(&statistics));
        let payload = encoded.await.map_err(|_| Error::Worker("compressing statistics".to_owned()))??;
        self.records.send(Draft::json(RecordType::Statistics, payload)).await
    }

    /// Goes on after an error that says nothing of the connection.
    pub(super) async fn left_out(&mut self, what: &str, error: server::Error) -> Result<(), Error> {
        if !matches!(error, server::Error::Row { .. })
            && !matches!(error.class(), Class::Rejected | Class::Access)
        {
            return Err(error.context("reading statistics").into());
        }
        self.session.batch("ROLLBACK TO statistics").await?;
        self.by_index().await?;
        self.carried.warnings.push(format!("{what} are not carried: {error}"));
        Ok(())
    }

    /// Sends what is left.
    pub(super) async fn end(mut self) -> Result<Carried, Error> {
        self.session.batch("ROLLBACK TO statistics; RELEASE statistics").await?;
        self.flush().await?;
        Ok(self.carried)
    }
}
