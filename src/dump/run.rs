//! Dumps: reads as a table of contents. The order matters where a comment says so.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::conditions::conditions;
use super::copy_part::{self, Shared, work};
use super::data::{DataPlan, Planner, data_plan};
use super::data_types::data_types;
use super::database::facts;
use super::entries::{Entries, entries};
use super::error::Error;
use super::globals;
use super::outline::Catalog;
use super::output::{File, Records, WriterThread};
use super::sequences;
use super::source::Source;
use super::statistics::{Carried, Reading, relations_of};
use super::{Options, Output, Summary};
use crate::archive::{self, ArchiveId, Overwrite, RecordType, Status, StoreError, Writer};
use crate::catalog;
use crate::context::Context;
use crate::event::{Event, Meter};
use crate::manifest::{Begin, Features, Late, Missing};
use crate::object::{Database, Kind, Object as _};
use crate::server::{Conninfo, Running};

/// Of what a selection leaves out and needs, so much is named in the warning; the archive has all.
const NEEDED_SHOWN: usize = 5;
/// So often the catalog may change while it is read.
const READ_ATTEMPTS_MAX: usize = 5;

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
    let started = ctx.now();
    let (open, closed) = oneshot::channel();
    let mut source = None;
    let running = Running::default();
    let written = tokio::select! {
        written = async {
            // First, before the server has any work: an output that cannot be written is said at once.
            let file = create(output, open).await?;
            let (sessions, database) = read(ctx, conninfo, options, &running).await?;
            write(ctx, conninfo, source.insert(sessions), database, file, options, started).await
        } => written,
        () = ctx.cancel.cancelled() => Err(Error::Cancelled),
        error = stalled(ctx, &running, options) => Err(error),
    };
    // Nothing more is wanted of the server: nobody needs to wait for our locks.
    drop(source);
    // From here on nothing is interrupted half-way: there is an archive under the name, or there is none.
    let result = match written {
        Ok(written) => written.finish(ctx, output, started).await,
        Err(error) => Err(error),
    };
    if result.is_err() {
        // A COPY whose connection just closes goes on until the server next writes.
        running.cancel().await;
        // The end of the process must not come before the file is gone. A pipe leaves nothing behind, and its reader
        // may sleep.
        if let Output::File { .. } = output {
            let _ = closed.await;
        }
    }
    result
}

/// `--stall-timeout`; without it, never.
async fn stalled(ctx: &Context, running: &Running, options: &Options) -> Error {
    let Some(limit) = options.stall_timeout else { return std::future::pending().await };
    let stalled = running.stalled(limit).await;
    let (session, doing) = stalled.words(&ctx.meter.workers());
    Error::Stalled {
        limit,
        session,
        doing: if stalled.number == 0 { "locks, catalog".to_owned() } else { doing },
    }
}

async fn create(output: &Output, open: oneshot::Sender<()>) -> Result<File, Error> {
    match output {
        Output::File { path, force } => {
            let overwrite = if *force { Overwrite::Replace } else { Overwrite::Never };
            let path: PathBuf = path.clone();
            let create = move || Ok(File::new(archive::Output::create(&path, overwrite)?, open));
            Ok(blocking(create).await?.map_err(|error: StoreError| archive::Error::from(error))?)
        }
        Output::Stdout => Ok(File::new(archive::Output::stdout(), open)),
    }
}

/// Connects and reads the catalog, again in a new snapshot when it changed meanwhile.
async fn read(
    ctx: &Context,
    conninfo: &Conninfo,
    options: &Options,
    running: &Running,
) -> Result<(Source, Database), Error> {
    let mut attempts = 1;
    loop {
        let source = Source::connect(ctx, conninfo, options, running).await?;
        match catalog::read(source.sessions(), source.choice().only()).await {
            Ok(database) => return Ok((source, database)),
            Err(error) if attempts < READ_ATTEMPTS_MAX && error.may_pass() => attempts += 1,
            Err(error) => return Err(error.into()),
        }
        running.clear();
    }
}

/// An archive that lacks only its end.
struct Written {
    writer: Writer<File>,
    late: Late,
    /// All that can be known before the end.
    summary: Summary,
}

