//! One worker: copies parts, compresses frames on other threads while the next ones arrive, sends records.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::task::JoinHandle;

use super::data::PlannedPart;
use super::error::Error;
use super::output::Records;
use super::totals::Totals;
use crate::archive::{Ctid, DataFormat, Draft, Encoded, Encoder, Flags, Meta, RecordType};
use crate::context::Context;
use crate::copy::pages_from_copy;
use crate::event::Meter;
use crate::manifest::RowFormat;
use crate::server::{self, Buffers, Format, Frame, Session};

/// Raw bytes of a frame. Larger ones do not compress better and cost memory.
pub const FRAME_BYTES: usize = 4 << 20;
/// Frames of one worker that are being compressed while it reads on.
const ENCODING_MAX: usize = 2;

/// What all workers share.
pub struct Shared {
    /// Reports and progress.
    pub ctx: Context,
    /// The parts, biggest first.
    pub parts: Vec<PlannedPart>,
    /// The next one to take.
    pub next: AtomicUsize,
    /// Parts that workers could not lock.
    left: Mutex<Vec<usize>>,
    /// zstd level.
    pub level: i32,
    /// Encoders that are free.
    pub encoders: Mutex<Vec<Encoder>>,
    /// Raw buffers that are free.
    pub buffers: Buffers,
    /// Rows, bytes, hash per entry.
    pub totals: Totals,
}

/// A frame that is being compressed, with what its record will say.
struct Pending {
    encoded: JoinHandle<Result<Encoded, Error>>,
    raw_len: u64,
    rows: u32,
    hash: u128,
    continues: bool,
    continued: bool,
}

/// Takes parts until none is left. Those of tables that cannot be locked at once are left to the leader, who has the
/// lock: behind somebody who queues for an exclusive lock this session would wait for him, and he for the leader.
///
/// # Errors
/// The first thing that goes wrong; the caller cancels the other workers.
pub async fn work(
    index: usize,
    mut session: Session,
    shared: &Arc<Shared>,
    records: &Records,
) -> Result<(), Error> {
    loop {
        let at = shared.next.fetch_add(1, Ordering::Relaxed);
        if at >= shared.parts.len() {
            shared.ctx.meter.worker(index, "");
            return Ok(());
        }
        let PlannedPart { part, label, lock, .. } = &shared.parts[at];
        shared.ctx.meter.worker(index, format!("{label} part {}", part.number + 1));
        if let Some(lock) = lock
            && !locked(&session, lock).await.map_err(|error| error.context(label))?
        {
            shared.leave(at);
            continue;
        }
        copy(at, &mut session, shared, records).await?;
    }
}

