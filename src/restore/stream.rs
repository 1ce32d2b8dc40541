//! Rows from a stream: each part goes to one session, frame by frame in the order in which they come. Rows that refer
//! to others by keys of extensions that this restore makes are kept until the others are in. Those with keys to each other
//! that the target had before come through one session, in one transaction.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::bundle::{Arrived, Bundle};
use super::error::Error;
use super::jobs::rows_before;
use super::load::{Load, load_pages};
use super::row_order::RowOrder;
use super::run::Run;
use super::source::{Item, unexpected};
use super::statistics;
use crate::archive::{self, Flags, TocEntry};
use crate::event::Meter;
use crate::manifest::{Entry, Late, RowFormat};
use crate::server::Session;

/// Frames that wait for one session, at most.
const QUEUE_MAX: usize = 2;

type Frames = mpsc::Sender<(TocEntry, Vec<u8>)>;

/// What a stream left when its rows were loaded.
pub struct Loaded {
    /// LATE.
    pub late: Late,
    /// The archive's identity.
    pub identity: String,
    /// The sessions, free again.
    pub sessions: Vec<Session>,
    /// The records of statistics.
    pub statistics: statistics::Kept,
}

/// Loads everything up to END: LATE, and the archive's identity. The whole stream is then known to be good.
///
/// # Errors
/// A damaged or truncated stream; a row that the server rejects.
pub async fn load_stream(
    run: &Arc<Run>,
    mut items: mpsc::Receiver<Result<Item, archive::Error>>,
    sessions: Vec<Session>,
    order: &RowOrder,
) -> Result<Loaded, Error> {
    let bundle = order.bundles.first().map(|bundle| bundle_for(run, bundle, sessions.len()));
    let mut workers = JoinSet::new();
    let mut queues: Vec<Frames> = Vec::new();
    for (index, session) in sessions.into_iter().enumerate() {
        let (frames, queue) = mpsc::channel(QUEUE_MAX);
        queues.push(frames);
        let run = Arc::clone(run);
        let bundle = bundle.clone().filter(|_| index == 0);
        workers.spawn(async move {
            let worked = match bundle {
                Some(bundle) => work_on_bundle(&run, index, session, queue, &bundle).await,
                None => work(&run, index, session, queue).await,
            };
            (index, worked)
        });
    }
    let read = tokio::select! {
        read = distribute(run, &mut items, &queues, bundle.as_deref()) => read,
        // No worker ends by itself before the queues are closed, but by an error.
        Some(ended) = workers.join_next() => Err(match ended {
            Ok((_, Err(error))) => error,
            _ => Error::Worker("a restoring session".to_owned()),
        }),
    };
    let Received { late, identity, kept, statistics } = read?;
    run.expect(&late);
    drop(queues);
    let mut sessions = Vec::new();
    while let Some(ended) = workers.join_next().await {
        let (index, result) = ended.map_err(|_| Error::Worker("a restoring session".to_owned()))?;
        sessions.push((index, result?));
    }
    sessions.sort_by_key(|(index, _)| *index);
    let mut sessions: Vec<Session> = sessions.into_iter().map(|(_, session)| session).collect();
    if let Some(session) = sessions.first_mut() {
        load_kept(run, session, kept).await?;
    }
    if statistics.dropped > 0 {
        run.warn("there are more statistics than are kept of a pipe: ANALYZE makes new ones".to_owned());
    }
    Ok(Loaded { late, identity, sessions, statistics })
}

/// The bundle has a session to itself; where there is only one, whatever comes through that is in its transaction.
fn bundle_for(run: &Run, bundle: &Arc<Bundle>, sessions: usize) -> Arc<Bundle> {
    let mut bundle = Bundle::clone(bundle);
    if sessions < 2 {
        let rows = run.catalog.entries.iter().filter(|entry| entry.data.is_some() && !entry.left_out);
        let rows = rows.filter(|entry| rows_before(&run.catalog, entry).next().is_none());
        bundle.join(rows.map(|entry| entry.id));
    }
    Arc::new(bundle)
}

/// What a stream had besides rows that were handed on.
struct Received {
    late: Late,
    identity: String,
    kept: Kept,
    statistics: statistics::Kept,
}

/// Frames that wait for other rows, by entry and part. What extensions call configuration is small.
type Kept = BTreeMap<(u32, u32), Vec<Vec<u8>>>;

/// Loads what had to wait, in restore order.
async fn load_kept(run: &Run, session: &mut Session, kept: Kept) -> Result<(), Error> {
    for ((id, _), frames) in kept {
        let entry = run.entry(id);
        if !run.may_start(entry) {
            continue;
        }
        match load_frames(run, session, entry, frames).await {
            Ok(rows) => run.arrived(id, rows),
            Err(error) => run.failed(id, &entry.label, error)?,
        }
    }
    Ok(())
}

async fn load_frames(
    run: &Run,
    session: &mut Session,
    entry: &Entry,
    frames: Vec<Vec<u8>>,
) -> Result<u64, Error> {
    let mut load = Load::start(session, entry, &run.encoding).await?;
    for raw in frames {
        let len = raw.len() as u64;
        load.rows(raw, entry).await?;
        Meter::add(&run.ctx.meter.raw_bytes, len);
    }
    load.finish(entry).await
}

