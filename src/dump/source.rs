//! The sessions of a dump: one that holds the snapshot, and workers that share it.

use futures_util::future::join_all;
use serde::Deserialize;

use super::choice::{Choice, Chooser};
use super::error::Error;
use super::locks::lock_and_export;
use super::{Options, data};
use crate::context::Context;
use crate::event::Event;
use crate::manifest;
use crate::nice::{Gate, Watch, Watching};
use crate::preflight::{Fit, LockTable, Slots, fewer, unreadable};
use crate::server::settings::Scope;
use crate::server::{Class, Conninfo, Running, Server, Session};
use crate::version::{MAJOR_MAX, MAJOR_MIN};

/// The sessions, all in one snapshot. The first one exported it and holds the table locks.
pub struct Source {
    server: Server,
    sessions: Vec<Session>,
    snapshot: String,
    choice: Choice,
    facts: Facts,
    watch: Option<Watch>,
    watching: Option<Watching>,
}

/// What the archive records beyond what every connection asks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Facts {
    database: String,
    user: String,
    lsn: Option<String>,
    timeline: Option<i32>,
    reads_large_objects: bool,
}

const FACTS: &str = "
select current_database()::text as database, current_user::text as user,
    case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end::text as lsn,
    case when has_function_privilege('pg_control_checkpoint()', 'execute')
        then (select timeline_id from pg_control_checkpoint()) end as timeline,
    has_table_privilege('pg_largeobject', 'select') as reads_large_objects";

/// Rows that policies hide are left out, where otherwise they would be an error.
const ROW_SECURITY: &str = "SET LOCAL row_security = on";

/// What would stop the dump, or somebody else on that server, is said before anything is locked or read.
async fn look_ahead(
    ctx: &Context,
    leader: &Session,
    chooser: &Chooser<'_>,
    jobs: usize,
) -> Result<(), Error> {
    // The path could lead to somebody's operators.
    leader.batch("BEGIN READ ONLY; SET LOCAL search_path = ''").await?;
    let choice = chooser.choose(leader).await?;
    let mut unreadable = unreadable(leader).await?;
    unreadable.retain(|what| match what.kind.as_str() {
        "large object" => choice.has_large_objects(),
        _ => choice.touches(what.oid),
    });
    let room = Slots::read(leader).await?.room();
    let mut locks = LockTable::read(leader, jobs.min(room.sessions)).await?;
    locks.tables = locks.tables.min(choice.relations());
    leader.batch("COMMIT").await?;
    if !unreadable.is_empty() {
        return Err(Error::Unreadable(unreadable));
    }
    match locks.fit() {
        Fit::Fits => {}
        Fit::Tight => ctx.warn(format!("room for locks is short: {}: {}", locks.words(), locks.remedy())),
        Fit::TooLarge => return Err(Error::LockTable(locks)),
    }
    Ok(())
}

impl Source {
    /// Connects the leader, which locks all tables, and the workers, all in the leader's snapshot. Each session's
    /// handle goes to `running` as soon as there is something to cancel.
    ///
    /// # Errors
    /// When the leader cannot connect, or the server is not one that pgark reads; see [`lock_and_export`].
    pub async fn connect(
        ctx: &Context,
        conninfo: &Conninfo,
        options: &Options,
        running: &Running,
    ) -> Result<Self, Error> {
        let (server, leader) = Server::connect_as(conninfo, Some("dump leader")).await?;
        running.add(&leader);
        let facts = server.facts();
        ctx.event(Event::Connected { target: server.target(), version: facts.version_text.clone() });
        if facts.version.major() < MAJOR_MIN {
            return Err(Error::TooOld(facts.version_text.clone()));
        }
        if facts.version.major() > MAJOR_MAX {
            ctx.warn(format!(
                "PostgreSQL {} is newer than any this pgark knows: the dump fails if it holds what is unknown",
                facts.version_text
            ));
        }
        ctx.event(Event::Phase { name: "catalog", items: 0 });
        let chooser = Chooser::new(&leader, &options.selection).await?;
        look_ahead(ctx, &leader, &chooser, options.jobs).await?;
        let (snapshot, choice) = lock_and_export(&leader, &chooser, options).await?;
        if options.row_security {
            leader.batch(ROW_SECURITY).await?;
        }
        let facts = leader.fetch::<Facts>(FACTS).await?.pop().unwrap_or_default();
        // Before the workers: who wants to be nice may have to do with fewer of them.
        let watch = match options.nice {
            Some(limits) => Watch::connect(ctx, &server, limits, "dump watch").await?,
            None => None,
        };
        let mut source =
            Self { server, sessions: vec![leader], snapshot, choice, facts, watch, watching: None };
        // Fewer workers are slower, not wrong. Without any the leader copies.
        let jobs = options.jobs.max(1);
        let room = Slots::read(source.leader()).await?.room();
        let mut why = room.limit;
        let workers = (1..=jobs.min(room.sessions)).map(|number| source.worker(number, options));
        for worker in join_all(workers).await {
            match worker {
                Ok(session) => {
                    running.add(&session);
                    source.sessions.push(session);
                }
                Err(error) if error.class() == Class::Connect => why = error.to_string(),
                Err(error) => return Err(error.into()),
            }
        }
        let workers = source.sessions.len() - 1;
        if workers < jobs {
            ctx.warn(fewer(workers, jobs, &why));
        }
        Ok(source)
    }

