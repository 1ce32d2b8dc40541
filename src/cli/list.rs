//! `pgark list`: what is in an archive.

use pgark::inspect::{Contents, Table, contents};
use pgark::manifest::{Pass, RowFormat, Section};
use serde_json::json;

use super::arguments::{List, Sort};
use super::report::{Report, Scene};
use super::stdio::visible;
use super::table::{Align, Grid};
use super::{Outcome, exit, figure, globals, stdio};

/// Lists.
pub fn run(arguments: &List) -> Outcome {
    let scene = Scene { command: "list", archive: Some(&arguments.archive), ..Scene::default() };
    let mut contents = contents(&arguments.archive).map_err(|error| Report::inspect(&error, &scene))?;
    sort(&mut contents.tables, arguments.sort);
    let text = match (arguments.json, arguments.toc) {
        (true, _) => format!("{}\n", json(&contents)),
        (false, true) => toc(&contents),
        (false, false) => tables(&contents),
    };
    stdio::write(text.as_bytes())?;
    Ok(exit::DONE)
}

fn sort(tables: &mut [Table], by: Sort) {
    // Equal ones stay in the order of their names.
    tables.sort_by(|a, b| (&a.schema, &a.name).cmp(&(&b.schema, &b.name)));
    match by {
        Sort::Name => {}
        Sort::Size => tables.sort_by_key(|table| std::cmp::Reverse(table.raw_bytes)),
        Sort::Rows => tables.sort_by_key(|table| std::cmp::Reverse(table.rows)),
    }
}

fn json(contents: &Contents) -> serde_json::Value {
    let mut json = json!({
        "identity": contents.identity,
        "created": contents.created,
        "tables": contents.tables,
        "large_objects": contents.large_objects,
        "kinds": contents.kinds,
        "objects": contents.objects,
        "skipped": contents.skipped,
    });
    if let Some(globals) = &contents.globals {
        json["globals"] = json!(globals);
    }
    json
}

fn tables(contents: &Contents) -> String {
    let mut grid = Grid::new(&[
        ("TABLE", Align::Left),
        ("ROWS", Align::Right),
        ("RAW", Align::Right),
        ("STORED", Align::Right),
        ("RATIO", Align::Right),
        ("PARTS", Align::Right),
        ("FORMAT", Align::Left),
    ]);
    for table in &contents.tables {
        grid.row([
            visible(&qualified(table.schema.as_deref(), &table.name)),
            figure::number(table.rows),
            figure::bytes(table.raw_bytes),
            figure::bytes(table.stored_bytes),
            figure::ratio(table.raw_bytes, table.stored_bytes),
            table.parts.to_string(),
            format(table.format).to_owned(),
        ]);
    }
    let mut text = grid.text();
    let large = &contents.large_objects;
    if large.count > 0 {
        let count = figure::count(large.count as u64, "large object");
        let (raw, stored) = (figure::bytes(large.raw_bytes), figure::bytes(large.stored_bytes));
        text.push_str(&format!("{count}  {raw} raw  {stored} stored\n"));
    }
    text.push_str(&format!(
        "{}  {}  {}  created {} from PostgreSQL {}",
        figure::count(contents.tables.len() as u64, "table"),
        figure::count(contents.object_count() as u64, "object"),
        figure::bytes(contents.bytes),
        visible(&contents.created),
        visible(&contents.source.server_version),
    ));
    for (key, value) in &contents.labels {
        text.push_str(&format!("  label {}={}", visible(key), visible(value)));
    }
    text.push('\n');
    if let Some(all) = &contents.globals {
        text.push_str(&format!("globals: {}\n", globals::counts(all)));
    }
    for name in &contents.skipped {
        text.push_str(&format!("left out: {}\n", visible(name)));
    }
    text
}

fn toc(contents: &Contents) -> String {
    let mut grid = Grid::new(&[
        // A restore takes this as its list: what is behind a semicolon is a comment.
        ("; ID", Align::Right),
        ("SECTION", Align::Left),
        ("KIND", Align::Left),
        ("OBJECT", Align::Left),
        ("OWNER", Align::Left),
    ]);
    for (kind, name) in contents.globals.iter().flat_map(globals::rows) {
        grid.row([";".to_owned(), "globals".to_owned(), kind.to_owned(), visible(&name), String::new()]);
    }
    for object in &contents.objects {
        let name = match &object.table {
            Some(table) => format!("{} {}", qualified(object.schema.as_deref(), table), object.name),
            None => qualified(object.schema.as_deref(), &object.name),
        };
        grid.row([
            object.id.to_string(),
            section(object.section, object.pass).to_owned(),
            visible(&object.kind),
            visible(&name),
            visible(object.owner.as_deref().unwrap_or_default()),
        ]);
    }
    grid.text()
}

fn section(section: Section, pass: Pass) -> &'static str {
    match (pass, section) {
        (Pass::Acl, _) => "acl",
        (Pass::PostAcl, _) => "post-acl",
        (Pass::Main, Section::PreData) => "pre-data",
        (Pass::Main, Section::Data) => "data",
        (Pass::Main, Section::PostData) => "post-data",
    }
}

fn qualified(schema: Option<&str>, name: &str) -> String {
    match schema {
        Some(schema) => format!("{schema}.{name}"),
        None => name.to_owned(),
    }
}

fn format(format: RowFormat) -> &'static str {
    match format {
        RowFormat::Binary => "binary",
        RowFormat::Text => "text",
        RowFormat::LargeObject => "large object",
    }
}
