//! Table locks, and the snapshot. Locks come first: between a snapshot and its locks a table could be rewritten,
//! and would then be empty in the snapshot (documentation: "Caveats" of MVCC), or altered, and then not be what the
//! server's deparse functions say of it, which see the latest catalog.

use std::collections::HashSet;
use std::time::Duration;

use serde::Deserialize;

use super::choice::{Choice, Chooser};
use super::error::Error;
use super::{Options, Snapshot};
use crate::server::settings::{Scope, no_timeouts};
use crate::server::{Class, Session};
use crate::sql::qualified;

/// So often the tables may be other ones when they are locked than when they were listed.
const ATTEMPTS_MAX: usize = 5;

/// A table that is dumped.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct Lockable {
    oid: u32,
    schema: String,
    name: String,
}

/// What came of an attempt.
enum Attempt {
    /// The exported snapshot, and what takes part in it.
    Snapshot(String, Box<Choice>),
    /// Tables were dropped, renamed or rewritten meanwhile.
    Changed,
}

#[derive(Deserialize)]
struct Holder {
    pid: i32,
    relation: String,
    mode: String,
    #[serde(default)]
    query: Option<String>,
    #[serde(default)]
    since: Option<String>,
}

/// Ordinary and partitioned tables of user schemas. Extension members are left out, but for those whose rows are
/// dumped.
const TABLES: &str = "
select c.oid as oid, n.nspname as schema, c.relname as name
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (
      select 1 from pg_depend d where d.classid = 1259 and d.objid = c.oid and d.deptype = 'e'
        and not exists (select 1 from pg_extension e where e.oid = d.refobjid and c.oid = any (e.extconfig))
  )
order by c.oid";

/// The statement by which a worker locks a table that the leader has locked.
pub fn lock_nowait(schema: &str, name: &str) -> String {
    format!("LOCK TABLE ONLY {} IN ACCESS SHARE MODE NOWAIT", qualified(Some(schema), name))
}

/// Begins the transaction that reads, with every table locked that takes part, and exports its snapshot.
///
/// # Errors
/// [`Error::Lock`] with the holders when the time passes; a table that may not be read; tables that keep changing, or
/// have changed since the snapshot of another session.
pub async fn lock_and_export(
    session: &Session,
    chooser: &Chooser<'_>,
    options: &Options,
) -> Result<(String, Choice), Error> {
    let timeout = options.lock_wait_timeout;
    if let Snapshot::Exported(id) = &options.snapshot {
        return match within(session, chooser, timeout, id).await? {
            Attempt::Snapshot(snapshot, choice) => Ok((snapshot, *choice)),
            Attempt::Changed => Err(Error::Outdated(id.clone())),
        };
    }
    let deferrable = options.snapshot == Snapshot::Deferrable;
    for _ in 0..ATTEMPTS_MAX {
        if let Attempt::Snapshot(snapshot, choice) = attempt(session, chooser, timeout, deferrable).await? {
            return Ok((snapshot, *choice));
        }
        session.batch("ROLLBACK").await?;
    }
    Err(Error::Restless(ATTEMPTS_MAX))
}

/// Locks the tables of a snapshot that was there before; [`Attempt::Changed`] when they are not the same any more.
async fn within(
    session: &Session,
    chooser: &Chooser<'_>,
    timeout: Option<Duration>,
    id: &str,
) -> Result<Attempt, Error> {
    session.begin_snapshot(false).await?;
    session.import_snapshot(id).await.map_err(|source| Error::Snapshot { id: id.to_owned(), source })?;
    session.set_up_reading(Scope::Transaction).await?;
    limit(session, timeout).await?;
    let (tables, choice) = tables(session, chooser).await?;
    if !lock(session, &tables).await? || changed(session, &tables).await? {
        return Ok(Attempt::Changed);
    }
    Ok(Attempt::Snapshot(id.to_owned(), Box::new(choice)))
}

