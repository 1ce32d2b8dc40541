//! `pgark info`: what an archive is.

use std::time::Duration;

use pgark::inspect::{Contents, contents};
use serde_json::json;

use super::arguments::Info;
use super::report::{Report, Scene};
use super::stdio::visible;
use super::{Outcome, exit, figure, globals, stdio};

/// Shows.
pub fn run(arguments: &Info) -> Outcome {
    let scene = Scene { command: "info", archive: Some(&arguments.archive), ..Scene::default() };
    let contents = contents(&arguments.archive).map_err(|error| Report::inspect(&error, &scene))?;
    let text = if arguments.json { format!("{}\n", json(&contents)) } else { text(&contents) };
    stdio::write(text.as_bytes())?;
    Ok(exit::DONE)
}

fn json(contents: &Contents) -> serde_json::Value {
    let mut json = json!({
        "identity": contents.identity,
        "archive_id": contents.archive_id,
        "tool": contents.tool,
        "created": contents.created,
        "duration_ms": contents.duration_ms,
        "complete": contents.complete,
        "bytes": contents.bytes,
        "raw_bytes": contents.raw_bytes,
        "rows": contents.rows,
        "records": contents.records,
        "tables": contents.tables.len(),
        "large_objects": contents.large_objects.count,
        "kinds": contents.kinds,
        "source": contents.source,
        "database": contents.database,
        "schema_only": contents.schema_only,
        "labels": contents.labels,
        "statistics": contents.statistics,
        "warnings": contents.warnings,
        "skipped": contents.skipped,
    });
    if let Some(globals) = &contents.globals {
        json["globals"] = json!(globals);
    }
    json
}

fn text(contents: &Contents) -> String {
    let Contents { source, database, .. } = contents;
    let mut lines = Lines(String::new());
    lines.add("identity", &contents.identity);
    lines.add("archive id", &contents.archive_id);
    let duration = figure::time(Duration::from_millis(contents.duration_ms));
    lines.add("created", &format!("{} in {duration} by {}", contents.created, contents.tool));
    let ratio = figure::ratio(contents.raw_bytes, contents.bytes);
    let (bytes, raw) = (figure::bytes(contents.bytes), figure::bytes(contents.raw_bytes));
    lines.add(
        "size",
        &format!("{bytes} ({raw} raw, {ratio}) in {}", figure::count(contents.records, "record")),
    );
    lines.add("source", &format!("{}@{}:{}/{}", source.user, source.host, source.port, source.database));
    let standby = if source.standby { ", a standby" } else { "" };
    lines.add("server", &format!("PostgreSQL {}{standby}", source.server_version));
    let system = source.system_identifier.as_deref().map(|id| format!(", system {id}")).unwrap_or_default();
    lines.add(
        "snapshot",
        &format!("{}, lsn {}, timeline {}{system}", source.snapshot, source.lsn, source.timeline),
    );
    lines.add("encoding", &source.encoding);
    lines.add("locale", &locale(contents));
    lines.add("database", &format!("{}, owner {}", source.database, database.owner));
    if database.settings.is_empty() {
        lines.add("settings", "none of its own (ALTER DATABASE … SET)");
    }
    for setting in &database.settings {
        let role = setting.role.as_ref().map(|role| format!("  (role {role})")).unwrap_or_default();
        lines.add("setting", &format!("{} = {}{role}", setting.name, setting.value));
    }
    if let Some(path) = &source.search_path {
        lines.add(
            "setting",
            &format!("search_path = {path}  (asked for by the connection string, not applied)"),
        );
    }
    if !database.create_options.is_empty() {
        lines.add("create with", &format!("CREATE DATABASE name WITH {}", database.create_options));
    }
    let kinds: Vec<String> = contents
        .kinds
        .iter()
        .map(|(kind, n)| format!("{} {}", figure::number(*n as u64), kind.replace('_', " ")))
        .collect();
    lines
        .add("objects", &format!("{}: {}", figure::number(contents.object_count() as u64), kinds.join(", ")));
    let tables = figure::count(contents.tables.len() as u64, "table");
    let large = figure::count(contents.large_objects.count as u64, "large object");
    match contents.schema_only {
        true => lines.add("rows", "none: definitions only"),
        false => lines.add("rows", &format!("{} in {tables}, {large}", figure::number(contents.rows))),
    }
    if let Some(all) = &contents.globals {
        lines.add("globals", &globals::counts(all));
    }
    match contents.statistics {
        Some(total) => {
            let relations = figure::count(total.relations, "relation");
            lines.add("statistics", &format!("{relations}, {}", figure::count(total.columns, "column")));
        }
        None if contents.schema_only => {}
        None => lines.add("statistics", "none: a restore runs ANALYZE"),
    }
    for (key, value) in &contents.labels {
        lines.add("label", &format!("{key}={value}"));
    }
    for warning in &contents.warnings {
        lines.add("warning", warning);
    }
    for name in &contents.skipped {
        lines.add("left out", name);
    }
    lines.0
}

/// Provider, collation and character type.
fn locale(contents: &Contents) -> String {
    let database = &contents.database;
    let mut text =
        format!("{}, collate {}, ctype {}", database.locale_provider, database.collate, database.ctype);
    if let Some(locale) = &database.locale {
        text.push_str(&format!(", locale {locale}"));
    }
    if let Some(rules) = &database.icu_rules {
        text.push_str(&format!(", rules {rules}"));
    }
    text
}

struct Lines(String);

impl Lines {
    fn add(&mut self, name: &str, value: &str) {
        self.0.push_str(&format!("{name:<12} {}\n", visible(value)));
    }
}
