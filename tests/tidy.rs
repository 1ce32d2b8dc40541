//! Rules about the repository itself; needs no server.
//!
//! Each rule is one test that lists every offender, so that one run shows the whole work.

#![expect(clippy::disallowed_methods, reason = "the files of the repository are what is tested")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Longer files are two concepts.
const LINES_MAX: usize = 600;

/// The rows of `docs/fidelity.md`.
const PROPERTIES: u32 = 294;

/// One source file and where it belongs.
struct Source {
    /// Path from the repository's root, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// The top-level module: `object` for `src/object/table.rs`, nothing for `lib.rs` and `main.rs`.
    fn module(&self) -> Option<&str> {
        let inner = self.path.strip_prefix("src/")?;
        let module = inner.split_once('/').map_or(inner.strip_suffix(".rs")?, |(folder, _)| folder);
        (!matches!(module, "lib" | "main")).then_some(module)
    }

    /// The text without comments, with the number of each line.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate();
        lines.map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under a folder with this extension, sorted; none when the folder does not exist.
fn files(folder: &str, extension: &str) -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries {
            let path = entry.expect("a folder of the repository can be read").path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    let read = |path: PathBuf| Source {
        text: std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        path: path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().replace('\\', "/"),
    };
    paths.into_iter().map(read).collect()
}

fn rust() -> Vec<Source> {
    ["src", "tests", "benches"].into_iter().flat_map(|folder| files(folder, "rs")).collect()
}

#[track_caller]
fn none(offenders: Vec<String>) {
    assert!(offenders.is_empty(), "\n{}", offenders.join("\n"));
}

#[test]
fn every_source_file_says_what_it_is() {
    let silent = |source: &Source| !source.text.starts_with("//! ");
    none(rust().iter().filter(|s| silent(s)).map(|s| format!("{}: no `//!` comment", s.path)).collect());
}

#[test]
fn no_file_is_too_long() {
    let long = |source: &Source| {
        let lines = source.text.lines().count();
        (lines > LINES_MAX).then(|| format!("{}: {lines} lines, {LINES_MAX} is the most", source.path))
    };
    none(rust().iter().filter_map(long).collect());
}

#[test]
fn nothing_is_left_for_later() {
    // Pieces, so that this file does not accuse itself.
    let banned = ["todo", "unimplemented", "dbg"].map(|name| format!("{name}!("));
    let mut offenders = Vec::new();
    for source in rust() {
        for (number, line) in source.code() {
            if let Some(found) = banned.iter().find(|word| line.contains(word.as_str())) {
                offenders.push(format!("{}:{number}: {found}", source.path));
            }
        }
    }
    none(offenders);
}

#[test]
fn no_file_is_called_after_nothing_in_particular() {
    let vague = ["util", "utils", "helper", "helpers", "common", "misc", "types"];
    let name = |source: &Source| source.path.trim_end_matches("/mod.rs").trim_end_matches(".rs").to_owned();
    let is_vague = |name: &String| name.rsplit('/').next().is_some_and(|stem| vague.contains(&stem));
    none(rust().iter().map(name).filter(is_vague).collect());
}

#[test]
fn every_catalog_query_has_its_kind_and_its_fixture() {
    let mut offenders = Vec::new();
    let registry = std::fs::read_to_string(root().join("src/object/database.rs")).unwrap();
    let kinds = std::fs::read_to_string(root().join("src/object/kind.rs")).unwrap();
    for query in files("schema/catalog", "sql") {
        let stem = query.path.trim_start_matches("schema/catalog/").trim_end_matches(".sql");
        // Facets serve every kind: they have a line in the registry, but no fixture of their own.
        let facet = stem.strip_prefix("facet/");
        let user = registry.contains(&format!("= \"{}\",", facet.unwrap_or(stem)));
        if !user {
            offenders.push(format!("{}: the registry has no line for it", query.path));
        }
        if facet.is_none() && !root().join(format!("fixtures/objects/{stem}.sql")).exists() {
            offenders.push(format!("{}: fixtures/objects/{stem}.sql is missing", query.path));
        }
        if facet.is_none() && !kinds.contains(&format!("=> \"{stem}\"")) {
            offenders.push(format!("{}: no `Kind` has this stem", query.path));
        }
    }
    none(offenders);
}

/// A column without a field would be passed over in silence, and the field that was meant would keep its default.
#[test]
fn every_column_of_a_catalog_query_has_its_field() {
    let mut offenders = Vec::new();
    for query in files("schema/catalog", "sql") {
        let stem = query.path.trim_start_matches("schema/catalog/").trim_end_matches(".sql");
        let file = match stem {
            "enum" => "enumeration.rs".to_owned(), // a keyword of Rust
            // A foreign table is a table with more in it.
            "table" | "foreign_table" => "table/mod.rs".to_owned(),
            "facet/column" | "facet/family_member" => format!("{}.rs", stem.trim_start_matches("facet/")),
            _ if stem.starts_with("facet/") => "facet.rs".to_owned(),
            _ => format!("{stem}.rs"),
        };
        let Ok(text) = std::fs::read_to_string(root().join("src/object").join(&file)) else {
            offenders.push(format!("{}: src/object/{file} is missing", query.path));
            continue;
        };
        let has = |column: &str| {
            text.contains(&format!("    pub {column}: ")) || text.contains(&format!("rename = \"{column}\""))
        };
        for column in output_columns(&query.text).iter().filter(|column| !has(column)) {
            offenders.push(format!("{}: src/object/{file} has no field `{column}`", query.path));
        }
    }
    none(offenders);
}

/// The names behind `as` in the outermost select list.
fn output_columns(sql: &str) -> Vec<String> {
    let code: String =
        sql.lines().flat_map(|line| [line.split("--").next().unwrap_or_default(), "\n"]).collect();
    let (mut depth, mut outermost) = (0, String::new());
    for c in code.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 => outermost.push(c),
            _ => {}
        }
    }
    let words = outermost.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    let list: Vec<&str> =
        words.skip_while(|word| *word != "select").take_while(|word| *word != "from").collect();
    let names =
        list.windows(2).filter(|pair| pair[0] == "as").map(|pair| pair[1].trim_matches('"').to_owned());
    names.collect()
}

