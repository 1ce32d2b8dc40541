//! `pgark doctor`: one screen about a server.

use std::time::Duration;

use pgark::doctor::{Examination, Finding, Level, Options, examine};
use serde_json::{Value, json};

use super::arguments::{Doctor, Progress as How, Talk};
use super::progress::Progress;
use super::report::{Report, Scene};
use super::signals::Signals;
use super::stdio::visible;
use super::{Outcome, connect, exit, figure, stdio};

/// Transactions that are older are named.
const LONG_TRANSACTION: Duration = Duration::from_secs(600);
/// Of a finding so many objects are named; `--json` has all of them.
const ITEMS_SHOWN: usize = 5;

/// Examines.
pub async fn run(arguments: Doctor, signals: &Signals) -> Outcome {
    let talk = Talk { json: arguments.json, progress: How::None, quiet: false, verbose: false };
    let ctx = Progress::new("doctor", &talk).context();
    signals.watch(ctx.cancel.clone());
    let dbname = arguments.conn.as_deref().or(arguments.dbname.as_deref());
    let (conninfo, password_from) = connect::conninfo(&ctx, &arguments.connection, dbname).await?;
    let options = Options {
        jobs: arguments.jobs,
        long_transaction: LONG_TRANSACTION,
        archive: arguments.archive.clone(),
        output: arguments.output.clone(),
    };
    let scene = Scene {
        command: "doctor",
        conninfo: Some(&conninfo),
        password_from,
        archive: arguments.archive.as_deref(),
        ..Scene::default()
    };
    let examination = tokio::select! {
        result = examine(&ctx, &conninfo, &options) => result.map_err(|error| Report::doctor(&error, &scene))?,
        () = ctx.cancel.cancelled() => return Err(Report::interrupted()),
    };
    let asked = if arguments.archive.is_some() { examination.restore } else { examination.dump };
    let code = if asked == Level::Blocks { exit::REFUSED } else { exit::DONE };
    let text = match arguments.json {
        true => format!("{}\n", json(&examination, code)),
        false => text(&examination),
    };
    stdio::write(text.as_bytes())?;
    Ok(code)
}

fn json(examination: &Examination, code: u8) -> Value {
    let mut line = json!({"event": "summary", "command": "doctor", "exit_code": code});
    if let (Value::Object(line), Ok(Value::Object(fields))) = (&mut line, serde_json::to_value(examination)) {
        line.extend(fields);
    }
    line
}

fn text(examination: &Examination) -> String {
    let target = visible(&examination.target);
    let mut text = format!("{target}  PostgreSQL {}\n", visible(&examination.server_version));
    examination.findings.iter().for_each(|finding| text.push_str(&lines(finding)));
    text.push_str(&format!(
        "dump:    {}\nrestore: {}\n",
        verdict(examination.dump),
        verdict(examination.restore)
    ));
    text
}

fn lines(finding: &Finding) -> String {
    let mut text = format!("  {:<8} {:<13} {}\n", word(finding.level), finding.check, visible(&finding.what));
    let mut more = |head: &str, line: &str| text.push_str(&format!("  {:<8} {head:<13} {line}\n", ""));
    for item in finding.items.iter().take(ITEMS_SHOWN) {
        more("", &format!("- {}", visible(item)));
    }
    if finding.items.len() > ITEMS_SHOWN {
        more("", &format!("- and {} more", figure::number((finding.items.len() - ITEMS_SHOWN) as u64)));
    }
    if let Some(remedy) = &finding.remedy {
        more("", &format!("remedy: {}", visible(remedy)));
    }
    text
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::Ok => "ok",
        Level::Warning => "warning",
        Level::Blocks => "blocks",
    }
}

const fn verdict(level: Level) -> &'static str {
    match level {
        Level::Ok => "nothing in the way",
        Level::Warning => "possible, with warnings",
        Level::Blocks => "not possible as things are",
    }
}
