//! Loads rows: frames into COPY FROM, pages into large objects.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use tokio_postgres::types::Type;

use super::error::Error;
use super::source::read_frame;
use super::units::Unit;
use crate::archive::{ArchiveFile, TocEntry};
use crate::copy::{BINARY_HEADER, BINARY_TRAILER, runs};
use crate::event::Meter;
use crate::manifest::{Entry, RowFormat};
use crate::server::settings::client_encoding;
use crate::server::{CopyIn, Session};
use crate::sql::literal;

/// Bytes of large objects that one statement writes.
const LARGE_OBJECT_BYTES: usize = 4 << 20;

/// How rows reach a server: in the source's encoding, while statements are in the session's own.
#[derive(Clone, Debug)]
pub struct Encoding {
    rows: String,
    session: &'static str,
}

impl Encoding {
    /// From both databases' `server_encoding`.
    pub fn new(source: &str, target: &str) -> Self {
        Self { rows: source.to_owned(), session: client_encoding(target) }
    }

    /// The COPY of an entry. The setting ends with the statement's implicit transaction, or right after it.
    pub fn copy(&self, entry: &Entry, freeze: bool) -> Option<(String, RowFormat)> {
        let data = entry.data.as_ref()?;
        let options = match (data.format, freeze) {
            (RowFormat::Binary, true) => " WITH (FORMAT binary, FREEZE)",
            (RowFormat::Binary, false) => " WITH (FORMAT binary)",
            (_, true) => " WITH (FREEZE)",
            (_, false) => "",
        };
        let copy = format!("{}{options}", data.copy);
        if self.rows == self.session {
            return Some((copy, data.format));
        }
        let (rows, session) = (literal(&self.rows), literal(self.session));
        let copy = format!("SET client_encoding = {rows};{copy};SET client_encoding = {session}");
        Some((copy, data.format))
    }
}

/// A COPY that is open, of one entry.
pub struct Load<'a> {
    copy: CopyIn<'a>,
    format: RowFormat,
}

impl<'a> Load<'a> {
    /// Starts the COPY of `entry`.
    ///
    /// # Errors
    /// The server's; an entry without rows.
    pub async fn start(
        session: &'a mut Session,
        entry: &Entry,
        encoding: &Encoding,
    ) -> Result<Load<'a>, Error> {
        let Some((sql, format)) = encoding.copy(entry, false) else {
            return Err(Error::Rows {
                label: entry.label.clone(),
                reason: "the entry has no rows".to_owned(),
            });
        };
        let failed = |source| Error::Load { label: entry.label.clone(), source };
        let mut copy = session.copy_in(&sql, 1).await.map_err(failed)?;
        if format == RowFormat::Binary {
            copy.send(Bytes::from_static(BINARY_HEADER)).await.map_err(failed)?;
        }
        Ok(Self { copy, format })
    }

    /// Hands over the rows of a frame.
    ///
    /// # Errors
    /// The server's, as soon as it has rejected a row.
    pub async fn rows(&mut self, raw: Vec<u8>, entry: &Entry) -> Result<(), Error> {
        let label = &entry.label;
        let sent = self.copy.send(Bytes::from(raw)).await;
        sent.map_err(|source| Error::Load { label: label.clone(), source })
    }

    /// Ends the COPY: the rows that arrived.
    ///
    /// # Errors
    /// The server's.
    pub async fn finish(mut self, entry: &Entry) -> Result<u64, Error> {
        let failed = |source| Error::Load { label: entry.label.clone(), source };
        if self.format == RowFormat::Binary {
            self.copy.send(Bytes::from_static(BINARY_TRAILER)).await.map_err(failed)?;
        }
        self.copy.end().await.map_err(failed)?;
        self.copy.finish().await.map(|rows| rows.iter().sum()).map_err(failed)
    }
}

/// Loads a unit of a file. Frames are read ahead by one, so that decompression and loading overlap.
///
/// # Errors
/// A damaged frame, of which nothing reaches the server; a row that the server rejects.
pub async fn load_unit(
    session: &mut Session,
    file: &Arc<ArchiveFile>,
    unit: &Unit,
    entry: &Entry,
    encoding: &Encoding,
    meter: &Meter,
) -> Result<u64, Error> {
    let mut frames: VecDeque<TocEntry> = unit.frames.iter().cloned().collect();
    let mut ahead = frames.pop_front().map(|frame| read_ahead(file, frame));
    let large_objects = entry.data.as_ref().is_some_and(|data| data.format == RowFormat::LargeObject);
    let mut rows = 0;
    if large_objects {
        while let Some(next) = ahead.take() {
            let raw = joined(next).await?;
            ahead = frames.pop_front().map(|frame| read_ahead(file, frame));
            rows += load_pages(session, &raw, entry).await?;
            Meter::add(&meter.raw_bytes, raw.len() as u64);
        }
        return Ok(rows);
    }
    let mut load = Load::start(session, entry, encoding).await?;
    while let Some(next) = ahead.take() {
        let raw = joined(next).await?;
        ahead = frames.pop_front().map(|frame| read_ahead(file, frame));
        let len = raw.len() as u64;
        load.rows(raw, entry).await?;
        Meter::add(&meter.raw_bytes, len);
    }
    load.finish(entry).await
}

type Ahead = tokio::task::JoinHandle<Result<Vec<u8>, Error>>;

fn read_ahead(file: &Arc<ArchiveFile>, frame: TocEntry) -> Ahead {
    let file = Arc::clone(file);
    tokio::spawn(async move { read_frame(&file, frame).await })
}

async fn joined(ahead: Ahead) -> Result<Vec<u8>, Error> {
    ahead.await.unwrap_or_else(|_| Err(Error::Worker("reading the archive".to_owned())))
}

/// Writes pages of large objects, which exist already: the number of pages.
///
/// # Errors
/// The server's; malformed pages.
pub async fn load_pages(session: &Session, pages: &[u8], entry: &Entry) -> Result<u64, Error> {
    let malformed = |reason: String| Error::Rows { label: entry.label.clone(), reason };
    let runs = runs(pages).map_err(|error| malformed(error.to_string()))?;
    let count = runs.iter().map(|run| run.pieces.len() as u64).sum();
    let (mut oids, mut offsets, mut data, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (at, run) in runs.iter().enumerate() {
        let piece = run.bytes(pages);
        bytes += piece.len();
        oids.push(run.oid);
        offsets.push(run.offset);
        data.push(piece);
        if bytes >= LARGE_OBJECT_BYTES || at + 1 == runs.len() {
            let put = session
                .query_with(
                    // An empty page that follows a hole says how long the object is (131072: INV_WRITE).
                    "SELECT CASE WHEN v.d <> '' THEN pg_catalog.lo_put(v.o, v.p, v.d) END,
                        CASE WHEN v.d = '' THEN pg_catalog.lo_truncate64(pg_catalog.lo_open(v.o, 131072), v.p) END
                    FROM ROWS FROM (pg_catalog.unnest($1::oid[]),
                        pg_catalog.unnest($2::int8[]), pg_catalog.unnest($3::bytea[])) v (o, p, d)",
                    &[(&oids, Type::OID_ARRAY), (&offsets, Type::INT8_ARRAY), (&data, Type::BYTEA_ARRAY)],
                )
                .await;
            put.map_err(|source| Error::Load { label: entry.label.clone(), source })?;
            (oids, offsets, data, bytes) = (Vec::new(), Vec::new(), Vec::new(), 0);
        }
    }
    Ok(count)
}