/// Reads to the end; a part stays with the session that had its first frame.
async fn distribute(
    run: &Run,
    items: &mut mpsc::Receiver<Result<Item, archive::Error>>,
    queues: &[Frames],
    bundle: Option<&Bundle>,
) -> Result<Received, Error> {
    // The first one is the bundle's.
    let others = usize::from(bundle.is_some() && queues.len() > 1);
    let mut kept = Kept::new();
    let mut owner: HashMap<(u32, u32), usize> = HashMap::new();
    let mut parts_open = vec![0_usize; queues.len()];
    let mut late = None;
    let mut statistics = statistics::Kept::default();
    loop {
        match items.recv().await {
            Some(Ok(Item::Rows(entry, raw)))
                if rows_before(&run.catalog, run.entry(entry.object_id)).next().is_some() =>
            {
                if !raw.is_empty() {
                    kept.entry((entry.object_id, entry.part_no)).or_default().push(raw);
                }
            }
            Some(Ok(Item::Rows(entry, raw))) => {
                let part = (entry.object_id, entry.part_no);
                let worker = *owner.entry(part).or_insert_with(|| {
                    let free = match bundle.is_some_and(|bundle| bundle.has(entry.object_id)) {
                        true => 0,
                        false => {
                            (others..queues.len()).min_by_key(|at| (parts_open[*at], *at)).unwrap_or(others)
                        }
                    };
                    parts_open[free] += 1;
                    free
                });
                if entry.flags.has(Flags::LAST) {
                    owner.remove(&part);
                    parts_open[worker] -= 1;
                }
                // A closed queue means that the worker failed; its error is on its way.
                if queues[worker].send((entry, raw)).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
            Some(Ok(Item::Statistics(header, stored))) => statistics.push(*header, stored),
            Some(Ok(Item::Late(found))) => late = Some(Late::clone(&found)),
            Some(Ok(Item::End(identity))) => {
                return late
                    .map(|late| Received { late, identity, kept, statistics })
                    .ok_or_else(|| unexpected(None));
            }
            other => return Err(unexpected(other)),
        }
    }
}

/// Frames of one session.
struct Incoming {
    queue: mpsc::Receiver<(TocEntry, Vec<u8>)>,
    next: Option<(TocEntry, Vec<u8>)>,
}

/// Loads the frames of a bundle's queue, which ends when the stream is known to be whole. After a failure the rest is
/// passed over.
async fn work_on_bundle(
    run: &Run,
    index: usize,
    mut session: Session,
    mut queue: mpsc::Receiver<(TocEntry, Vec<u8>)>,
    bundle: &Bundle,
) -> Result<Session, Error> {
    let begun = bundle.begin(run, &session).await;
    let mut arrived = begun.is_ok().then(Arrived::new);
    begun.or_else(|error| bundle.failed(run, error))?;
    let next = queue.recv().await;
    let mut incoming = Incoming { queue, next };
    while let Some((frame, raw)) = incoming.next.take() {
        let entry = run.entry(frame.object_id);
        run.ctx.meter.worker(index, entry.label.clone());
        let Some(so_far) = arrived.as_mut().filter(|_| !raw.is_empty() && run.may_start(entry)) else {
            incoming.next = incoming.queue.recv().await;
            continue;
        };
        match load(run, &mut session, entry, raw, &mut incoming).await {
            Ok(rows) => *so_far.entry(entry.id).or_default() += rows,
            Err(error) => {
                arrived = None;
                bundle.failed(run, bundle.undone(run, &session, error).await)?;
                if incoming.next.is_none() {
                    incoming.next = incoming.queue.recv().await;
                }
            }
        }
    }
    if let Some(arrived) = arrived {
        let done = bundle.commit(run, &session, arrived).await;
        done.or_else(|error| bundle.failed(run, error))?;
    }
    run.ctx.meter.worker(index, "");
    Ok(session)
}

/// Loads the frames of a queue. A COPY stays open while frames of the same table come.
async fn work(
    run: &Run,
    index: usize,
    mut session: Session,
    mut queue: mpsc::Receiver<(TocEntry, Vec<u8>)>,
) -> Result<Session, Error> {
    let next = queue.recv().await;
    let mut incoming = Incoming { queue, next };
    while let Some((frame, raw)) = incoming.next.take() {
        let entry = run.entry(frame.object_id);
        run.ctx.meter.worker(index, entry.label.clone());
        if raw.is_empty() || run.has_failed(entry.id) || !run.may_start(entry) {
            incoming.next = incoming.queue.recv().await;
            continue;
        }
        match load(run, &mut session, entry, raw, &mut incoming).await {
            Ok(rows) => run.arrived(entry.id, rows),
            Err(error) => {
                run.failed(entry.id, &entry.label, error)?;
                if incoming.next.is_none() {
                    incoming.next = incoming.queue.recv().await;
                }
            }
        }
    }
    run.ctx.meter.worker(index, "");
    Ok(session)
}

/// Loads `raw` and the frames of the same entry that follow at once.
async fn load(
    run: &Run,
    session: &mut Session,
    entry: &Entry,
    raw: Vec<u8>,
    incoming: &mut Incoming,
) -> Result<u64, Error> {
    let meter = &run.ctx.meter;
    run.pass().await;
    if entry.data.as_ref().is_some_and(|data| data.format == RowFormat::LargeObject) {
        let pages = load_pages(session, &raw, entry).await?;
        Meter::add(&meter.raw_bytes, raw.len() as u64);
        incoming.next = incoming.queue.recv().await;
        return Ok(pages);
    }
    let mut load = Load::start(session, entry, &run.encoding).await?;
    let mut current = Some(raw);
    while let Some(raw) = current.take() {
        let len = raw.len() as u64;
        load.rows(raw, entry).await?;
        Meter::add(&meter.raw_bytes, len);
        run.pass().await;
        incoming.next = incoming.queue.recv().await;
        if incoming.next.as_ref().is_some_and(|(following, _)| following.object_id == entry.id) {
            current = incoming.next.take().map(|(_, raw)| raw);
        }
    }
    load.finish(entry).await
}
