//! Brings islands to the server, several in one message: that is one round trip and one transaction, and a lot less to
//! look up and to forget for the server than with a transaction for each statement.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::error::Error;
use super::islands::Island;
use super::message::Message;
use super::run::Run;
use super::sequences::set_value;
use super::units::Unit;
use crate::archive::{ArchiveFile, Decoder};
use crate::event::Meter;
use crate::manifest::{Catalog, Entry, Section, SequenceValue};
use crate::server::Session;

/// Islands of one message, at most. Twice as many were no faster.
const ISLANDS_MAX: usize = 32;
/// Raw bytes of their rows, at most, unless a single one has more.
const BYTES_MAX: u64 = 1 << 20;
/// Lots that wait for a session, at most.
const QUEUE_MAX: usize = 2;

/// Cuts islands into lots: as many as have no more than `locks`, and enough lots that `sessions` end at the same time.
pub fn lots(islands: Vec<Island>, catalog: &Catalog, locks: usize, sessions: usize) -> Vec<Vec<Island>> {
    let most = (islands.len() / (4 * sessions.max(1))).clamp(1, ISLANDS_MAX);
    let mut lots: Vec<Vec<Island>> = Vec::new();
    let (mut bytes, mut held) = (0, 0);
    for island in islands {
        bytes += island.bytes;
        held += island.locks(catalog);
        match lots.last_mut() {
            Some(lot) if lot.len() < most && bytes <= BYTES_MAX && held <= locks => lot.push(island),
            _ => {
                (bytes, held) = (island.bytes, island.locks(catalog));
                lots.push(vec![island]);
            }
        }
    }
    lots
}

/// What the messages are made of.
pub struct Sources {
    /// The archive.
    pub file: Arc<ArchiveFile>,
    /// Units by entry.
    pub units: HashMap<u32, Vec<Unit>>,
    /// Values of sequences by entry.
    pub sequences: HashMap<u32, SequenceValue>,
}

/// An island that is ready to go.
struct Ready {
    island: Island,
    message: Message,
}

/// Runs `lots` on `sessions`; returns the positions of the entries that are in place.
///
/// # Errors
/// A damaged archive, a lost connection, too few rows. An island that the server does not take is none: its entries
/// are not among those in place.
pub async fn run_lots(
    run: &Arc<Run>,
    sources: Sources,
    sessions: Vec<Session>,
    lots: Vec<Vec<Island>>,
) -> Result<(Vec<Session>, Vec<usize>), Error> {
    let entries = lots.iter().flatten().map(|island| island.entries.len()).sum::<usize>();
    Meter::add(&run.ctx.meter.items, entries as u64);
    let (ready, queue) = mpsc::channel(QUEUE_MAX);
    let reader = {
        let run = Arc::clone(run);
        tokio::task::spawn_blocking(move || read(&run, &sources, lots, &ready))
    };
    let queue = Arc::new(Mutex::new(queue));
    let mut workers = JoinSet::new();
    for (number, session) in sessions.into_iter().enumerate() {
        let (run, queue) = (Arc::clone(run), Arc::clone(&queue));
        workers.spawn(async move { (number, work(&run, number, session, &queue).await) });
    }
    let ended = |what: &str| Error::Worker(what.to_owned());
    let (mut sessions, mut in_place) = (Vec::new(), Vec::new());
    while let Some(worker) = workers.join_next().await {
        let (number, result) = worker.map_err(|_| ended("a restoring session"))?;
        let (session, done) = result?;
        sessions.push((number, session));
        in_place.extend(done);
    }
    reader.await.map_err(|_| ended("reading the archive"))??;
    sessions.sort_by_key(|(number, _)| *number);
    let sessions: Vec<Session> = sessions.into_iter().map(|(_, session)| session).collect();
    sessions.iter().for_each(|session| run.server_warnings(session));
    Ok((sessions, in_place))
}

/// Makes messages of lots, one after the other, until nobody wants any more.
fn read(
    run: &Run,
    sources: &Sources,
    lots: Vec<Vec<Island>>,
    ready: &mpsc::Sender<Vec<Ready>>,
) -> Result<(), Error> {
    let mut decoder = Decoder::new()?;
    for lot in lots {
        let lot = lot.into_iter().map(|island| prepare(run, sources, &mut decoder, island));
        if ready.blocking_send(lot.collect::<Result<_, _>>()?).is_err() {
            break;
        }
    }
    Ok(())
}

fn prepare(run: &Run, sources: &Sources, decoder: &mut Decoder, island: Island) -> Result<Ready, Error> {
    let mut message = Message::default();
    let entries = || island.entries.iter().map(|&at| &run.catalog.entries[at]);
    for entry in entries().filter(|entry| entry.section != Section::PostData) {
        message.definition(run, entry);
        if let Some(units) = sources.units.get(&entry.id) {
            message.rows(run, entry, freezes(entry), &sources.file, decoder, units)?;
        }
    }
    for entry in entries() {
        if let Some(value) = sources.sequences.get(&entry.id) {
            message.statement(set_value(entry, value));
        }
    }
    for entry in entries().filter(|entry| entry.section == Section::PostData) {
        message.definition(run, entry);
    }
    Ok(Ready { island, message })
}