async fn attempt(
    session: &Session,
    chooser: &Chooser<'_>,
    timeout: Option<Duration>,
    deferrable: bool,
) -> Result<Attempt, Error> {
    // The path could lead to somebody's operators.
    session.batch("BEGIN; SET LOCAL search_path = ''").await?;
    let (listed, _) = tables(session, chooser).await?;
    session.batch("COMMIT").await?;
    session.begin_snapshot(deferrable).await?;
    // Locks may be long in coming, whatever this role's timeouts are.
    session.batch(&no_timeouts(session.version, Scope::Transaction).join(";")).await?;
    limit(session, timeout).await?;
    // Neither SET nor LOCK takes the snapshot yet.
    if !lock(session, &listed).await? {
        return Ok(Attempt::Changed);
    }
    session.set_up_reading(Scope::Transaction).await?;
    limit(session, timeout).await?;
    let snapshot = session.export_snapshot().await?;
    // Tables that were made or renamed in between are in the snapshot, and not locked.
    let listed: HashSet<Lockable> = listed.into_iter().collect();
    let (mut new, choice) = tables(session, chooser).await?;
    new.retain(|table| !listed.contains(table));
    if !lock(session, &new).await? || changed(session, &new).await? {
        return Ok(Attempt::Changed);
    }
    Ok(Attempt::Snapshot(snapshot, Box::new(choice)))
}

/// The tables that take part.
async fn tables(session: &Session, chooser: &Chooser<'_>) -> Result<(Vec<Lockable>, Choice), Error> {
    let choice = chooser.choose(session).await?;
    let mut tables: Vec<Lockable> = session.fetch(TABLES).await?;
    tables.retain(|table| choice.touches(table.oid));
    Ok((tables, choice))
}

/// How long the next locks may take.
async fn limit(session: &Session, timeout: Option<Duration>) -> Result<(), Error> {
    let Some(timeout) = timeout else { return Ok(()) };
    Ok(session.batch(&format!("SET LOCAL lock_timeout = {}", timeout.as_millis().max(1))).await?)
}

/// Locks tables, all in one message, however many there are; `false` if one of them is gone.
async fn lock(session: &Session, tables: &[Lockable]) -> Result<bool, Error> {
    if tables.is_empty() {
        return Ok(true);
    }
    let names = tables.iter().map(|table| format!("ONLY {}", qualified(Some(&table.schema), &table.name)));
    let statement = format!("LOCK TABLE {} IN ACCESS SHARE MODE", names.collect::<Vec<_>>().join(", "));
    let Err(error) = session.batch(&statement).await else { return Ok(true) };
    match (error.class(), error.sqlstate()) {
        (Class::Lock, _) => Err(not_locked(session, tables, error).await),
        // No such table, schema; no table any more.
        (_, Some("42P01" | "3F000" | "42809")) => Ok(false),
        _ => Err(Error::Server(error.context("locking tables"))),
    }
}

/// Whether one of the locked tables is another one, or has other rows, than in the snapshot. Functions that take an
/// OID or a name see the latest catalog.
async fn changed(session: &Session, tables: &[Lockable]) -> Result<bool, Error> {
    if tables.is_empty() {
        return Ok(false);
    }
    let sql = format!(
        "select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.oid = any ('{{{}}}'::oid[])
          and (to_regclass(quote_ident(n.nspname) || '.' || quote_ident(c.relname))::oid is distinct from c.oid
            or pg_relation_filenode(c.oid) is distinct from nullif(c.relfilenode, 0))",
        oids(tables)
    );
    Ok(!session.query(&sql).await?.is_empty())
}

fn oids(tables: &[Lockable]) -> String {
    tables.iter().map(|table| table.oid.to_string()).collect::<Vec<_>>().join(",")
}

/// Says who is in the way.
async fn not_locked(session: &Session, tables: &[Lockable], source: crate::server::Error) -> Error {
    let holders = holders(session, tables).await.unwrap_or_default();
    let table = match (holders.first(), tables) {
        (Some(holder), _) => holder.relation.clone(),
        (None, [only]) => qualified(Some(&only.schema), &only.name),
        (None, several) => format!("one of {} tables", several.len()),
    };
    let holders = holders
        .into_iter()
        .map(|holder| {
            format!(
                "pid {} holds {} on {} for {}: {}",
                holder.pid,
                holder.mode,
                holder.relation,
                holder.since.unwrap_or_else(|| "?".to_owned()),
                holder.query.unwrap_or_default().chars().take(200).collect::<String>()
            )
        })
        .collect();
    Error::Lock { table, holders, source }
}

async fn holders(session: &Session, tables: &[Lockable]) -> Result<Vec<Holder>, crate::server::Error> {
    let sql = format!(
        "select l.pid as pid, l.relation::regclass::text as relation, l.mode as mode,
            a.query as query, (clock_timestamp() - a.xact_start)::text as since
        from pg_locks l left join pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.granted
          and l.relation = any ('{{{}}}'::oid[])
          and l.database = (select oid from pg_database where datname = current_database())",
        oids(tables)
    );
    // The transaction has failed with the lock.
    session.batch("ROLLBACK; BEGIN; SET LOCAL search_path = ''").await?;
    session.fetch(&sql).await
}
