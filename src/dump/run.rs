//! Dumps: reads as a table of contents. The order matters where a comment says so.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use super::copy_part::{Shared, work};
use super::data::{DataPlan, data_plan};
use super::database::facts;
use super::entries::{Entries, entries};
use super::error::Error;
use super::locks::lock_tables;
use super::output::WriterThread;
use super::sequences;
use super::source::Source;
use super::{Options, Output, Summary};
use crate::archive::{self, ArchiveId, Finished, Overwrite, RecordType, Status, Writer};
use crate::catalog;
use crate::context::Context;
use crate::event::{Event, Meter};
use crate::manifest::{Begin, Catalog, Entry, Features, Late};
use crate::object::Database;
use crate::server::Conninfo;

/// Version of the catalog record.
const CATALOG_VERSION: u32 = 1;

/// Dumps the database of `conninfo` into `output`.
///
/// # Errors
/// See [`Error`]. Nothing is left under the final name, and no statement runs on at the server.
pub async fn dump(
    ctx: &Context,
    conninfo: &Conninfo,
    output: &Output,
    options: &Options,
) -> Result<Summary, Error> {
    // First, before the server has any work: an output that cannot be written is said at once.
    let out = open(output).await?;
    let mut source = Source::connect(ctx, conninfo, options.jobs).await?;
    let running = source.cancel_handles();
    let result = tokio::select! {
        result = run(ctx, conninfo, &mut source, out, output, options) => result,
        () = ctx.cancel.cancelled() => Err(Error::Cancelled),
    };
    if result.is_err() {
        // A COPY whose connection just closes goes on until the server next writes.
        let cancels = running.iter().map(|handle| handle.cancel());
        futures_util::future::join_all(cancels).await;
    }
    result
}

async fn open(output: &Output) -> Result<archive::Output, Error> {
    match output {
        Output::File { path, force } => {
            let overwrite = if *force { Overwrite::Replace } else { Overwrite::Never };
            let path: PathBuf = path.clone();
            Ok(blocking(move || archive::Output::create(&path, overwrite))
                .await?
                .map_err(archive::Error::from)?)
        }
        Output::Stdout => Ok(archive::Output::stdout()),
    }
}

async fn run(
    ctx: &Context,
    conninfo: &Conninfo,
    source: &mut Source,
    out: archive::Output,
    output: &Output,
    options: &Options,
) -> Result<Summary, Error> {
    let started = Instant::now();
    let created = jiff::Timestamp::now();

    ctx.event(Event::Phase { name: "catalog", items: 0 });
    // Locks first: what the server deparses is the latest catalog, and only a lock keeps it as the snapshot has it.
    lock_tables(source.leader(), source.sessions().get(1), options.lock_wait_timeout).await?;
    let database = catalog::read(source.sessions()).await?;
    let skipped = unsupported(ctx, &database, options)?;
    source.check_row_security().await?;

    let server = source.data_facts();
    let Entries { entries, ids, warnings } = entries(&database, server.version)?;
    warnings.iter().for_each(|warning| ctx.warn(warning.clone()));
    let mut catalog =
        Catalog { catalog: CATALOG_VERSION, database: facts(&database, server.version)?, entries };
    let plan = data_plan(&mut catalog.entries, &ids, &database, &server, options);
    drop(database);

    let begin = Begin {
        tool: concat!("pgark ", env!("CARGO_PKG_VERSION")).to_owned(),
        features: Features::default(),
        created: created.to_string(),
        source: source.manifest(conninfo),
        labels: options.labels.clone(),
    };
    let (begin, catalog, writer) = head(out, begin, catalog).await?;

    ctx.event(Event::Phase { name: "data", items: plan.parts.len() });
    source.use_server_encoding().await?;
    let DataPlan { parts, part_counts, large_objects } = plan;
    let expected = parts.iter().map(|planned| planned.part.bytes).sum();
    Meter::add(&ctx.meter.expected_bytes, expected);
    Meter::add(&ctx.meter.items, parts.len() as u64);
    let shared = Arc::new(Shared::new(ctx.clone(), parts, options.level));
    let jobs = source.sessions().len() - 1;
    let writer = copy(source, &shared, writer).await?;

    let sequences: Vec<&Entry> =
        catalog.entries.iter().filter(|entry| entry.kind == "sequence_value").collect();
    let late = Late {
        tables: shared.totals.table_totals(|id| part_counts.get(&id).copied().unwrap_or(0)),
        sequences: sequences::read(source.leader(), &sequences).await?,
        warnings: warnings.clone(),
        skipped: skipped.clone(),
        duration_ms: started.elapsed().as_millis() as u64,
    };
    let status = if skipped.is_empty() { Status::Complete } else { Status::Skipped };
    // The name appears only after everything is on the disk.
    let finished = tail(writer, late, status).await?;
    Ok(Summary {
        archive: match output {
            Output::File { path, .. } => path.display().to_string(),
            Output::Stdout => "-".to_owned(),
        },
        identity: finished.root.to_string(),
        database: catalog.database.name,
        server_version: begin.source.server_version,
        bytes: finished.file_len,
        raw_bytes: finished.raw_bytes,
        objects: catalog.entries.len(),
        tables: catalog.entries.iter().filter(|entry| entry.kind == "table_data").count(),
        rows: shared.totals.rows(|id| is_table(&catalog.entries, id)),
        large_objects,
        jobs,
        warnings,
        skipped,
        duration_ms: started.elapsed().as_millis() as u64,
    })
}