/// Rows of a table that its own transaction made can be frozen at once: nobody will have to write them again for that
/// (documentation: COPY, FREEZE). Not those that go through a partitioned table.
fn freezes(entry: &Entry) -> bool {
    entry.data.as_ref().is_some_and(|data| !data.via_root)
}

/// Works through lots until there are no more: the session, and what is in place.
async fn work(
    run: &Run,
    number: usize,
    mut session: Session,
    queue: &Mutex<mpsc::Receiver<Vec<Ready>>>,
) -> Result<(Session, Vec<usize>), Error> {
    let mut in_place = Vec::new();
    loop {
        let next = queue.lock().await.recv().await;
        let Some(lot) = next else { break };
        let Some(first) = lot.first() else { continue };
        run.pass().await;
        run.ctx.meter.worker(number, run.catalog.entries[first.island.entries[0]].label.clone());
        // What depends on something that failed is reported where its entries' turn comes.
        let lot: Vec<Ready> = lot.into_iter().filter(|ready| may_start(run, &ready.island)).collect();
        if send(run, &mut session, &lot).await? {
            in_place.extend(lot.iter().flat_map(|ready| ready.island.entries.iter().copied()));
            continue;
        }
        if lot.len() == 1 {
            continue;
        }
        // The lot was undone; now one by one.
        for ready in &lot {
            if send(run, &mut session, std::slice::from_ref(ready)).await? {
                in_place.extend(ready.island.entries.iter().copied());
            }
        }
    }
    run.ctx.meter.worker(number, "");
    Ok((session, in_place))
}

fn may_start(run: &Run, island: &Island) -> bool {
    island.entries.iter().all(|&at| run.failed_dependency(&run.catalog.entries[at]).is_none())
}

/// Sends islands as one message, and takes over what arrived. `false`: the server did not take them, and undid it all.
async fn send(run: &Run, session: &mut Session, lot: &[Ready]) -> Result<bool, Error> {
    let mut message = Message::default();
    lot.iter().for_each(|ready| message.append(&ready.message));
    let counts = match message.send(session).await {
        Ok(counts) => counts,
        Err(source) => {
            let error = Error::Load { label: "small tables".to_owned(), source };
            return if error.is_fatal() { Err(error) } else { Ok(false) };
        }
    };
    for ((entry, bytes), rows) in message.loads().zip(counts) {
        run.arrived(entry, rows);
        Meter::add(&run.ctx.meter.raw_bytes, bytes);
    }
    for &at in lot.iter().flat_map(|ready| &ready.island.entries) {
        let entry = &run.catalog.entries[at];
        if entry.kind == "table_data"
            && let Err(error) = run.loaded(at)
        {
            run.failed(entry.id, &entry.label, error)?;
        }
    }
    let entries: Vec<&Entry> =
        lot.iter().flat_map(|ready| &ready.island.entries).map(|&at| &run.catalog.entries[at]).collect();
    run.done(entries.iter().filter(|entry| entry.section != Section::Data).count());
    Meter::add(&run.ctx.meter.items_done, entries.len() as u64);
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::lots;
    use crate::manifest::{Catalog, Entry};
    use crate::restore::islands::Island;

    fn sizes(islands: &[u64], locks: usize, sessions: usize) -> Vec<usize> {
        let table = serde_json::json!({
            "id": 1, "kind": "table", "name": "t", "label": "t", "section": "pre-data",
        });
        let entries: Vec<Entry> = vec![serde_json::from_value(table).unwrap()];
        let catalog = Catalog { entries, ..Catalog::default() };
        let islands = islands.iter().map(|&bytes| Island { entries: vec![0], bytes }).collect();
        lots(islands, &catalog, locks, sessions).iter().map(Vec::len).collect()
    }

    #[test]
    fn a_lot_is_bounded_in_number_bytes_and_locks() {
        assert_eq!(sizes(&[1; 300], 1000, 2)[..2], [32, 32]);
        // Three locks each.
        assert_eq!(sizes(&[1; 300], 20, 2)[..2], [6, 6]);
        assert_eq!(sizes(&[1; 16], 1000, 2), [2; 8]);
        let mut bytes = vec![1 << 20, 600 << 10, 300 << 10, 200 << 10];
        bytes.extend([0; 100]);
        assert_eq!(sizes(&bytes, 1000, 1)[..3], [1, 2, 26]);
        assert_eq!(sizes(&[5], 0, 1), [1]);
    }
}
