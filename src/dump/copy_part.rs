//! One worker: copies lots of parts, compresses frames on other threads while the next ones arrive, sends records.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::task::JoinHandle;

use super::data::PlannedPart;
use super::error::Error;
use super::lot::{self, lots};
use super::output::Records;
use super::totals::Totals;
use crate::archive::{Ctid, DataFormat, Draft, Encoded, Encoder, Flags, Meta, RecordType};
use crate::context::Context;
use crate::copy::pages_from_copy;
use crate::event::Meter;
use crate::manifest::RowFormat;
use crate::nice::Gate;
use crate::server::{self, Buffers, CopyOut, Format, Frame, Session};

/// Raw bytes of a frame. Larger ones do not compress better and cost memory.
pub const FRAME_BYTES: usize = 4 << 20;
/// Frames of one worker that are being compressed while it reads on. More of them are memory; there are as many workers as
/// compress at once.
const ENCODING_MAX: usize = 1;

/// Frames of fewer raw bytes are compressed at once: another thread would only cost time.
const INLINE_BYTES: u64 = 128 << 10;

/// What all workers share.
pub struct Shared {
    /// Reports and progress.
    pub ctx: Context,
    /// The parts, biggest first.
    pub parts: Vec<PlannedPart>,
    /// Those that share a message.
    lots: Vec<Range<usize>>,
    /// The next lot to take.
    next: AtomicUsize,
    /// Parts that workers could not lock.
    left: Mutex<Vec<usize>>,
    /// How many parts are complete.
    copied: AtomicUsize,
    /// The server is a standby.
    standby: bool,
    /// Passed before each frame.
    gate: Gate,
    /// zstd level.
    pub level: i32,
    /// Encoders that are free.
    pub encoders: Mutex<Vec<Encoder>>,
    /// Raw buffers that are free.
    pub buffers: Buffers,
    /// Rows, bytes, hash per entry.
    pub totals: Totals,
}

/// A frame's compression.
enum Encoding {
    Running(JoinHandle<Result<Encoded, Error>>),
    Done(Encoded),
}

/// A frame that is being compressed, with what its record will say.
struct Pending {
    encoded: Encoding,
    raw_len: u64,
    rows: u32,
    hash: u128,
    continues: bool,
    continued: bool,
}

/// Takes lots until none is left. Parts of tables that cannot be locked at once are left to the leader, who has the
/// lock.
///
/// # Errors
/// The first thing that goes wrong; the caller cancels the other workers.
pub async fn work(
    index: usize,
    session: &mut Session,
    shared: &Arc<Shared>,
    records: &Records,
) -> Result<(), Error> {
    loop {
        shared.gate.pass().await;
        let at = shared.next.fetch_add(1, Ordering::Relaxed);
        let Some(lot) = shared.lots.get(at) else {
            shared.ctx.meter.worker(index, "");
            return Ok(());
        };
        let first = &shared.parts[lot.start];
        shared.ctx.meter.worker(index, format!("{} part {}", first.label, first.part.number + 1));
        let mut rest = lot.clone();
        while !rest.is_empty() {
            let sql = lot::message(&shared.parts[rest.clone()], shared.standby);
            let Err(stop) = copy(rest.clone(), &sql, session, shared, records).await else { break };
            match stop.error {
                Error::Server(error) if error.class() == server::Class::Lock && !stop.within => {
                    session.batch(lot::UNDO).await?;
                    shared.leave(rest.start + stop.done);
                    rest.start += stop.done + 1;
                }
                error => return Err(error),
            }
        }
    }
}

/// Copies a part over the session that has all locks.
///
/// # Errors
/// As [`work`].
pub async fn copy_left(
    at: usize,
    session: &mut Session,
    shared: &Arc<Shared>,
    records: &Records,
) -> Result<(), Error> {
    shared.gate.pass().await;
    let sql = &shared.parts[at].part.sql;
    copy(at..at + 1, sql, session, shared, records).await.map_err(|stop| stop.error)
}

/// Why the parts of a message are not all complete.
struct Stop {
    /// So many are.
    done: usize,
    /// The next one had begun.
    within: bool,
    error: Error,
}