/// `docs/fidelity.md`: the rows, each with what proves it.
#[test]
fn every_property_of_a_round_trip_has_its_proof() {
    let text = std::fs::read_to_string(root().join("docs/fidelity.md")).unwrap();
    let rows = property_rows(&text);
    let mut offenders = Vec::new();
    let numbers: Vec<u32> = rows.iter().map(|(number, _)| *number).collect();
    if numbers != (1..=PROPERTIES).collect::<Vec<_>>() {
        offenders.push(format!("docs/fidelity.md: the rows are not 1 to {PROPERTIES}, in order"));
    }
    for (number, proof) in rows {
        if quoted(&proof).next().is_none() && !proof.starts_with("not carried: ") {
            offenders.push(format!("docs/fidelity.md: row {number} has no proof"));
        }
        for name in quoted(&proof) {
            let path = if name.starts_with("objects/") { format!("fixtures/{name}") } else { name.clone() };
            if !root().join(path).is_file() {
                offenders.push(format!("docs/fidelity.md: row {number}: `{name}` does not exist"));
            }
        }
    }
    none(offenders);
}

#[test]
fn every_fixture_proves_a_property() {
    let text = std::fs::read_to_string(root().join("docs/fidelity.md")).unwrap();
    let named: BTreeSet<String> = property_rows(&text).iter().flat_map(|(_, proof)| quoted(proof)).collect();
    let name = |fixture: &Source| fixture.path.trim_start_matches("fixtures/").to_owned();
    let unnamed = files("fixtures/objects", "sql")
        .iter()
        .map(name)
        .filter(|name| !named.contains(name))
        .collect::<Vec<_>>();
    none(unnamed.into_iter().map(|name| format!("docs/fidelity.md: no row names `{name}`")).collect());
}

#[test]
fn every_list_of_majors_ends_with_the_newest() {
    let newest = pgark::version::MAJOR_MAX;
    let all: Vec<String> = (pgark::version::MAJOR_MIN..=newest).map(|major| major.to_string()).collect();
    let lists = [
        ("scripts/servers", format!("MAJORS=\"{}\"", all.join(" "))),
        ("scripts/servers", format!("ORACLE_MAJOR={newest}\n")),
        ("scripts/servers", format!("set -- 12..{newest}\n")),
        ("scripts/servers", format!("high:-{newest}}}")),
        ("scripts/matrix", format!("high:-{newest}}}")),
        ("scripts/matrix", format!("PGARK_MATRIX_MAJORS:-{}}}", all.join(" "))),
        ("scripts/test", format!("PGARK_TEST_REQUIRE:-12..{newest}")),
        (".ci/run", format!("PGARK_TEST_REQUIRE:-12..{newest}")),
        ("docker-compose.yml", format!("image: postgres:{newest}\n")),
        ("tests/it/round_trip.rs", format!("fixtures_round_trip_on_{newest} = {newest}")),
        ("tests/it/support/server.rs", format!("12..={newest}")),
        ("tests/it/support/cluster.rs", format!("12..={newest}")),
        ("tests/it/create.rs", format!("every_property_comes_back_on_{newest} = {newest}")),
        ("README.md", format!("for PostgreSQL 12 to {newest}.")),
    ];
    let lacks = |(path, list): &(&str, String)| {
        let text = std::fs::read_to_string(root().join(path)).unwrap_or_default();
        (!text.contains(list)).then(|| format!("{path}: does not say `{}`", list.trim_end()))
    };
    none(lists.iter().filter_map(lacks).collect());
}

/// Number and last cell of each row that begins with a number.
fn property_rows(text: &str) -> Vec<(u32, String)> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim().strip_prefix('|')?.strip_suffix('|')?.split('|').collect();
        let number = cells.first()?.trim().parse().ok()?;
        Some((number, cells.last()?.trim().to_owned()))
    };
    text.lines().filter_map(row).collect()
}

