//! `pgark dump`.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use pgark::context::Context;
use pgark::dump::{Error, Globals, Options, Output, Summary, dump};
use pgark::selection::Place;

use super::arguments::{CopyFormat, Dump};
use super::progress::{Form, Progress};
use super::report::{Report, Scene};
use super::signals::{Signals, with_grace};
use super::stdio::visible;
use super::summary::Ending;
use super::{Outcome, connect, exit, figure, select};

/// Before the first retry.
const RETRY_PAUSE_MIN: Duration = Duration::from_secs(1);
/// It doubles up to this.
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(60);

/// Dumps.
pub async fn run(arguments: Dump, signals: &Signals) -> Outcome {
    let output = output(&arguments)?;
    let options = options(&arguments)?;
    let progress = Progress::new("dump", &arguments.talk);
    let ctx = progress.context();
    signals.watch(ctx.cancel.clone());
    let dbname = arguments.conn.as_deref().or(arguments.dbname.as_deref());
    let (conninfo, password_from) = connect::conninfo(&ctx, &arguments.connection, dbname).await?;
    let scene = Scene {
        command: "dump",
        conninfo: Some(&conninfo),
        password_from,
        archive: arguments.file.as_deref(),
        ..Scene::default()
    };
    let mut retries = Retries::new(arguments.retries);
    let summary = loop {
        // Its own counters: nothing of an earlier attempt is in the new file.
        let attempt = Context { meter: Arc::default(), ..ctx.clone() };
        let painter = progress.paint(&attempt);
        let result = with_grace(&ctx.cancel, dump(&attempt, &conninfo, &output, &options)).await;
        painter.finish();
        match result.unwrap_or(Err(Error::Cancelled)) {
            Ok(summary) => break retries.admit(summary),
            Err(error) => retries.wait(&ctx, Report::dump(&error, &scene)).await?,
        }
    };
    ending(&arguments, progress.form(), &summary).say(&summary)
}

/// What is left of `--retries`.
#[derive(Debug)]
struct Retries {
    left: u32,
    pause: Duration,
    /// Why the attempts before the last one failed.
    failed: Vec<String>,
}

impl Retries {
    fn new(left: u32) -> Self {
        Self { left, pause: RETRY_PAUSE_MIN, failed: Vec::new() }
    }

    /// Waits for the next attempt.
    ///
    /// # Errors
    /// The report itself, when there is none, or when nothing would be different.
    async fn wait(&mut self, ctx: &Context, report: Report) -> Result<(), Report> {
        let may_pass = matches!(report.code, exit::CONNECT | exit::LOST | exit::LOCK);
        if self.left == 0 || !may_pass || ctx.cancel.is_cancelled() {
            return Err(report);
        }
        let warning = format!(
            "{}: beginning again in {} s with a new snapshot, {} left",
            report.summary(),
            self.pause.as_secs(),
            figure::count(self.left.into(), "attempt")
        );
        ctx.warn(warning.clone());
        self.failed.push(warning);
        tokio::select! {
            () = tokio::time::sleep(self.pause) => {}
            () = ctx.cancel.cancelled() => return Err(Report::interrupted()),
        }
        self.left -= 1;
        self.pause = RETRY_PAUSE_MAX.min(self.pause * 2);
        Ok(())
    }

    /// The summary says that there were others before.
    fn admit(self, summary: Summary) -> Summary {
        Summary { warnings: self.failed.into_iter().chain(summary.warnings).collect(), ..summary }
    }
}

fn output(arguments: &Dump) -> Result<Output, Report> {
    let Some(path) = arguments.file.clone() else {
        return Err(Report::new(exit::USAGE, "no archive is named: -f is missing")
            .hint("name a file: pgark dump app -f app.pgark; or -f - for a pipe"));
    };
    if path.as_os_str() != "-" {
        return Ok(Output::File { path, force: arguments.force });
    }
    if arguments.retries > 0 {
        return Err(Report::new(exit::USAGE, "what has gone into a pipe cannot be written again")
            .hint("leave out --retries, or name a file with -f"));
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
    let mut selection = select::selection(&arguments.select, arguments.leave_out, Place::Dump)?;
    selection.extensions.extend(select::extensions(&arguments.extension)?);
    selection.extensions_only = !arguments.extension.is_empty();
    selection.leave_out.compression = arguments.no_toast_compression;
    selection.no_unlogged_rows = arguments.no_unlogged_table_data;
    Ok(Options {
        jobs: arguments.jobs,
        level: arguments.compress,
        labels: arguments.label.iter().cloned().collect(),
        split_above: (!arguments.no_split).then_some(arguments.split_above),
        selection,
        skip_unsupported: arguments.skip_unsupported,
        lock_wait_timeout: arguments.lock_wait_timeout,
        stall_timeout: arguments.stall_timeout,
        nice: arguments.nice,
        text_only: arguments.copy_format == CopyFormat::Text,
        globals: match (arguments.globals, arguments.role_passwords) {
            (false, _) => Globals::No,
            (true, false) => Globals::WithoutPasswords,
            (true, true) => Globals::WithPasswords,
        },
        statistics: !arguments.no_statistics,
        snapshot: arguments.reading.snapshot(),
        row_security: arguments.reading.enable_row_security,
        conditions: arguments.reading.r#where.clone(),
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