/// Runs `sql`, which copies these parts.
async fn copy(
    parts: Range<usize>,
    sql: &str,
    session: &mut Session,
    shared: &Arc<Shared>,
    records: &Records,
) -> Result<(), Stop> {
    let planned = &shared.parts[parts.clone()];
    let formats: Vec<Format> = planned
        .iter()
        .map(|planned| match planned.part.format {
            RowFormat::Text => Format::Text,
            RowFormat::Binary | RowFormat::LargeObject => Format::Binary,
        })
        .collect();
    let mut out = match session.copy_out(sql, &formats, FRAME_BYTES).await {
        Ok(out) => out,
        Err(error) => {
            let error = error.context(&planned[0].label).into();
            return Err(Stop { done: 0, within: false, error });
        }
    };
    for (done, planned) in planned.iter().enumerate() {
        let mut within = false;
        let copied = copy_part(planned, &mut out, shared, records, &mut within).await;
        copied.map_err(|error| Stop { done, within, error })?;
    }
    Ok(())
}

/// Takes the frames of one part; `within` when there was one.
async fn copy_part(
    planned: &PlannedPart,
    out: &mut CopyOut<'_>,
    shared: &Arc<Shared>,
    records: &Records,
    within: &mut bool,
) -> Result<(), Error> {
    let PlannedPart { part, label, .. } = planned;
    let mut pending: VecDeque<Pending> = VecDeque::new();
    let (mut frame_no, mut raw_bytes) = (0, 0);
    while let Some(frame) = out.next_frame().await.map_err(|e| e.context(label))? {
        shared.gate.pass().await;
        *within = true;
        if pending.len() >= ENCODING_MAX {
            let oldest = pending.pop_front().expect("invariant: just counted");
            send(planned, oldest, frame_no, false, shared, records).await?;
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
        send(planned, frame, frame_no, pending.is_empty(), shared, records).await?;
        frame_no += 1;
    }
    shared.copied.fetch_add(1, Ordering::Relaxed);
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
    let compress = move || {
        let mut encoder = pool.encoder()?;
        encoder.lend(|| pool.buffers.take());
        let encoded = match format {
            RowFormat::Binary => encoder.encode_tuples(&bytes)?,
            RowFormat::Text | RowFormat::LargeObject => encoder.encode(&bytes)?,
        };
        pool.give_back(encoder);
        pool.buffers.give(bytes);
        Ok(encoded)
    };
    let encoded = match raw_len {
        ..INLINE_BYTES => Encoding::Done(compress()?),
        _ => Encoding::Running(tokio::task::spawn_blocking(compress)),
    };
    Ok(Pending { encoded, raw_len, rows, hash, continues, continued })
}

async fn send(
    planned: &PlannedPart,
    frame: Pending,
    frame_no: u32,
    last: bool,
    shared: &Shared,
    records: &Records,
) -> Result<(), Error> {
    let PlannedPart { part, source, .. } = planned;
    let flags = flags(&frame, last);
    let payload = match frame.encoded {
        Encoding::Done(encoded) => encoded,
        Encoding::Running(thread) => thread.await.map_err(|_| Error::Worker("compression".to_owned()))??,
    };
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
        payload,
    };
    records.send(draft).await
}

fn flags(frame: &Pending, last: bool) -> Flags {
    let set = [(frame.continues, Flags::CONTINUED), (frame.continued, Flags::CONTINUES), (last, Flags::LAST)];
    set.into_iter().filter(|(on, _)| *on).fold(Flags::NONE, |flags, (_, flag)| flags.with(flag))
}

impl Shared {
    /// Everything that workers share, nothing copied yet. `buffers` are those that the sessions fill: otherwise each frame
    /// would be new memory.
    pub fn new(
        ctx: Context,
        parts: Vec<PlannedPart>,
        standby: bool,
        level: i32,
        gate: Gate,
        buffers: Buffers,
    ) -> Self {
        Self {
            ctx,
            lots: lots(&parts),
            parts,
            next: AtomicUsize::new(0),
            left: Mutex::default(),
            copied: AtomicUsize::new(0),
            standby,
            gate,
            level,
            encoders: Mutex::default(),
            buffers,
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
        let next = self.next.swap(self.lots.len(), Ordering::Relaxed);
        left.extend(self.lots.iter().skip(next).cloned().flatten());
        left
    }

    /// Makes sure that no part was forgotten.
    ///
    /// # Errors
    /// [`Error::Worker`] if one was: a mistake of pgark.
    pub fn complete(&self) -> Result<(), Error> {
        let (copied, planned) = (self.copied.load(Ordering::Relaxed), self.parts.len());
        match copied == planned {
            true => Ok(()),
            false => Err(Error::Worker(format!("copying: {copied} of {planned} parts are complete"))),
        }
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