#[test]
fn modules_import_what_the_architecture_allows() {
    let Ok(text) = std::fs::read_to_string(root().join("ARCHITECTURE.md")) else { return };
    let allowed = module_table(&text);
    assert!(!allowed.is_empty(), "ARCHITECTURE.md has no table under `## Modules`");
    let sources = files("src", "rs");
    let mut offenders = Vec::new();
    let existing: BTreeSet<_> = sources.iter().filter_map(Source::module).collect();
    for module in existing.iter().filter(|module| !allowed.contains_key(**module)) {
        offenders.push(format!("src/{module}: not in the table of ARCHITECTURE.md"));
    }
    for module in allowed.keys().filter(|module| !existing.contains(module.as_str())) {
        offenders.push(format!("ARCHITECTURE.md: there is no module `{module}`"));
    }
    for source in &sources {
        let Some(module) = source.module() else { continue };
        let Some(may) = allowed.get(module) else { continue };
        for (number, target) in imports(source) {
            if target != module && existing.contains(target.as_str()) && !may.contains(&target) {
                offenders.push(format!("{}:{number}: `{module}` may not import `{target}`", source.path));
            }
        }
    }
    none(offenders);
}

/// The table under `## Modules`: the first column names modules, the second what they may import; both in
/// backquotes. A row may name several modules.
fn module_table(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut table = BTreeMap::new();
    let lines = text.lines().skip_while(|line| line.trim() != "## Modules").skip(1);
    for line in lines.take_while(|line| !line.starts_with("## ")) {
        let mut cells = line.trim().trim_start_matches('|').split('|');
        let (Some(modules), Some(may)) = (cells.next(), cells.next()) else { continue };
        let may: BTreeSet<_> = quoted(may).collect();
        for module in quoted(modules) {
            table.insert(module, may.clone());
        }
    }
    table
}

/// What stands in backquotes.
fn quoted(cell: &str) -> impl Iterator<Item = String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned)
}

/// Every top-level module that the file names by `crate::`, or the binary by `pgark::`, with the line.
fn imports(source: &Source) -> Vec<(usize, String)> {
    let mut code = String::new();
    for (_, line) in source.code() {
        code.push_str(line);
        code.push('\n');
    }
    let mut found = Vec::new();
    for prefix in ["crate::", "pgark::"] {
        for (start, _) in code.match_indices(prefix) {
            if code[..start].ends_with(is_word) {
                continue;
            }
            let number = code[..start].matches('\n').count() + 1;
            let rest = &code[start + prefix.len()..];
            found.extend(first_segments(rest).into_iter().map(|segment| (number, segment)));
        }
    }
    found
}

/// `a` for `a::b`; `a` and `c` for `{a::{b}, c}`.
fn first_segments(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else {
        return vec![path.chars().take_while(|c| is_word(*c)).collect()];
    };
    let mut depth = 1;
    let mut segments = vec![String::new()];
    let mut in_first = true;
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => {
                segments.push(String::new());
                in_first = true;
            }
            c if is_word(c) && in_first => {
                segments.last_mut().expect("invariant: never empty").push(c);
            }
            ':' => in_first = false,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    segments.retain(|segment| !segment.is_empty());
    segments
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[test]
fn a_module_table_is_read() {
    let text = "# A\n| `x` | `y` |\n## Modules\n\n| module | may import |\n| --- | --- |\n\
        | `sql` | `version` |\n| `dump`, `verify` | `sql`, `copy` | disk |\n| `version` | — |\n## Next\n| `z` | `y` |\n";
    let table = module_table(text);
    assert_eq!(table.keys().collect::<Vec<_>>(), ["dump", "sql", "verify", "version"]);
    assert_eq!(table["verify"].iter().collect::<Vec<_>>(), ["copy", "sql"]);
    assert!(table["version"].is_empty());
}

#[test]
fn output_columns_are_read() {
    let sql = "-- a as b\nwith x as (select 1 as no) select\n    c.oid as oid, -- as no\n    (select 2 as no) as two, --@ 14..\n\
        \x20   case when a then b end as \"default\"\nfrom t as no";
    assert_eq!(output_columns(sql), ["oid", "two", "default"]);
}

#[test]
fn property_rows_are_read() {
    let text = "# A\n| | kind | proof |\n| ---: | --- | --- |\n| 1 | a | `x.sql`, `y.rs` |\n| 2 | b | |\nend | 3 |\n";
    assert_eq!(property_rows(text), [(1, "`x.sql`, `y.rs`".to_owned()), (2, String::new())]);
}

#[test]
fn imports_are_found_in_every_shape() {
    let text = "//! See crate::comment.\nuse crate::sql;\nuse crate::{\n    graph::{Node, x},\n    object,\n};\n\
        fn f() -> crate::copy::X { mycrate::no() }\npub(crate) fn g() {}\n";
    let source = Source { path: "src/dump/run.rs".into(), text: text.into() };
    assert_eq!(source.module(), Some("dump"));
    let found: Vec<_> = imports(&source).into_iter().collect();
    let expected = [(2, "sql"), (3, "graph"), (3, "object"), (7, "copy")];
    assert_eq!(found, expected.map(|(line, name)| (line, name.to_owned())));
}
