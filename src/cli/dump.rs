//! `pgark dump`.

use std::io::IsTerminal;
use std::time::Duration;

use pgark::dump::{Error, Globals, Options, Output, Summary, dump};

use super::arguments::{CopyFormat, Dump};
use super::progress::{Form, Progress};
use super::report::{Report, Scene};
use super::signals::{Signals, with_grace};
use super::stdio::visible;
use super::summary::Ending;
use super::{Outcome, connect, exit, figure};

/// Dumps.
pub async fn run(arguments: Dump, signals: &Signals) -> Outcome {
    let output = output(&arguments)?;
    let options = options(&arguments)?;
    let progress = Progress::new("dump", &arguments.talk);
    let ctx = progress.context();
    signals.watch(ctx.cancel.clone());
    let dbname = arguments.conn.as_deref().or(arguments.dbname.as_deref());
    let (conninfo, password_from) = connect::conninfo(&ctx, &arguments.connection, dbname).await?;
    let painter = progress.paint(&ctx);
    let result = with_grace(&ctx.cancel, dump(&ctx, &conninfo, &output, &options)).await;
    painter.finish();
    let result = result.unwrap_or(Err(Error::Cancelled));
    let scene = Scene {
        command: "dump",
        conninfo: Some(&conninfo),
        password_from,
        archive: arguments.file.as_deref(),
        ..Scene::default()
    };
    let summary = result.map_err(|error| Report::dump(&error, &scene))?;
    ending(&arguments, progress.form(), &summary).say(&summary)
}

fn output(arguments: &Dump) -> Result<Output, Report> {
    let Some(path) = arguments.file.clone() else {
        return Err(Report::new(exit::USAGE, "no archive is named: -f is missing")
            .hint("name a file: pgark dump app -f app.pgark; or -f - for a pipe"));
    };
    if path.as_os_str() != "-" {
        return Ok(Output::File { path, force: arguments.force });
    }
    if std::io::stdout().is_terminal() {
        return Err(Report::new(exit::USAGE, "an archive is not written to a terminal")
            .hint("name a file with -f, or send stdout to a pipe or a file"));
    }
    Ok(Output::Stdout)
}

fn options(arguments: &Dump) -> Result<Options, Report> {
    if arguments.copy_format == CopyFormat::Binary {
        return Err(Report::new(exit::USAGE, "rows cannot be forced into binary form")
            .cause("some types have no binary form, or one that other servers refuse")
            .hint("--copy-format auto, the default, uses binary wherever that is safe"));
    }
    Ok(Options {
        jobs: arguments.jobs,
        level: arguments.compress,
        labels: arguments.label.iter().cloned().collect(),
        split_above: (!arguments.no_split).then_some(arguments.split_above),
        schema_only: arguments.schema_only,
        skip_unsupported: arguments.skip_unsupported,
        lock_wait_timeout: arguments.lock_wait_timeout,
        text_only: arguments.copy_format == CopyFormat::Text,
        globals: match (arguments.globals, arguments.role_passwords) {
            (false, _) => Globals::No,
            (true, false) => Globals::WithoutPasswords,
            (true, true) => Globals::WithPasswords,
        },
        statistics: !arguments.no_statistics,
    })
}

fn ending<'a>(arguments: &'a Dump, form: Form, summary: &Summary) -> Ending<'a> {
    let time = Duration::from_millis(summary.duration_ms);
    let Summary { archive, bytes, raw_bytes, identity, .. } = summary;
    let archive = visible(archive);
    let mut words = format!(
        "done  {archive}  {}  ({} raw, {})  in {}  {}\n      {}  {}  {}  {}\n      {identity}",
        figure::bytes(*bytes),
        figure::bytes(*raw_bytes),
        figure::ratio(*raw_bytes, *bytes),
        figure::time(time),
        figure::rate(*raw_bytes, time),
        figure::count(summary.tables as u64, "table"),
        figure::count(summary.rows, "row"),
        figure::count(summary.large_objects, "large object"),
        figure::count(summary.warnings.len() as u64, "warning"),
    );
    if let Some(roles) = summary.roles {
        words.push_str(&format!("  {}", figure::count(roles as u64, "role")));
    }
    if archive != "-" {
        words.push_str(&format!("  verify: pgark verify {archive}"));
    }
    let mut pairs = vec![
        ("archive", archive.clone()),
        ("bytes", figure::bytes_word(*bytes)),
        ("raw", figure::bytes_word(*raw_bytes)),
        ("ratio", figure::ratio(*raw_bytes, *bytes)),
        ("seconds", format!("{:.2}", time.as_secs_f64())),
        ("tables", summary.tables.to_string()),
        ("rows", summary.rows.to_string()),
        ("large_objects", summary.large_objects.to_string()),
        ("warnings", summary.warnings.len().to_string()),
        ("skipped", summary.skipped.len().to_string()),
        ("identity", identity.clone()),
    ];
    pairs.extend(summary.roles.map(|roles| ("roles", roles.to_string())));
    Ending {
        command: "dump",
        code: if summary.skipped.is_empty() { exit::DONE } else { exit::INCOMPLETE },
        words,
        pairs,
        losses: summary.skipped.iter().map(|name| format!("left out: {}", visible(name))).collect(),
        talk: &arguments.talk,
        form,
        stdout_is_taken: summary.archive == "-",
    }
}
