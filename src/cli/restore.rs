//! `pgark restore`: shows the plan, asks, restores.

use std::time::Duration;

use pgark::restore::{
    Create, Error, Failure, Globals, Input, Making, Options, Plan, Remains, Summary, prepare,
};
use pgark::selection::{Place, Selection};

use super::arguments::Restore;
use super::confirm::confirm;
use super::progress::{Form, Progress};
use super::report::{Report, Scene};
use super::signals::{Signals, with_grace};
use super::stdio::visible;
use super::summary::Ending;
use super::{Outcome, connect, exit, figure, select, stdio};

/// Of the globals that are made, so many are named in the plan; `--json` has all of them.
const CREATED_SHOWN: usize = 40;

/// Of the transactions that several tables share, so many are named.
const TOGETHER_SHOWN: usize = 10;

/// Restores.
pub async fn run(arguments: Restore, signals: &Signals) -> Outcome {
    let input = match arguments.archive.as_os_str() == "-" {
        true => Input::Stdin,
        false => Input::File(arguments.archive.clone()),
    };
    let target = target(&arguments)?;
    let progress = Progress::new("restore", &arguments.talk);
    let ctx = progress.context();
    signals.watch(ctx.cancel.clone());
    let (conninfo, password_from) = connect::conninfo(&ctx, &arguments.connection, target.as_deref()).await?;
    let scene = Scene {
        command: "restore",
        conninfo: Some(&conninfo),
        password_from,
        archive: Some(&arguments.archive),
        creates: arguments.create,
        rows_alone: arguments.select.data_only,
    };
    let report = |error: Error| Report::restore(&error, &scene, &ctx.meter);

    let options = Options {
        jobs: if arguments.clean.single_transaction { 1 } else { arguments.jobs },
        keep_going: arguments.keep_going,
        selection: selection(&arguments)?,
        list: arguments.picks.use_list.as_deref().map(select::list).transpose()?,
        analyze: !arguments.no_analyze,
        create: arguments.create.then_some(Create { target_locale: arguments.target_locale }),
        mapping: arguments.map.mapping().map_err(|error| Report::new(exit::USAGE, error))?,
        create_missing_roles: arguments.map.create_missing_roles,
        clean: arguments.clean.clean,
        terminate: arguments.clean.terminate_connections,
        single_transaction: arguments.clean.single_transaction,
        transaction_size: arguments.clean.transaction_size,
        disable_triggers: arguments.disable_triggers,
        globals: match (arguments.globals, arguments.globals_only) {
            (_, true) => Globals::Only,
            (true, false) => Globals::Also,
            (false, false) => Globals::Skip,
        },
        statistics: !arguments.no_statistics,
        maintenance_work_mem: arguments.maintenance_work_mem.clone(),
        stall_timeout: arguments.stall_timeout,
        nice: arguments.nice,
    };
    let prepared = tokio::select! {
        prepared = prepare(&ctx, &input, &conninfo, &options) => prepared.map_err(report)?,
        () = ctx.cancel.cancelled() => return Err(Report::interrupted()),
    };
    if !arguments.talk.quiet || arguments.dry_run {
        stdio::say(&plan_text(prepared.plan()));
    }
    if let Some(refusal) = prepared.refusal() {
        return Err(report(refusal));
    }
    if arguments.dry_run {
        return Ok(exit::DONE);
    }
    confirm(&ctx, &input, prepared.plan(), arguments.clean.yes(), report).await?;
    let painter = progress.paint(&ctx);
    let create = prepared.plan().create.clone();
    let result = with_grace(&ctx.cancel, prepared.run(&ctx)).await;
    painter.finish();
    // It had no time to remove what it had made.
    let overdue = || match create {
        Some(Making { building, .. }) => Error::Unfinished {
            database: building,
            remains: Remains::Part,
            source: Box::new(Error::Cancelled),
        },
        None => Error::Cancelled,
    };
    let result = result.unwrap_or_else(|| Err(overdue()));
    let summary = result.map_err(report)?;
    ending(&arguments, progress.form(), &summary).say(&summary)
}

fn selection(arguments: &Restore) -> Result<Selection, Report> {
    let selection = select::selection(&arguments.select, arguments.leave_out, Place::Restore)?;
    select::picked(selection, &arguments.picks, &arguments.extension)
}

/// The target must be named: a restore into whatever the defaults lead to is an accident.
fn target(arguments: &Restore) -> Result<Option<String>, Report> {
    #[expect(clippy::disallowed_methods, reason = "the command line is an edge: it reads the environment")]
    let given = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let named = ["PGDATABASE", "PGSERVICE"].into_iter().any(given);
    if arguments.dbname.is_none() && !named {
        let archive = visible(&arguments.archive.to_string_lossy());
        return Err(Report::new(exit::USAGE, "no target is named: -d is missing").hint(
            match arguments.create {
                true => format!("name a database to connect to: pgark restore {archive} -C -d postgres"),
                false => format!("name the database: pgark restore {archive} -d NAME"),
            },
        ));
    }
    Ok(arguments.dbname.as_deref().map(str::to_owned))
}

