//! Which table a name means, as SQL writes names. Pure.

use crate::manifest::{Begin, Catalog, Entry, RowFormat};
use crate::sql::qualified;

/// So many names are proposed instead of a wrong one, at most.
const NEAR_MAX: usize = 5;

/// Why a name means no table with rows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is no name.
    #[error("{0} is no name of a table")]
    Syntax(String),
    /// Nothing is called so, or it is in a schema that the search_path does not name.
    #[error("the archive has no rows of a table {name}")]
    Missing {
        /// As it was given.
        name: String,
        /// Names that may have been meant, quoted as SQL writes them.
        near: Vec<String>,
    },
    /// There is such a relation, but it has no rows of its own, or they were not dumped.
    #[error("the archive has no rows of {0}")]
    NoRows(String),
}

/// The entry of the rows of the table that `name` means: `schema.table`, or `table` in the first schema that has one in the
/// search_path of whoever dumped. Letters are folded and quotes read as in SQL.
///
/// # Errors
/// When it means none.
pub fn find_rows<'a>(begin: &Begin, catalog: &'a Catalog, name: &str) -> Result<&'a Entry, NameError> {
    let parts = names(name, '.').ok_or_else(|| NameError::Syntax(name.to_owned()))?;
    let tables: Vec<&Entry> = catalog.entries.iter().filter(|entry| has_rows(entry)).collect();
    let is = |entry: &Entry, schema: Option<&str>, table: &str| {
        entry.schema.as_deref() == schema && entry.name == table
    };
    let candidates: Vec<(Option<String>, &str)> = match parts.as_slice() {
        [table] => {
            search_path(begin, catalog).into_iter().map(|schema| (Some(schema), table.as_str())).collect()
        }
        [schema, table] => vec![(Some(schema.clone()), table.as_str())],
        _ => return Err(NameError::Syntax(name.to_owned())),
    };
    for (schema, table) in &candidates {
        if let Some(entry) = tables.iter().find(|entry| is(entry, schema.as_deref(), table)) {
            return Ok(entry);
        }
        let relation = |entry: &&Entry| {
            is(entry, schema.as_deref(), table)
                && matches!(
                    entry.kind.as_str(),
                    "table" | "view" | "materialized_view" | "foreign_table" | "sequence"
                )
        };
        if let Some(found) = catalog.entries.iter().find(relation) {
            return Err(NameError::NoRows(found.label.clone()));
        }
    }
    let near = near(&tables, &parts);
    Err(NameError::Missing { name: name.to_owned(), near })
}

fn has_rows(entry: &Entry) -> bool {
    entry.data.as_ref().is_some_and(|data| data.format != RowFormat::LargeObject)
}

/// The schemas in which sessions of whoever dumped look for tables, in that order (documentation: "The Schema Search
/// Path"; ALTER ROLE says which setting wins).
fn search_path(begin: &Begin, catalog: &Catalog) -> Vec<String> {
    let user = begin.source.user.as_str();
    let paths = |of_role: bool| {
        let settings = catalog.database.settings.iter();
        settings.filter(move |setting| match of_role {
            true => setting.role.as_deref() == Some(user),
            false => setting.role.is_none(),
        })
    };
    let everywhere = catalog.database.role_paths.iter().filter(|path| path.role.as_deref() == Some(user));
    let stored = paths(true)
        .chain(everywhere)
        .chain(paths(false))
        .find(|setting| setting.name == "search_path")
        .map(|setting| setting.value.as_str());
    let path = begin.source.search_path.as_deref().or(stored).unwrap_or("\"$user\", public");
    let schemas = names(path, ',').unwrap_or_default();
    schemas.into_iter().map(|schema| if schema == "$user" { user.to_owned() } else { schema }).collect()
}

/// The names in a list: folded, or as they stand in double or single quotes. `None` if it is no such list.
fn names(list: &str, separator: char) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = list.trim();
    loop {
        let name = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let mut name = String::new();
                rest = &rest[1..];
                loop {
                    let end = rest.find(quote)?;
                    name.push_str(&rest[..end]);
                    rest = &rest[end + 1..];
                    match rest.strip_prefix(quote) {
                        Some(after) => {
                            name.push(quote);
                            rest = after;
                        }
                        None => break name,
                    }
                }
            }
            _ => {
                let end = rest.find([separator, '"', '\'']).unwrap_or(rest.len());
                let (name, after) = rest.split_at(end);
                rest = after;
                Some(name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty())?
            }
        };
        names.push(name);
        rest = rest.trim_start();
        match rest.strip_prefix(separator) {
            Some(after) => rest = after.trim_start(),
            None => return rest.is_empty().then_some(names),
        }
    }
}

