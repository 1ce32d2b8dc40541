//! Replicas of the server: they get whatever a restore writes, and commits may wait for them.

use serde::Deserialize;

use super::{Concerns, Finding, Level};
use crate::catalog::gated;
use crate::server::{Error, Facts, Session};

#[derive(Deserialize)]
struct Row {
    kind: String,
    text: String,
}

/// Who may not read statistics sees that there are replicas, but not how far they are.
const REPLICATION: &str = "
select 'replica' as kind,
    format('%s: %s, replay %s behind', coalesce(nullif(r.application_name, ''), r.pid::text), coalesce(r.state, 'hidden'),
        coalesce(pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)), '?')) as text
from pg_stat_replication r
union all
select 'slot', format('replication slot %s: nobody reads it, and %s of WAL are kept for it', quote_ident(s.slot_name),
    coalesce(pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)), 'no'))
from pg_replication_slots s
where not s.active and not s.temporary
  and s.wal_status is distinct from 'lost' --@ 13..
union all
select 'synchronous', current_setting('synchronous_standby_names')
where current_setting('synchronous_standby_names') <> ''
order by 1, 2";

/// Of a primary; what concerns a standby is said elsewhere.
pub async fn check(session: &Session, facts: &Facts) -> Result<Vec<Finding>, Error> {
    if facts.in_recovery {
        return Ok(Vec::new());
    }
    let sql = gated(REPLICATION, session.version, false).expect("invariant: the query is for all servers");
    let rows: Vec<Row> = session.fetch(&sql).await?;
    let of = |kind: &str| -> Vec<String> {
        rows.iter().filter(|row| row.kind == kind).map(|row| row.text.clone()).collect()
    };
    let (replicas, slots, synchronous) = (of("replica"), of("slot"), of("synchronous"));
    let mut findings = vec![match replicas.is_empty() {
        true => Finding::ok("replication", "the server has no replicas"),
        false => {
            Finding::ok("replication", format!("{} replica(s) get whatever is restored here", replicas.len()))
                .items(replicas)
                .remedy("--nice pauses when they fall behind")
        }
    }];
    if let [names] = &synchronous[..] {
        findings.push(
            Finding::new(
                "synchronous",
                Level::Warning,
                Concerns::Restore,
                format!("commits wait for other servers (synchronous_standby_names = {names})"),
            )
            .remedy("a restore waits once, at its end; it hangs there if none of them answers"),
        );
    }
    if !slots.is_empty() {
        findings.push(
            Finding::new(
                "slots",
                Level::Warning,
                Concerns::Restore,
                "what a restore writes is kept on the server's disk until somebody has read it",
            )
            .items(slots)
            .remedy(
                "SELECT pg_drop_replication_slot(…) when it is forgotten, or let its reader run; max_slot_wal_keep_size limits \
                 what is kept (from PostgreSQL 13 on)",
            ),
        );
    }
    Ok(findings)
}