    async fn worker(&self, number: usize, options: &Options) -> Result<Session, crate::server::Error> {
        let session = self.server.connect_another_as(&format!("dump worker {number}")).await?;
        // Also of one that is deferrable: it is safe already.
        session.begin_snapshot(false).await?;
        session.import_snapshot(&self.snapshot).await?;
        // Settings are local to the transaction, so nothing is left on a shared session.
        session.set_up_reading(Scope::Transaction).await?;
        // The leader has every lock that is needed. To wait for long means to wait for somebody who waits for the
        // leader, as VACUUM FULL of a catalog does.
        session.batch("SET LOCAL lock_timeout = '60s'").await?;
        if options.row_security {
            session.batch(ROW_SECURITY).await?;
        }
        Ok(session)
    }

    /// The session that holds snapshot and locks.
    pub fn leader(&self) -> &Session {
        &self.sessions[0]
    }

    /// The same, to copy with.
    pub fn leader_mut(&mut self) -> &mut Session {
        &mut self.sessions[0]
    }

    /// What takes part.
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// What the workers pass before each piece of work. From now on somebody looks how the server does, if that is wanted.
    pub fn watch(&mut self, ctx: &Context) -> Gate {
        let ours = self.sessions.iter().map(|session| session.backend_pid).collect();
        self.watching = self.watch.take().map(|watch| watch.start(ctx, ours));
        self.watching.as_ref().map(Watching::gate).unwrap_or_default()
    }

    /// All sessions.
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// Takes the workers; the leader stays.
    pub fn take_workers(&mut self) -> Vec<Session> {
        self.sessions.split_off(1)
    }

    /// What decides how rows are read.
    pub fn data_facts(&self) -> data::Server {
        let facts = self.server.facts();
        data::Server {
            version: facts.version,
            encoding: facts.encoding.clone(),
            standby: facts.in_recovery,
            reads_large_objects: self.facts.reads_large_objects,
        }
    }

    /// What BEGIN says of the source.
    pub fn manifest(&self, conninfo: &Conninfo) -> manifest::Source {
        let facts = self.server.facts();
        manifest::Source {
            host: self.server.host(),
            port: self.server.port(),
            database: self.facts.database.clone(),
            user: self.facts.user.clone(),
            server_version: facts.version_text.clone(),
            server_version_num: facts.version.num(),
            encoding: facts.encoding.clone(),
            snapshot: self.snapshot.clone(),
            lsn: self.facts.lsn.clone().unwrap_or_default(),
            timeline: self.facts.timeline.unwrap_or_default().unsigned_abs(),
            standby: facts.in_recovery,
            system_identifier: facts.system_identifier.clone(),
            search_path: conninfo.search_path.clone(),
        }
    }

    /// Finds tables whose policies hide rows from this role: better said now than in the middle of the data.
    ///
    /// # Errors
    /// The server's.
    pub async fn row_security(&self) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct Row {
            oid: u32,
            name: String,
        }
        let mut rows: Vec<Row> = self
            .leader()
            .fetch(
                "select c.oid as oid, c.oid::regclass::text as name from pg_class c
                join pg_namespace n on n.oid = c.relnamespace
                where c.relrowsecurity and c.relkind = 'r' and row_security_active(c.oid)
                  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
                order by 1",
            )
            .await?;
        rows.retain(|row| self.choice.reads(row.oid));
        Ok(rows.into_iter().map(|row| row.name).collect())
    }
}