fn plan_text(plan: &Plan) -> String {
    let identity =
        plan.identity.as_deref().map(|identity| format!(" ({})", short(identity))).unwrap_or_default();
    let mut text = format!(
        "Plan  {}{identity}  ->  {}   PostgreSQL {} -> {}\n",
        visible(&plan.archive),
        visible(&plan.target),
        visible(&plan.source_version),
        visible(&plan.target_version),
    );
    let mut line = |name: &str, what: &str| text.push_str(&format!("  {name:<10} {}\n", visible(what)));
    if let Some(globals) = &plan.globals {
        let create = figure::number(globals.create.len() as u64);
        line(
            "globals",
            &format!("{create} to create, {} there already", figure::number(globals.present as u64)),
        );
        globals.create.iter().take(CREATED_SHOWN).for_each(|what| line("create", what));
        if globals.create.len() > CREATED_SHOWN {
            line("create", &format!("and {} more", globals.create.len() - CREATED_SHOWN));
        }
        globals.differences.iter().for_each(|what| line("differs", what));
    }
    if plan.globals_only {
        plan.lacks.iter().for_each(|lack| line("lacks", lack));
        plan.warnings.iter().for_each(|warning| line("warning", warning));
        return text;
    }
    if !plan.create_roles.is_empty() {
        line("create", &format!("roles {}", names(plan.create_roles.iter())));
    }
    if let Some(Making { name, building, replaces }) = &plan.create {
        line("create", &format!("database {name}, called {building} until it is whole"));
        if let Some(old) = replaces {
            line("replace", &format!("database {name}, which is dropped when the new one is whole"));
            old.sessions.iter().for_each(|who| line("end", &format!("session on {name}: {who}")));
        }
    }
    if let Some(clean) = &plan.clean {
        let (tables, objects) =
            (figure::count(clean.tables as u64, "table"), figure::count(clean.objects as u64, "object"));
        line("drop", &format!("{tables} with their rows, {objects} in all"));
        if clean.terminate {
            line("end", &format!("all other sessions on {}", plan.database));
        }
    }
    line("pre-data", &figure::count(plan.pre_data as u64, "object"));
    let rows = plan.rows.map(|rows| format!(", {}", figure::count(rows, "row"))).unwrap_or_default();
    let (tables, sessions) =
        (figure::count(plan.tables as u64, "table"), figure::count(plan.jobs as u64, "session"));
    line("data", &format!("{tables}{rows}, {}, {sessions}", figure::bytes(plan.raw_bytes)));
    plan.together.iter().take(TOGETHER_SHOWN).for_each(|what| line("together", what));
    if plan.together.len() > TOGETHER_SHOWN {
        line("together", &format!("and {} more", plan.together.len() - TOGETHER_SHOWN));
    }
    let parts = [
        figure::count(plan.indexes as u64, "index"),
        figure::count(plan.constraints as u64, "constraint"),
        format!("{} more", figure::number(plan.other_post_data as u64)),
    ];
    line("post-data", &parts.join(", "));
    plan.rename.iter().for_each(|what| line("rename", what));
    let mut needs = Vec::new();
    if !plan.needs.roles.is_empty() {
        needs.push(format!("roles {}", names(plan.needs.roles.keys())));
    }
    if !plan.needs.extensions.is_empty() {
        needs.push(format!("extensions {}", names(plan.needs.extensions.iter())));
    }
    if !plan.needs.tablespaces.is_empty() {
        needs.push(format!("tablespaces {}", names(plan.needs.tablespaces.keys())));
    }
    if !needs.is_empty() {
        line("needs", &needs.join("   "));
    }
    plan.lacks.iter().for_each(|lack| line("lacks", lack));
    plan.cannot.iter().for_each(|failure| line("cannot", &format!("{}: {}", failure.label, failure.reason)));
    plan.warnings.iter().for_each(|warning| line("warning", warning));
    text
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The first digits of an identity are enough for people.
fn short(identity: &str) -> &str {
    identity.get(.."sha256:".len() + 12).unwrap_or(identity)
}

fn ending<'a>(arguments: &'a Restore, form: Form, summary: &Summary) -> Ending<'a> {
    let time = Duration::from_millis(summary.duration_ms);
    let target = visible(&summary.target);
    let words = format!(
        "{}  {target}  {}  in {}  {}\n      {}  {}  {}  {}  {}  {}",
        if summary.failed.is_empty() { "done" } else { "done, with failures" },
        figure::bytes(summary.raw_bytes),
        figure::time(time),
        figure::rate(summary.raw_bytes, time),
        figure::count(summary.objects as u64, "object"),
        figure::count(summary.tables as u64, "table"),
        figure::count(summary.rows, "row"),
        figure::count(summary.large_objects, "large object"),
        figure::count(summary.sequences as u64, "sequence"),
        figure::count(summary.warnings.len() as u64, "warning"),
    );
    let pairs = vec![
        ("target", target),
        ("raw", figure::bytes_word(summary.raw_bytes)),
        ("seconds", format!("{:.2}", time.as_secs_f64())),
        ("objects", summary.objects.to_string()),
        ("tables", summary.tables.to_string()),
        ("rows", summary.rows.to_string()),
        ("large_objects", summary.large_objects.to_string()),
        ("warnings", summary.warnings.len().to_string()),
        ("failed", summary.failed.len().to_string()),
        ("identity", summary.identity.clone()),
    ];
    let loss =
        |failure: &Failure| format!("failed: {}: {}", visible(&failure.label), visible(&failure.reason));
    Ending {
        command: "restore",
        code: if summary.failed.is_empty() { exit::DONE } else { exit::INCOMPLETE },
        words,
        pairs,
        losses: summary.failed.iter().map(loss).collect(),
        talk: &arguments.talk,
        form,
        stdout_is_taken: false,
    }
}
