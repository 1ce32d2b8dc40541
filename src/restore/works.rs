//! What the leader does by itself: entries in the order of the archive, and privileges.

use super::ddl::{Work, acl_sql, run_all};
use super::error::Error;
use super::run::Run;
use crate::event::Meter;
use crate::manifest::Entry;
use crate::server::Session;

/// Kind of the entries that only have privileges.
const CHANGED_ACL: &str = "changed_acl";

/// Runs works on the leader. Those that need something that failed are skipped.
pub async fn works(run: &Run, leader: &Session, works: Vec<Work>) -> Result<(), Error> {
    Meter::add(&run.ctx.meter.items, works.len() as u64);
    let result = run_all(
        leader,
        &works,
        run.locks,
        |work| work.id == 0 || run.may_start(run.entry(work.id)),
        |work| {
            run.done(usize::from(work.id > 0));
            Meter::add(&run.ctx.meter.items_done, 1);
        },
        |work, error| run.failed(work.id, &work.label, error),
    )
    .await;
    run.server_warnings(leader);
    result
}

/// The statements of entries, by position.
pub fn entry_works(run: &Run, positions: &[usize]) -> Vec<Work> {
    positions.iter().map(|&at| run.work(&run.catalog.entries[at])).collect()
}

/// Large objects are made before their pages are written.
pub fn large_object_works(run: &Run) -> Vec<Work> {
    let entries = run.catalog.entries.iter().filter(|entry| entry.kind == "large_object");
    entries.map(|entry| run.work(entry)).collect()
}

/// Grants and revocations on what the archive made.
pub fn grants(run: &Run) -> Vec<Work> {
    acl_works(run, |entry| entry.kind != CHANGED_ACL)
}

fn acl_works(run: &Run, of: impl Fn(&Entry) -> bool) -> Vec<Work> {
    let entries = run.catalog.entries.iter().filter(|entry| !entry.acl.is_empty() && of(entry));
    let alive = entries.filter(|entry| !run.has_failed(entry.id));
    alive
        .map(|entry| Work {
            id: 0,
            label: format!("privileges of {}", entry.label),
            sql: acl_sql(&entry.acl, &run.own_role),
        })
        .collect()
}

/// Privileges on what the target has of its own: members of extensions, pg_catalog. Where another version of it lacks a
/// function, nobody misses privileges on that.
pub async fn changed_acls(run: &Run, leader: &Session) -> Result<(), Error> {
    let works = acl_works(run, |entry| entry.kind == CHANGED_ACL);
    let failed = |work: &Work, error: Error| {
        if error.lacks_object() {
            run.warn(format!("{error}: {}", error.reason()));
            return Ok(());
        }
        run.failed(work.id, &work.label, error)
    };
    let result =
        run_all(leader, &works, run.locks, |_| true, |_| Meter::add(&run.ctx.meter.items_done, 1), failed)
            .await;
    run.server_warnings(leader);
    result
}
