//! What others do at the moment: locks in the way, long transactions.

use std::time::Duration;

use serde::Deserialize;

use super::{Concerns, Finding, Level};
use crate::server::{Error, Session};

#[derive(Deserialize)]
struct Row {
    text: String,
}

const LOCKS: &str = "
select format('pid %s %s %s on %s for %s: %s', l.pid, case when l.granted then 'holds' else 'waits for' end, l.mode,
        quote_ident(n.nspname) || '.' || quote_ident(c.relname),
        coalesce(date_trunc('second', clock_timestamp() - a.xact_start)::text, '?'),
        left(coalesce(a.query, '?'), 120)) as text
from pg_locks l
join pg_class c on c.oid = l.relation
join pg_namespace n on n.oid = c.relnamespace
left join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.pid is distinct from pg_backend_pid()
  and l.database = (select d.oid from pg_database d where d.datname = current_database())
  and c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by a.xact_start, l.pid, c.oid";

/// Others' transactions hide when they began, unless they are of this role or it may see all.
fn long(seconds: f64) -> String {
    format!(
        "
select format('pid %s, role %s, application %L: %s for %s: %s', a.pid, quote_ident(a.usename), a.application_name,
        a.state, date_trunc('second', clock_timestamp() - a.xact_start), left(a.query, 120)) as text
from pg_stat_activity a
where a.datname = current_database() and a.pid <> pg_backend_pid() and a.backend_type = 'client backend'
  and a.xact_start < clock_timestamp() - make_interval(secs => {seconds})
union all
select format('prepared transaction %L of %s: since %s', p.gid, quote_ident(p.owner), date_trunc('second', p.prepared))
from pg_prepared_xacts p
where p.database = current_database() and p.prepared < clock_timestamp() - make_interval(secs => {seconds})"
    )
}

/// Locks that a dump would wait for, and transactions older than `long_transaction`.
pub async fn check(session: &Session, long_transaction: Duration) -> Result<Vec<Finding>, Error> {
    let texts = |rows: Vec<Row>| rows.into_iter().map(|row| row.text).collect::<Vec<_>>();
    let locks = texts(session.fetch(LOCKS).await?);
    let long = texts(session.fetch(&long(long_transaction.as_secs_f64())).await?);
    Ok(vec![
        match locks.is_empty() {
            true => Finding::ok("locks", "nobody holds or waits for an exclusive lock on a table"),
            false => Finding::new("locks", Level::Warning, Concerns::Dump, "a dump would wait for others")
                .items(locks)
                .remedy("run when they are done, or set --lock-wait-timeout; SELECT pg_cancel_backend(PID) ends one"),
        },
        match long.is_empty() {
            true => Finding::ok("transactions", "none is old"),
            false => Finding::new(
                "transactions",
                Level::Warning,
                Concerns::Both,
                "old transactions keep dead rows alive, and may come to hold locks",
            )
            .items(long)
            .remedy("SELECT pg_terminate_backend(PID), or ROLLBACK PREPARED, when they are forgotten"),
        },
    ])
}