/// Writes everything up to LATE.
async fn write(
    ctx: &Context,
    conninfo: &Conninfo,
    source: &mut Source,
    mut database: Database,
    file: File,
    options: &Options,
    started: Instant,
) -> Result<Written, Error> {
    let created = ctx.timestamp();
    let mut skipped = unsupported(ctx, &database, options)?;
    skipped.extend(hidden_options(ctx, &database));
    let content = &options.selection.content;
    let mut left_out = Vec::new();
    if content.has_rows() {
        let filtered = source.row_security().await?;
        if !filtered.is_empty() && !options.row_security {
            return Err(Error::RowSecurity(filtered));
        }
        let warning = |table| format!("row security: of {table} only the rows that this role may see");
        left_out.extend(filtered.into_iter().map(warning));
        left_out.iter().for_each(|warning| ctx.warn(warning.clone()));
    }
    let conditions = conditions(source.leader(), &database, source.choice(), options).await?;
    let globals = globals::read(ctx, source.leader(), options.globals, &mut left_out).await?;

    let server = source.data_facts();
    // Only to find the order, and a good part of what was read.
    let depends = database.take_depends();
    if options.selection.leave_out.compression {
        database.forget_compression();
    }
    let planner = Planner::new(&database, &server, options, &conditions);
    let Entries { mut entries, mut warnings, missing } =
        entries(&database, depends, server.version, &planner, source.choice())?;
    warnings.extend(database.left_behind.iter().map(|left| left.text.clone()));
    if options.selection.has_names() && !missing.is_empty() && content.is_all() {
        warnings.push(needed(&missing));
    }
    warnings.iter().for_each(|warning| ctx.warn(warning.clone()));
    warnings.extend(left_out);
    let mut facts = facts(&database, server.version)?;
    if !source.choice().has_public() {
        facts.public = None;
    }
    let plan = data_plan(&mut entries);
    let sequences = sequences::of(&database, &entries, &plan.absent);
    let mut relations = relations_of(&database, &entries);
    // Those of other rows.
    relations.retain(|oid, _| !conditions.contains_key(oid));
    let large_objects = entries.iter().filter(|entry| entry.kind == Kind::LargeObject).count() as u64;
    let types = if content.has_rows() { data_types(&database) } else { Vec::new() };
    drop(database);
    let mut catalog = Catalog::new(facts, globals, types, entries);
    catalog.partial = options.selection.is_partial();
    catalog.left_out = options.selection.leave_out.names();
    catalog.missing = missing;
    plan.absent.values().for_each(|what| ctx.warn(format!("left out: {what}")));
    skipped.extend(plan.absent.values().cloned());

    let expected = plan.parts.iter().map(|planned| planned.part.bytes).sum();
    let begin = Begin {
        tool: concat!("pgark ", env!("CARGO_PKG_VERSION")).to_owned(),
        features: Features::default(),
        created,
        source: source.manifest(conninfo),
        expected_bytes: expected,
        schema_only: content.definitions_only,
        labels: options.labels.clone(),
    };
    let (begin, catalog, writer) = head(file, begin, catalog).await?;

    ctx.event(Event::Phase { name: "data", items: plan.parts.len() });
    let DataPlan { parts, extents, .. } = plan;
    Meter::add(&ctx.meter.expected_bytes, expected);
    Meter::add(&ctx.meter.items, parts.len() as u64);
    let gate = source.watch(ctx);
    let buffers = source.leader().buffers();
    let shared = Shared::new(ctx.clone(), parts, server.standby, options.level, gate, buffers);
    let shared = Arc::new(shared);
    let jobs = (source.sessions().len() - 1).max(1);
    let statistics = options.statistics && content.has_rows();
    let reading = statistics.then(|| Arc::new(Reading::new(relations)));
    let (writer, carried) = copy(source, &shared, writer, reading).await?;
    carried.warnings.iter().for_each(|warning| ctx.warn(warning.clone()));
    warnings.extend(carried.warnings);

    let late = Late {
        tables: shared.totals.table_totals(|id| extents.get(&id).copied().unwrap_or_default()),
        sequences: sequences::read(source.leader(), &sequences).await?,
        statistics: statistics.then_some(carried.total),
        warnings: warnings.clone(),
        skipped: skipped.clone(),
        duration_ms: started.elapsed().as_millis() as u64,
    };
    let summary = Summary {
        database: begin.source.database,
        server_version: begin.source.server_version,
        objects: catalog.entries.len(),
        tables: catalog.entries.iter().filter(|entry| entry.kind == Kind::TableData).count(),
        rows: shared.totals.rows(|id| catalog.kind(id) == Some(Kind::TableData)),
        large_objects,
        jobs,
        warnings,
        roles: catalog.globals.map(|globals| globals.roles.len()),
        skipped,
        ..Summary::default()
    };
    Ok(Written { writer, late, summary })
}