/// Runs a LOCK … NOWAIT; `false` if somebody is in the way. The transaction, and so the snapshot, goes on.
async fn locked(session: &Session, lock: &str) -> Result<bool, server::Error> {
    match session.batch(&format!("SAVEPOINT lock; {lock}; RELEASE lock")).await {
        Ok(()) => Ok(true),
        Err(error) if error.class() == server::Class::Lock => {
            session.batch("ROLLBACK TO lock; RELEASE lock").await?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Copies a part over a session that has the lock of its table.
///
/// # Errors
/// Those of the server; [`Error::Cancelled`] when the writer has failed.
pub async fn copy(
    at: usize,
    session: &mut Session,
    shared: &Arc<Shared>,
    records: &Records,
) -> Result<(), Error> {
    let PlannedPart { part, label, .. } = &shared.parts[at];
    let format = match part.format {
        RowFormat::Text => Format::Text,
        RowFormat::Binary | RowFormat::LargeObject => Format::Binary,
    };
    let mut out = session.copy_out(&part.sql, format, FRAME_BYTES).await.map_err(|e| e.context(label))?;
    let mut pending: VecDeque<Pending> = VecDeque::new();
    let (mut frame_no, mut raw_bytes) = (0, 0);
    while let Some(frame) = out.next_frame().await.map_err(|e| e.context(label))? {
        if pending.len() >= ENCODING_MAX {
            let oldest = pending.pop_front().expect("invariant: just counted");
            send(at, oldest, frame_no, false, shared, records).await?;
            frame_no += 1;
        }
        let frame = encode(frame, part.format, shared)?;
        raw_bytes += frame.raw_len;
        pending.push_back(frame);
    }
    if pending.is_empty() {
        // A part without rows has one record all the same, so that its absence would be noticed.
        pending.push_back(encode(Frame::default(), part.format, shared)?);
    }
    while let Some(frame) = pending.pop_front() {
        send(at, frame, frame_no, pending.is_empty(), shared, records).await?;
        frame_no += 1;
    }
    let meter = &shared.ctx.meter;
    Meter::add(&meter.items_done, 1);
    // A table's size on disk is not that of its rows in COPY: what is left is estimated, what is done is known.
    meter.expected_bytes.fetch_add(raw_bytes.wrapping_sub(part.bytes), Ordering::Relaxed);
    Ok(())
}

fn encode(frame: Frame, format: RowFormat, shared: &Arc<Shared>) -> Result<Pending, Error> {
    let (continues, continued) = (frame.continues, frame.continued);
    let (bytes, rows, hash) = match format {
        RowFormat::LargeObject => pages_from_copy(&frame.bytes)
            .map_err(|malformed| Error::Worker(format!("large objects: {malformed}")))?,
        RowFormat::Binary | RowFormat::Text => (frame.bytes, frame.rows, frame.hash),
    };
    let raw_len = bytes.len() as u64;
    Meter::add(&shared.ctx.meter.raw_bytes, raw_len);
    Meter::add(&shared.ctx.meter.rows, rows.into());
    let pool = Arc::clone(shared);
    let encoded = tokio::task::spawn_blocking(move || {
        let mut encoder = pool.encoder()?;
        let encoded = encoder.encode(&bytes)?;
        pool.give_back(encoder);
        pool.buffers.give(bytes);
        Ok(encoded)
    });
    Ok(Pending { encoded, raw_len, rows, hash, continues, continued })
}

async fn send(
    at: usize,
    frame: Pending,
    frame_no: u32,
    last: bool,
    shared: &Shared,
    records: &Records,
) -> Result<(), Error> {
    let PlannedPart { part, source, .. } = &shared.parts[at];
    let flags = flags(&frame, last);
    let encoded = frame.encoded.await.map_err(|_| Error::Worker("compression".to_owned()))??;
    shared.totals.add(part.entry, frame.rows.into(), frame.raw_len, frame.hash);
    let first = frame_no == 0;
    let (from, to) = part.blocks.map_or((None, None), |(from, to)| (Some(from), to));
    let at_block = |block: u32| Ctid { block, item: 0 };
    let draft = Draft {
        record_type: RecordType::Data,
        flags,
        data_format: match part.format {
            RowFormat::Binary => DataFormat::Binary,
            RowFormat::Text => DataFormat::Text,
            RowFormat::LargeObject => DataFormat::LargeObject,
        },
        object_id: part.entry,
        part_no: part.number,
        frame_no,
        rows: frame.rows,
        meta: Meta {
            ctid_from: from.filter(|_| first).map(at_block),
            ctid_to: to.filter(|_| first).map(at_block),
            source: first.then(|| source.clone()),
            content_hash: Some(frame.hash),
            ..Meta::default()
        },
        payload: encoded,
    };
    // The channel closes only when the writer failed: its error is the one that is reported.
    records.send(draft).await.map_err(|_| Error::Cancelled)
}

fn flags(frame: &Pending, last: bool) -> Flags {
    let set = [(frame.continues, Flags::CONTINUED), (frame.continued, Flags::CONTINUES), (last, Flags::LAST)];
    set.into_iter().filter(|(on, _)| *on).fold(Flags::NONE, |flags, (_, flag)| flags.with(flag))
}

impl Shared {
    /// Everything that workers share, nothing copied yet.
    pub fn new(ctx: Context, parts: Vec<PlannedPart>, level: i32) -> Self {
        Self {
            ctx,
            parts,
            next: AtomicUsize::new(0),
            left: Mutex::default(),
            level,
            encoders: Mutex::default(),
            buffers: Buffers::default(),
            totals: Totals::default(),
        }
    }

    fn leave(&self, part: usize) {
        self.left.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(part);
    }

    /// Takes the parts that workers could not lock; all, if there were no workers.
    pub fn take_left(&self) -> Vec<usize> {
        let mut left =
            std::mem::take(&mut *self.left.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        left.extend(self.next.swap(self.parts.len(), Ordering::Relaxed)..self.parts.len());
        left
    }

    fn encoder(&self) -> Result<Encoder, Error> {
        let free = self.encoders.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop();
        Ok(match free {
            Some(encoder) => encoder,
            None => Encoder::new(self.level)?,
        })
    }

    fn give_back(&self, encoder: Encoder) {
        self.encoders.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(encoder);
    }
}
