//! An archive beside the database that it is to be restored into.

use std::path::Path;

use super::{Concerns, Error, Finding, Level};
use crate::context::Context;
use crate::mapping::Mapping;
use crate::restore::{Globals, Input, Options, prepare};
use crate::selection::Selection;
use crate::server::Conninfo;

/// Behind a pooler that shares sessions there is no target to compare with.
pub fn not_compared() -> Finding {
    let what = "the archive is not compared with the target, since a restore cannot go through this pooler";
    Finding::new("archive", Level::Blocks, Concerns::Restore, what).remedy("name the server itself")
}

/// What the restore's plan says: what the target lacks, what it has already, what will be different.
pub async fn check(
    ctx: &Context,
    conninfo: &Conninfo,
    path: &Path,
    jobs: usize,
) -> Result<Vec<Finding>, Error> {
    let options = Options {
        mapping: Mapping::default(),
        create_missing_roles: false,
        clean: false,
        terminate: false,
        single_transaction: false,
        transaction_size: None,
        jobs,
        keep_going: false,
        selection: Selection::default(),
        list: None,
        analyze: false,
        create: None,
        disable_triggers: false,
        globals: Globals::Skip,
        statistics: true,
        maintenance_work_mem: None,
        stall_timeout: None,
        nice: None,
    };
    let prepared = prepare(ctx, &Input::File(path.to_owned()), conninfo, &options).await?;
    let plan = prepared.plan();
    let finding = |level, what: &str| Finding::new("archive", level, Concerns::Restore, what);
    let mut findings = Vec::new();
    if !plan.lacks.is_empty() {
        findings.push(
            finding(Level::Blocks, "the target lacks what the archive needs")
                .items(plan.lacks.clone())
                .remedy("make, install or grant them; -O -x leave out owners and grants"),
        );
    }
    if !plan.present.is_empty() {
        findings.push(
            finding(Level::Blocks, "the database is not empty")
                .items(plan.present.clone())
                .remedy("restore into a fresh one: createdb -T template0, or restore -C"),
        );
    }
    if !plan.cannot.is_empty() {
        let cannot = plan.cannot.iter().map(|failure| format!("{}: {}", failure.label, failure.reason));
        findings.push(
            finding(Level::Warning, "some of it cannot be restored by this role (exit 3)")
                .items(cannot.collect())
                .remedy("restore as a superuser"),
        );
    }
    if !plan.warnings.is_empty() {
        findings.push(
            finding(Level::Warning, "something will differ")
                .items(plan.warnings.clone())
                .remedy("see that it may; pgark restore --dry-run shows the whole plan"),
        );
    }
    if findings.is_empty() {
        let what = format!("{} objects and {} tables can be restored here", plan.pre_data, plan.tables);
        findings.push(finding(Level::Ok, &what));
    }
    Ok(findings)
}
