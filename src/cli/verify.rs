//! `pgark verify`.

use std::path::Path;
use std::time::{Duration, Instant};

use pgark::archive::{Limits, Status};
use pgark::context::Context;
use pgark::verify::{self, Options, verify, verify_stream};
use serde_json::json;

use super::arguments::Verify;
use super::progress::Progress;
use super::report::{Report, Scene};
use super::signals::Signals;
use super::{Outcome, exit, figure, stdio};

/// Verifies.
pub async fn run(arguments: Verify, signals: &Signals) -> Outcome {
    let progress = Progress::new("verify", &arguments.talk);
    let ctx = progress.context();
    signals.watch(ctx.cancel.clone());
    let options = Options { deep: arguments.deep, jobs: arguments.jobs, limits: Limits::default() };
    #[expect(clippy::disallowed_methods, reason = "how long it took is only for the last line")]
    let started = Instant::now();
    let painter = progress.paint(&ctx);
    let result = blocking(&ctx, &arguments.archive, options).await;
    painter.finish();
    let scene = Scene { command: "verify", archive: Some(&arguments.archive), ..Scene::default() };
    let report = match result {
        Ok(report) => report,
        Err(error) => {
            if arguments.talk.json {
                stdio::write(format!("{}\n", failure_json(&error)).as_bytes())?;
            }
            return Err(Report::verify(&error, &scene));
        }
    };
    if arguments.talk.json {
        stdio::write(format!("{}\n", report_json(&report, started.elapsed())).as_bytes())?;
    } else if !arguments.talk.quiet {
        stdio::write(text(&report, started.elapsed()).as_bytes())?;
    }
    Ok(exit::DONE)
}

/// Reading blocks; a pipe may do so for ever.
async fn blocking(ctx: &Context, path: &Path, options: Options) -> Result<verify::Report, verify::Error> {
    let (worker, path) = (ctx.clone(), path.to_owned());
    let verified = tokio::task::spawn_blocking(move || match path.as_os_str() == "-" {
        true => verify_stream(&worker, std::io::stdin().lock(), &options),
        false => verify(&worker, &path, &options),
    });
    tokio::select! {
        verified = verified => match verified {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        },
        () = ctx.cancel.cancelled() => Err(verify::Error::Cancelled),
    }
}

fn text(report: &verify::Report, time: Duration) -> String {
    let mut text = format!(
        "ok  {}  {} read in {} ({})   every byte covered, root matches\n",
        figure::count(report.records, "record"),
        figure::bytes(report.file_len),
        figure::time(time),
        figure::rate(report.file_len, time),
    );
    if report.deep {
        text.push_str(&format!(
            "    deep: {} decompressed, {} walked, content hashes match, {} complete\n",
            figure::bytes(report.raw_bytes),
            figure::count(report.rows, "row"),
            figure::count(report.tables, "table"),
        ));
    }
    if report.status == Status::Skipped {
        text.push_str("    objects were left out of the dump: pgark info lists them\n");
    }
    text.push_str(&format!("    {}\n", report.root));
    text
}

fn report_json(report: &verify::Report, time: Duration) -> serde_json::Value {
    json!({
        "event": "summary", "command": "verify", "ok": true, "exit_code": exit::DONE,
        "identity": report.root.to_string(),
        "archive_id": report.archive_id.to_string(),
        "complete": report.status == Status::Complete,
        "records": report.records, "tables": report.tables, "rows": report.rows,
        "raw_bytes": report.raw_bytes, "bytes": report.file_len, "deep": report.deep,
        "duration_ms": time.as_millis() as u64,
    })
}

fn failure_json(error: &verify::Error) -> serde_json::Value {
    let mut json = json!({
        "event": "summary", "command": "verify", "ok": false, "exit_code": Report::verify(error, &Scene::default()).code,
        "error": error.to_string(),
    });
    if let verify::Error::Failed(failure) = error {
        json["findings"] = failure.findings.iter().map(ToString::to_string).collect();
        json["found"] = failure.found.into();
        json["intact"] = failure.intact.into();
        json["records"] = failure.records.into();
        json["rows_hit"] = failure.rows_hit.into();
    }
    json
}