fn is_table(entries: &[Entry], id: u32) -> bool {
    entries.get(id as usize - 1).is_some_and(|entry| entry.kind == "table_data")
}

/// Objects of unknown kinds: an error, or with `skip_unsupported` a warning each.
fn unsupported(ctx: &Context, database: &Database, options: &Options) -> Result<Vec<String>, Error> {
    let names: Vec<String> =
        database.unsupported.iter().map(|object| format!("{} {}", object.kind, object.name)).collect();
    if !names.is_empty() && !options.skip_unsupported {
        return Err(Error::Unsupported(names));
    }
    names.iter().for_each(|name| ctx.warn(format!("left out: {name}")));
    Ok(names)
}

/// Writes what stands before the rows.
async fn head(
    out: archive::Output,
    begin: Begin,
    catalog: Catalog,
) -> Result<(Begin, Catalog, Writer<archive::Output>), Error> {
    let written = blocking(move || {
        let mut writer = Writer::begin(out, ArchiveId::random()?)?;
        writer.append_json(RecordType::Begin, &begin)?;
        writer.append_json(RecordType::Catalog, &catalog)?;
        Ok::<_, archive::Error>((begin, catalog, writer))
    });
    Ok(written.await??)
}

/// Copies all parts. The first failure ends it.
async fn copy(
    source: &mut Source,
    shared: &Arc<Shared>,
    writer: Writer<archive::Output>,
) -> Result<Writer<archive::Output>, Error> {
    let (thread, records) = WriterThread::start(writer, Arc::clone(&shared.ctx.meter));
    let mut workers = JoinSet::new();
    for (index, session) in source.take_workers().into_iter().enumerate() {
        let (shared, records) = (Arc::clone(shared), records.clone());
        workers.spawn(async move { work(index, session, &shared, &records).await });
    }
    drop(records);
    let mut first = Ok(());
    while let Some(ended) = workers.join_next().await {
        let ended = ended.unwrap_or_else(|_| Err(Error::Worker("a copying session".to_owned())));
        if let Err(error) = ended {
            first = Err(error);
            break;
        }
    }
    // Dropped workers drop their senders, so the writer ends.
    workers.shutdown().await;
    match (thread.join().await, first) {
        // A worker that could not hand over its record only knows that the writer is gone; the writer knows why.
        (Err(error), _) | (Ok(_), Err(error)) => Err(error),
        (Ok(writer), Ok(())) => Ok(writer),
    }
}

/// Writes what stands after the rows, and gives the file its name.
async fn tail(writer: Writer<archive::Output>, late: Late, status: Status) -> Result<Finished, Error> {
    let finished = blocking(move || {
        let mut writer = writer;
        writer.append_json(RecordType::Late, &late)?;
        let (out, finished) = writer.finish(status)?;
        out.commit()?;
        Ok::<_, archive::Error>(finished)
    });
    Ok(finished.await??)
}

async fn blocking<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(run).await.map_err(|_| Error::Worker("writing the archive".to_owned()))
}
