//! Restores: reads as a table of contents. The order matters where a comment says so.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::error::Error;
use super::guests::ending_guests;
use super::jobs::{data_and_post_data, entries_only};
use super::leader::Leader;
use super::load::Encoding;
use super::pool::run_jobs;
use super::pre_data::pre_data;
use super::prepare::{Prepared, set_up};
use super::run::Run;
use super::sequences::value_works;
use super::settings::settings;
use super::source::{Source, drain};
use super::stop::unless_stopped;
use super::stream::{Loaded, load_stream};
use super::units::units;
use super::works::{changed_acls, entry_works, grants, large_object_works, works};
use super::{Summary, ddl, dropping, globals, public, sound, statistics};
use crate::archive::ArchiveFile;
use crate::context::Context;
use crate::event::{Event, Meter};
use crate::nice::Watch;
use crate::preflight::{LockTable, Slots, fewer};
use crate::server::{Class, Running, Session};

impl Prepared {
    /// Does what the plan says.
    ///
    /// # Errors
    /// The refusal, if there is one; else the first failure, unless the restore keeps going. What had arrived
    /// before stays, but for a database that was made for it ([`Error::Unfinished`]).
    pub async fn run(mut self, ctx: &Context) -> Result<Summary, Error> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        let catalog = std::mem::take(&mut self.catalog);
        let encoding = match self.new {
            Some(_) => &catalog.database.encoding,
            None => &self.server.facts().encoding,
        };
        let encoding = Encoding::new(&self.begin.source.encoding, encoding);
        let jobs = self.options.jobs;
        let locks = LockTable::read(&self.leader, jobs).await?.share(jobs);
        let locks = locks.min(ddl::locks_of(self.options.transaction_size.unwrap_or(usize::MAX)));
        let (omit, keep_going) = (self.omit, self.options.keep_going);
        let own_role = self.server.conninfo().own_role();
        let run = Run::new(ctx.clone(), catalog, omit, keep_going, encoding, locks, own_role);
        let run = Arc::new(run);
        let running = Running::of(&self.leader);
        if self.plan().globals_only {
            return unless_stopped(&run.ctx, None, &running, globals_only(self, &run)).await;
        }
        // Nothing is given up before the archive is known to be whole.
        let loses = self.options.clean && !self.options.single_transaction;
        if let (Source::File { file, .. }, true) = (&self.source, loses) {
            ctx.event(Event::Phase { name: "check", items: file.toc().len() });
            sound::check(ctx, file).await?;
        }
        if let Some(limits) = self.options.nice {
            self.watch = Watch::connect(ctx, &self.server, limits, "restore watch").await?;
        }
        // Roles and tablespaces: the database needs them, even to be made.
        if let Some(globals) = &self.globals {
            unless_stopped(ctx, None, &running, globals::before(&run, &self.leader, globals)).await?;
        }
        if self.options.single_transaction || self.roles.names.is_empty() {
            return self.database(&run).await;
        }
        unless_stopped(ctx, None, &running, self.roles.make(&run, &self.leader)).await?;
        let roles = self.roles.names.clone();
        self.database(&run).await.map_err(|source| Error::RolesStay { roles, source: Box::new(source) })
    }

    /// Makes the database, if that is wanted, and fills it.
    async fn database(mut self, run: &Arc<Run>) -> Result<Summary, Error> {
        let ctx = &run.ctx;
        let Some(new) = self.new.clone() else { return self.fill(run).await };
        self.server = new.make(ctx, &self.leader).await?;
        let filled = match self.move_in().await {
            Ok(()) => self.fill(run).await,
            Err(error) => Err(error),
        };
        let mut summary = match filled {
            Ok(summary) => summary,
            Err(error) => return Err(new.unfinished(error).await),
        };
        summary.failed.extend(new.finish(ctx).await?);
        Ok(summary)
    }

    /// From the database that was only connected to into the new one.
    async fn move_in(&mut self) -> Result<(), Error> {
        self.leader = self.server.connect_another_as("restore leader").await?;
        set_up(&self.leader).await?;
        // Where it is the only session, it builds the indexes.
        Ok(self.maintenance.set_up(&self.leader).await?)
    }

    async fn fill(self, run: &Arc<Run>) -> Result<Summary, Error> {
        let running = Running::of(&self.leader);
        let stall_timeout = self.options.stall_timeout;
        let single = self.options.single_transaction;
        let filled = async {
            let (sessions, fewer) = self.sessions().await?;
            sessions.iter().for_each(|session| running.add(session));
            perform(self, run, sessions, fewer).await
        };
        let filled = unless_stopped(&run.ctx, stall_timeout, &running, filled).await;
        match single {
            true => filled.map_err(|error| Error::RolledBack(Box::new(error))),
            false => filled,
        }
    }

    /// The workers' sessions; the leader is apart. Fewer than asked for are slower, not wrong: a warning. Without any
    /// the leader works alone.
    async fn sessions(&self) -> Result<(Vec<Session>, Option<String>), Error> {
        if self.options.single_transaction {
            return Ok((Vec::new(), None));
        }
        let jobs = self.options.jobs.max(1);
        let room = Slots::read(&self.leader).await?.room();
        let mut why = room.limit;
        let mut sessions = Vec::new();
        for number in 1..=jobs.min(room.sessions) {
            match self.server.connect_another_as(&format!("restore worker {number}")).await {
                Ok(session) => {
                    set_up(&session).await?;
                    self.maintenance.set_up(&session).await?;
                    sessions.push(session);
                }
                Err(error) if error.class() == Class::Connect => {
                    why = error.to_string();
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let warning = (sessions.len() < jobs).then(|| fewer(sessions.len(), jobs, &why));
        Ok((sessions, warning))
    }
}

async fn perform(
    prepared: Prepared,
    run: &Arc<Run>,
    sessions: Vec<Session>,
    fewer: Option<String>,
) -> Result<Summary, Error> {
    let ctx = &run.ctx;
    let started = ctx.now();
    let plan = prepared.plan().clone();
    let Prepared {
        server,
        leader,
        source,
        begin,
        mut phases,
        options,
        omit,
        globals,
        new,
        watch,
        drops,
        rows,
        roles,
        renames,
        ..
    } = prepared;
    let mut leader = Leader::new(leader, sessions);
    let mut ours: Vec<i32> =
        leader.workers().iter().chain([&*leader]).map(|session| session.backend_pid).collect();
    Meter::add(&ctx.meter.expected_bytes, plan.raw_bytes);
    fewer.into_iter().for_each(|warning| run.warn(warning));
    plan.cannot.iter().for_each(|failure| run.record(&failure.label, failure.reason.clone()));

    if options.single_transaction {
        leader.begin_whole().await?;
        roles.make(run, &leader).await?;
    }
    if let Some(clean) = &plan.clean {
        ctx.event(Event::Phase { name: "drop", items: drops.len() });
        let drop_all = dropping::drop_all(run, &leader, drops, clean.at_once);
        match clean.terminate {
            true => {
                let other = server.connect_another().await?;
                ours.extend(watch.as_ref().map(Watch::backend_pid));
                ending_guests(&other, server.database(), &ours, drop_all).await?;
            }
            false => drop_all.await?,
        }
    }

    ctx.event(Event::Phase { name: "pre-data", items: phases.pre_data.len() });
    let facts = &run.catalog.database;
    works(run, &leader, vec![public::before(&leader, facts.public.as_ref(), omit).await?]).await?;
    let mut units = match &source {
        Source::File { file, late } => {
            run.expect(late);
            let mut units = units(file.toc());
            units.retain(|unit| !run.entry(unit.entry).left_out);
            units
        }
        Source::Stream(_) => Vec::new(),
    };
    // Small tables get their rows at once.
    let watching = watch.map(|watch| watch.start(ctx, ours));
    watching.iter().for_each(|watching| run.watched(watching.gate()));
    let in_place = pre_data(run, &mut leader, &source, &phases, &units).await?;
    phases.leave_out(&in_place);
    units.retain(|unit| !in_place.contains(&(unit.entry as usize - 1)));
    works(run, &leader, large_object_works(run)).await?;

    ctx.event(Event::Phase { name: "data", items: phases.data.len() });
    let (file, late, identity, records) = match source {
        Source::File { file, late } => {
            let identity = file.end().root.to_string();
            let records = statistics::Records::of_file(&file);
            (Some(file), *late, identity, records)
        }
        Source::Stream(items) => {
            let Loaded { late, identity, sessions, statistics } =
                load_stream(run, items, leader.take_workers(), &rows).await?;
            leader.give_back(sessions);
            (None, late, identity, statistics::Records::of_pipe(statistics))
        }
    };
    let values = late.sequences.iter().filter(|value| !in_place.contains(&(value.id as usize - 1)));
    works(run, &leader, value_works(run, values)).await?;
    // Rows of a file, and each table's indexes and keys as soon as its own rows are in.
    let jobs = data_and_post_data(&run.catalog, &phases, &rows, units);
    let workers = run_jobs(run, file.as_ref(), leader.take_workers(), jobs).await?;
    leader.give_back(workers);

    // ACLs only now: a REVOKE must not hinder the restore itself.
    if !omit.privileges {
        ctx.event(Event::Phase { name: "privileges", items: 0 });
        let version = server.facts().version;
        let acl = public::acl(&leader, facts.public.as_ref(), version, &run.own_role);
        works(run, &leader, vec![acl.await?]).await?;
        works(run, &leader, grants(run)).await?;
        changed_acls(run, &leader).await?;
        works(run, &leader, entry_works(run, &phases.acl)).await?;
    }
    // Refreshes read everything, as users with their privileges.
    let jobs = entries_only(&run.catalog, &phases.refreshes);
    let workers = run_jobs(run, None::<&Arc<ArchiveFile>>, leader.take_workers(), jobs).await?;
    leader.give_back(workers);
    // CREATE INDEX and REFRESH count anew what they read, so statistics come after them.
    let mut known = None;
    if options.statistics && late.statistics.is_some() && statistics::are_taken(&leader) {
        ctx.event(Event::Phase { name: "statistics", items: 0 });
        known = Some(statistics::restore(run, &leader, records, begin.source.server_version_num).await?);
    }
    if options.analyze {
        ctx.event(Event::Phase { name: "analyze", items: 0 });
        statistics::analyze(run, leader.workers(), &late, known.as_ref()).await;
    }
    if let Some(new) = &new {
        works(run, &leader, new.properties()).await?;
    }
    // Settings of the database last: they hold for later sessions, and some would bend a restore.
    settings(run, &leader).await?;
    if let Some(plan) = &globals {
        globals::after(run, &leader, plan).await;
    }
    flush(&leader).await?;
    // Event triggers would fire on every statement before this line, the refreshes and the flush too.
    works(run, &leader, entry_works(run, &phases.event_triggers)).await?;
    // Nothing names a schema by its old name after this.
    works(run, &leader, renames.works()).await?;

    if options.single_transaction {
        let failures = run.failures();
        if !failures.is_empty() {
            return Err(Error::NotAll(failures));
        }
        leader.commit_whole().await?;
    }

    let (objects, rows) = run.totals();
    Ok(Summary {
        archive: plan.archive,
        identity,
        target: plan.target,
        objects,
        tables: plan.tables,
        rows,
        raw_bytes: ctx.meter.raw_bytes.load(Ordering::Relaxed),
        large_objects: run.catalog.entries.iter().filter(|entry| entry.kind == "large_object").count() as u64,
        sequences: late.sequences.iter().filter(|value| !run.entry(value.id).left_out).count(),
        warnings: plan.warnings.into_iter().chain(run.warnings()).collect(),
        failed: run.failures(),
        duration_ms: started.elapsed().as_millis() as u64,
    })
}

/// The globals of an archive and nothing else; the target database is only where the session is.
async fn globals_only(prepared: Prepared, run: &Run) -> Result<Summary, Error> {
    let started = run.ctx.now();
    let plan = prepared.plan().clone();
    let Prepared { leader, source, globals, .. } = prepared;
    // A pipe is read to its end before the first write: only then it is known to be whole.
    let identity = match source {
        Source::File { file, .. } => file.end().root.to_string(),
        Source::Stream(items) => drain(items).await?,
    };
    let globals = globals.unwrap_or_default();
    globals::before(run, &leader, &globals).await?;
    globals::after(run, &leader, &globals).await;
    flush(&leader).await?;
    Ok(Summary {
        archive: plan.archive,
        identity,
        target: plan.target,
        objects: run.totals().0,
        warnings: plan.warnings,
        failed: run.failures(),
        duration_ms: started.elapsed().as_millis() as u64,
        ..Summary::default()
    })
}

/// Commits did not wait for the server's disk. This one does, and with it everything before it; so do those after it.
/// It has to write something: a large object that is gone at once, since every role may make one.
async fn flush(leader: &Session) -> Result<(), Error> {
    let sql = "SET synchronous_commit = on; SELECT pg_catalog.lo_unlink(pg_catalog.lo_create(0))";
    Ok(leader.batch(sql).await?)
}