/// Tables of the same name in other schemas, then of names that differ by little.
fn near(tables: &[&Entry], parts: &[String]) -> Vec<String> {
    let Some(wanted) = parts.last() else { return Vec::new() };
    let wanted_full = parts.join(".");
    let rank = |entry: &&&Entry| {
        let full = format!("{}.{}", entry.schema.as_deref().unwrap_or_default(), entry.name);
        let to_name = distance(&entry.name.to_lowercase(), &wanted.to_lowercase());
        to_name.min(distance(&full.to_lowercase(), &wanted_full.to_lowercase()))
    };
    // A third of the letters may differ.
    let most = (wanted.chars().count() / 3).max(1);
    let mut near: Vec<(usize, String)> = tables
        .iter()
        .map(|entry| (rank(&entry), qualified(entry.schema.as_deref(), &entry.name)))
        .filter(|(rank, _)| *rank <= most)
        .collect();
    near.sort();
    near.into_iter().map(|(_, name)| name).take(NEAR_MAX).collect()
}

/// How many letters have to be changed, added or removed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, c) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, other) in b.iter().enumerate() {
            let changed = diagonal + usize::from(c != *other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn catalog(settings: serde_json::Value) -> Catalog {
        let entry = |id: u32, kind: &str, schema: &str, name: &str| {
            let data = (kind == "table_data").then(|| json!({"format": "binary", "copy": ""}));
            json!({"id": id, "kind": kind, "schema": schema, "name": name, "label": format!("{kind} {schema}.{name}"),
                "section": "data", "data": data})
        };
        serde_json::from_value(json!({
            "catalog": 1, "database": {"settings": settings},
            "entries": [
                entry(1, "table_data", "public", "orders"), entry(2, "table_data", "app", "orders"),
                entry(3, "table_data", "app", "My \"Table"), entry(4, "view", "public", "totals"),
                entry(5, "table_data", "dumper", "own"), entry(6, "table_data", "a.b", "c"),
            ],
        }))
        .unwrap()
    }

    fn found(catalog: &Catalog, name: &str) -> Result<u32, NameError> {
        let mut begin = Begin::default();
        begin.source.user = "dumper".to_owned();
        find_rows(&begin, catalog, name).map(|entry| entry.id)
    }

    #[test]
    fn names_are_read_as_in_sql() {
        let plain = catalog(json!([]));
        assert_eq!(found(&plain, "orders"), Ok(1));
        assert_eq!(found(&plain, "Public . ORDERS"), Ok(1));
        assert_eq!(found(&plain, "app.\"My \"\"Table\""), Ok(3));
        assert_eq!(found(&plain, "own"), Ok(5));
        assert_eq!(found(&plain, "\"a.b\".c"), Ok(6));
        for wrong in ["", "a.b.c", "\"a", "a.", "a\"b\"", ".a"] {
            assert_eq!(found(&plain, wrong), Err(NameError::Syntax(wrong.to_owned())), "{wrong}");
        }
    }

    #[test]
    fn the_search_path_of_whoever_dumped_decides() {
        let of_database = json!({"role": null, "name": "search_path", "value": "'app', 'public'"});
        let of_role = json!({"role": "dumper", "name": "search_path", "value": "public, app"});
        assert_eq!(found(&catalog(json!([of_database])), "orders"), Ok(2));
        assert_eq!(found(&catalog(json!([of_database, of_role])), "orders"), Ok(1));
    }

    #[test]
    fn names_that_mean_nothing_come_with_near_ones() {
        let near = |name: &str| match found(&catalog(json!([])), name) {
            Err(NameError::Missing { near, .. }) => near,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(near("app.order"), ["app.orders", "public.orders"]);
        assert_eq!(near("\"my \"\"table\""), ["app.\"My \"\"Table\""]);
        assert_eq!(near("nothing_like_it"), Vec::<String>::new());
        assert_eq!(
            found(&catalog(json!([])), "totals"),
            Err(NameError::NoRows("view public.totals".to_owned()))
        );
    }
}
