//! Statements and rows that go to the server as one message: one round trip, one transaction.

use bytes::{Bytes, BytesMut};

use super::ddl::entry_sql;
use super::error::Error;
use super::run::Run;
use super::units::Unit;
use crate::archive::{ArchiveFile, Decoder};
use crate::copy::{BINARY_HEADER, BINARY_TRAILER};
use crate::manifest::{Entry, RowFormat};
use crate::server::Session;

/// What is to be sent.
#[derive(Clone, Debug, Default)]
pub struct Message {
    sql: Vec<String>,
    /// For each COPY among the statements.
    rows: Vec<Rows>,
}

#[derive(Clone, Debug)]
struct Rows {
    entry: u32,
    raw_bytes: u64,
    payload: Bytes,
}

impl Message {
    /// Adds a statement.
    pub fn statement(&mut self, sql: String) {
        self.sql.push(sql);
    }

    /// Adds what makes an entry.
    pub fn definition(&mut self, run: &Run, entry: &Entry) {
        self.sql.extend(entry_sql(entry, run.omit));
    }

    /// Adds the rows of `units`, which are all of `entry`; `freeze` if the transaction makes the table, too.
    ///
    /// # Errors
    /// A damaged frame.
    pub fn rows(
        &mut self,
        run: &Run,
        entry: &Entry,
        freeze: bool,
        file: &ArchiveFile,
        decoder: &mut Decoder,
        units: &[Unit],
    ) -> Result<(), Error> {
        let Some((copy, format)) = run.encoding.copy(entry, freeze) else { return Ok(()) };
        let (header, trailer) = match format {
            RowFormat::Binary => (BINARY_HEADER, BINARY_TRAILER),
            RowFormat::Text | RowFormat::LargeObject => Default::default(),
        };
        let mut payload = BytesMut::from(header);
        let mut raw_bytes = 0;
        let (mut stored, mut raw) = (Vec::new(), Vec::new());
        for frame in units.iter().flat_map(|unit| &unit.frames) {
            file.read_frame(frame, decoder, &mut stored, &mut raw)?;
            payload.extend_from_slice(&raw);
            raw_bytes += raw.len() as u64;
        }
        payload.extend_from_slice(trailer);
        self.sql.push(copy);
        self.rows.push(Rows { entry: entry.id, raw_bytes, payload: payload.freeze() });
        Ok(())
    }

    /// Adds all of another message behind this one.
    pub fn append(&mut self, other: &Message) {
        self.sql.extend(other.sql.iter().cloned());
        self.rows.extend(other.rows.iter().cloned());
    }

    /// Entry and raw bytes of each COPY.
    pub fn loads(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.rows.iter().map(|rows| (rows.entry, rows.raw_bytes))
    }

    /// Sends it: how many rows the server took of each COPY.
    ///
    /// # Errors
    /// The server's; nothing of the message is there then.
    pub async fn send(&self, session: &mut Session) -> Result<Vec<u64>, crate::server::Error> {
        let sql = self.sql.join(";\n");
        if self.rows.is_empty() {
            if !sql.is_empty() {
                session.batch(&sql).await?;
            }
            return Ok(Vec::new());
        }
        let mut copy = session.copy_in(&sql, self.rows.len()).await?;
        for rows in &self.rows {
            copy.send(rows.payload.clone()).await?;
            copy.end().await?;
        }
        copy.finish().await
    }
}
