//! Table locks: taken before the details of tables are read, so that what the server's deparse functions say
//! (they see the latest catalog, not the snapshot) is still about the same tables (ordering.md §1).

use std::time::Duration;

use serde::Deserialize;

use super::error::Error;
use crate::server::{Class, Session};
use crate::sql::qualified;

/// Text of one LOCK statement, bytes.
const STATEMENT_BYTES_MAX: usize = 100_000;

/// A table that is dumped.
#[derive(Clone, Debug, Deserialize)]
pub struct Lockable {
    oid: u32,
    schema: String,
    name: String,
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

/// Ordinary and partitioned tables of user schemas, extension members left out.
const TABLES: &str = "
select c.oid as oid, n.nspname as schema, c.relname as name
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (
      select 1 from pg_depend d where d.classid = 1259 and d.objid = c.oid and d.deptype = 'e'
  )
order by c.oid";

/// The statement by which a worker locks a table that the leader has locked.
pub fn lock_nowait(schema: &str, name: &str) -> String {
    format!("LOCK TABLE ONLY {} IN ACCESS SHARE MODE NOWAIT", qualified(Some(schema), name))
}

/// Locks every table, many per statement.
///
/// # Errors
/// [`Error::Lock`] with the holders when `timeout` passes; a table that may not be read; one that is gone.
pub async fn lock_tables(
    session: &Session,
    other: Option<&Session>,
    timeout: Option<Duration>,
) -> Result<(), Error> {
    let tables: Vec<Lockable> = session.fetch(TABLES).await?;
    if let Some(timeout) = timeout {
        session.batch(&format!("SET LOCAL lock_timeout = {}", timeout.as_millis().max(1))).await?;
    }
    let mut rest = tables.as_slice();
    while !rest.is_empty() {
        let (statement, count) = statement(rest);
        let (batch, after) = rest.split_at(count);
        rest = after;
        if let Err(error) = session.batch(&statement).await {
            return Err(match error.class() {
                Class::Lock => not_locked(batch, other, error).await,
                _ => Error::Server(error.context("locking tables")),
            });
        }
    }
    if timeout.is_some() {
        session.batch("SET LOCAL lock_timeout = 0").await?;
    }
    Ok(())
}

fn statement(tables: &[Lockable]) -> (String, usize) {
    let mut sql = String::from("LOCK TABLE ");
    let mut count = 0;
    for table in tables {
        if count > 0 {
            if sql.len() > STATEMENT_BYTES_MAX {
                break;
            }
            sql.push_str(", ");
        }
        sql.push_str("ONLY ");
        sql.push_str(&qualified(Some(&table.schema), &table.name));
        count += 1;
    }
    sql.push_str(" IN ACCESS SHARE MODE");
    (sql, count)
}

/// Says who is in the way. The session that waited is in a failed transaction, so another one asks.
async fn not_locked(batch: &[Lockable], other: Option<&Session>, source: crate::server::Error) -> Error {
    let holders = match other {
        Some(session) => holders(session, batch).await.unwrap_or_default(),
        None => Vec::new(),
    };
    let table = match (holders.first(), batch) {
        (Some(holder), _) => holder.relation.clone(),
        (None, [only]) => qualified(Some(&only.schema), &only.name),
        (None, several) => format!("one of {} tables", several.len()),
    };
    let holders = holders
        .into_iter()
        .map(|holder| {
            format!(
                "pid {} holds {} on {} since {}: {}",
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
    let oids: Vec<String> = tables.iter().map(|table| table.oid.to_string()).collect();
    let sql = format!(
        "select l.pid as pid, l.relation::regclass::text as relation, l.mode as mode,
            a.query as query, (clock_timestamp() - a.xact_start)::text as since
        from pg_locks l left join pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.granted
          and l.relation = any ('{{{}}}'::oid[])
          and l.database = (select oid from pg_database where datname = current_database())",
        oids.join(",")
    );
    session.fetch(&sql).await
}