impl Written {
    /// Writes the end, and gives the file its name.
    async fn finish(self, ctx: &Context, output: &Output, started: Instant) -> Result<Summary, Error> {
        let Self { mut writer, late, summary } = self;
        let status = if summary.skipped.is_empty() { Status::Complete } else { Status::Skipped };
        let cancel = ctx.cancel.clone();
        let finished = blocking(move || {
            writer.append_json(RecordType::Late, &late)?;
            let (file, finished) = writer.finish(status)?;
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            // The name appears only after everything is on the disk.
            file.commit().map_err(archive::Error::from)?;
            Ok::<_, Error>(finished)
        });
        let finished = finished.await??;
        Ok(Summary {
            archive: match output {
                Output::File { path, .. } => path.display().to_string(),
                Output::Stdout => "-".to_owned(),
            },
            identity: finished.root.to_string(),
            bytes: finished.file_len,
            raw_bytes: finished.raw_bytes,
            duration_ms: started.elapsed().as_millis() as u64,
            ..summary
        })
    }
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

/// What a restore will look for on its target, the first few by name.
fn needed(missing: &[Missing]) -> String {
    let (shown, more) = missing.split_at(missing.len().min(NEEDED_SHOWN));
    let shown: Vec<&str> = shown.iter().map(|what| what.label.as_str()).collect();
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    format!(
        "what is selected needs what is not: {}{more}; a restore looks for it on its target",
        shown.join(", ")
    )
}

/// Options of user mappings that the server does not show to us, with a warning each: mappings are dumped without
/// them.
fn hidden_options(ctx: &Context, database: &Database) -> Vec<String> {
    let hidden = database.user_mappings.iter().filter(|mapping| mapping.is_hidden);
    let hidden = hidden.filter(|mapping| !database.is_member(*mapping));
    let names: Vec<String> =
        hidden.map(|mapping| format!("options of the user mapping {}", mapping.reference())).collect();
    names.iter().for_each(|name| ctx.warn(format!("left out: {name}, which only superusers may read")));
    names
}

/// Writes what stands before the rows.
async fn head(file: File, begin: Begin, catalog: Catalog) -> Result<(Begin, Catalog, Writer<File>), Error> {
    let written = blocking(move || {
        let mut writer = Writer::begin(file, ArchiveId::random()?)?;
        writer.append_json(RecordType::Begin, &begin)?;
        writer.append_json(RecordType::Catalog, &catalog)?;
        Ok::<_, archive::Error>((begin, catalog, writer))
    });
    Ok(written.await??)
}

/// Waits for all workers, or the first that fails.
async fn first_error(workers: &mut JoinSet<Result<Carried, Error>>) -> Result<Carried, Error> {
    let mut carried = Carried::default();
    while let Some(ended) = workers.join_next().await {
        let ended = ended.unwrap_or_else(|_| Err(Error::Worker("a copying session".to_owned())));
        carried = carried.and(ended?);
    }
    Ok(carried)
}

/// Copies what the workers could not lock, or everything if there are none, over the session that has the locks.
async fn copy_left(source: &mut Source, shared: &Arc<Shared>, records: &Records) -> Result<(), Error> {
    for part in shared.take_left() {
        copy_part::copy_left(part, source.leader_mut(), shared, records).await?;
    }
    Ok(())
}

/// Copies all parts, and meanwhile `statistics`: the leader from the start, workers when no rows are left. The first
/// failure ends it.
async fn copy(
    source: &mut Source,
    shared: &Arc<Shared>,
    writer: Writer<File>,
    statistics: Option<Arc<Reading>>,
) -> Result<(Writer<File>, Carried), Error> {
    let (thread, records) =
        WriterThread::start(writer, Arc::clone(&shared.ctx.meter), shared.buffers.clone());
    let mut workers = JoinSet::new();
    for (index, session) in source.take_workers().into_iter().enumerate() {
        let (shared, records, statistics) = (Arc::clone(shared), records.clone(), statistics.clone());
        workers.spawn(async move {
            let mut session = session;
            work(index, &mut session, &shared, &records).await?;
            match statistics {
                Some(statistics) => statistics.help(&session, &records).await,
                None => Ok(Carried::default()),
            }
        });
    }
    let first = tokio::select! {
        // What a statement was told is more than that the connection is gone.
        biased;
        first = async {
            let leading = async {
                match &statistics {
                    Some(statistics) => statistics.lead(source.leader(), &records).await,
                    None => Ok(Carried::default()),
                }
            };
            tokio::try_join!(leading, first_error(&mut workers)).map(|(own, helped)| own.and(helped))
        } => first,
        // The workers would not notice, but without its locks tables change under them.
        error = source.leader().lost() => Err(error.context("the session that holds snapshot and locks").into()),
    };
    let first = match first {
        Ok(carried) => {
            copy_left(source, shared, &records).await.and_then(|()| shared.complete()).map(|()| carried)
        }
        Err(error) => Err(error),
    };
    drop(records);
    // Dropped workers drop their senders, so the writer ends.
    workers.shutdown().await;
    match (thread.join().await, first) {
        // A worker that could not hand over its record only knows that the writer is gone; the writer knows why.
        (Err(error), _) | (Ok(_), Err(error)) => Err(error),
        (Ok(writer), Ok(carried)) => Ok((writer, carried)),
    }
}

async fn blocking<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(run).await.map_err(|_| Error::Worker("writing the archive".to_owned()))
}
