//! Dumps: reads as a table of contents. The order matters where a comment says so.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use super::copy_part::{FRAME_BYTES, Shared, work};
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
use crate::event::Event;
use crate::manifest::{Begin, Catalog, Entry, Features, Late};
use crate::object::Database;
use crate::server::Conninfo;

/// Version of the catalog record.
const CATALOG_VERSION: u32 = 1;

/// Dumps the database of `conninfo` into `output`.
///
/// # Errors
/// See [`Error`]. Nothing is left under the final name, and no session on the server.
pub async fn dump(
    ctx: &Context,
    conninfo: &Conninfo,
    output: &Output,
    options: &Options,
) -> Result<Summary, Error> {
    // Before the server has any work: an output that cannot be written is said at once.
    let out = open(output)?;
    let mut source = Source::connect(ctx, conninfo, options.jobs).await?;
    let cancel = source.cancel_handles();
    let result = tokio::select! {
        result = run(ctx, &mut source, out, output, options) => result,
        () = ctx.cancel.cancelled() => Err(Error::Cancelled),
    };
    if result.is_err() {
        // A COPY whose connection just closes goes on until the server next writes.
        source.cancel_all(cancel).await;
    }
    result
}

fn open(output: &Output) -> Result<archive::Output, Error> {
    let opened = match output {
        Output::File { path, force } => {
            let overwrite = if *force { Overwrite::Replace } else { Overwrite::Refuse };
            archive::Output::file(path, overwrite)
        }
        Output::Stdout => Ok(archive::Output::stdout()),
    };
    Ok(opened.map_err(archive::Error::from)?)
}

async fn run(
    ctx: &Context,
    source: &mut Source,
    out: archive::Output,
    output: &Output,
    options: &Options,
) -> Result<Summary, Error> {
    let started = Instant::now();
    let created = jiff::Timestamp::now();

    ctx.event(Event::Phase { name: "catalog", items: 0 });
    // Locks first: what the server deparses is the latest catalog, and only a lock keeps it as the snapshot has it.
    lock_tables(source.leader(), source.any_worker(), options.lock_wait_timeout).await?;
    let database = catalog::read(source.sessions()).await?;
    let skipped = unsupported(ctx, &database, options)?;
    source.check_row_security().await?;

    let version = source.leader().version();
    let Entries { entries, ids, warnings } = entries(&database, version);
    warnings.iter().for_each(|warning| ctx.warn(warning.clone()));
    let mut catalog =
        Catalog { catalog: CATALOG_VERSION, database: facts(&database, version), entries };
    let DataPlan { parts, part_counts, large_objects } =
        data_plan(&mut catalog.entries, &ids, &database, source, options);
    drop(database);

    let begin = begin(source, options, created).await?;
    let writer = head(out, &begin, &catalog).await?;

    let tables = parts.iter().filter(|part| part.part.number == 0).count();
    ctx.event(Event::Phase { name: "data", items: parts.len() });
    let shared = Arc::new(Shared::new(ctx.clone(), parts, options.level));
    let writer = copy(ctx, source, &shared, writer).await?;

    let sequence_entries: Vec<&Entry> = catalog.entries.iter().filter(|e| e.kind == "sequence_value").collect();
    let late = Late {
        tables: shared.totals.table_totals(|id| part_counts.get(&id).copied().unwrap_or(0)),
        sequences: sequences::read(source.leader(), &sequence_entries).await?,
        warnings: warnings.clone(),
        skipped: skipped.clone(),
        duration_ms: started.elapsed().as_millis() as u64,
    };
    let status = if skipped.is_empty() { Status::Complete } else { Status::CompleteWithSkipped };
    // Everything has been read; the server is free while the file is synced.
    source.close().await;
    let finished = tail(writer, late, status).await?;
    Ok(Summary {
        archive: match output {
            Output::File { path, .. } => path.display().to_string(),
            Output::Stdout => "-".to_owned(),
        },
        identity: finished.root.to_string(),
        database: catalog.database.name.clone(),
        server_version: begin.source.server_version,
        bytes: finished.file_len,
        raw_bytes: finished.raw_bytes,
        objects: catalog.entries.len(),
        tables,
        rows: finished.rows,
        large_objects,
        jobs: options.jobs,
        warnings,
        skipped,
        duration_ms: started.elapsed().as_millis() as u64,
    })
}
