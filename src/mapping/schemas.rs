//! Schemas. Their names are inside of definitions as the server printed them, so nothing is mapped here: a restore makes
//! them under the old name, and gives them the new one when all else is done. What refers to them follows, but text does not.

use std::collections::BTreeSet;

use super::{Error, Named, Names};
use crate::manifest::{Catalog, Entry};
use crate::sql::ident;

/// So many functions are named.
const SHOWN_MAX: usize = 5;

/// Looks whether the schemas can have the new names; what the user should know: texts that will name the old ones.
///
/// # Errors
/// Names that the catalog does not have; a new name that is another schema's.
pub fn check(catalog: &Catalog, names: &Names) -> Result<Vec<String>, Error> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let schemas = catalog.entries.iter().filter(|entry| entry.kind == "schema");
    let known: BTreeSet<String> = schemas.map(|entry| entry.name.clone()).collect();
    names.check(Named::Schema, known.clone())?;
    let mut taken = known;
    for (old, new) in names.pairs() {
        if !taken.insert(new.clone()) {
            return Err(Error::Collision(format!("schema {}", ident(old)), format!("schema {}", ident(new))));
        }
    }
    Ok(names.pairs().filter_map(|(old, new)| warning(catalog, old, new)).collect())
}

fn warning(catalog: &Catalog, old: &str, new: &str) -> Option<String> {
    let functions = catalog.entries.iter().filter(|entry| says(entry, old)).map(|entry| entry.label.clone());
    let settings = catalog.database.settings.iter().filter(|setting| has_word(&setting.value, old));
    let settings = settings.map(|setting| match &setting.role {
        Some(role) => format!("setting {} of role {} in the database", setting.name, ident(role)),
        None => format!("setting {} of the database", setting.name),
    });
    let found: Vec<String> = settings.chain(functions).collect();
    let more = found.len().saturating_sub(SHOWN_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!found.is_empty()).then(|| {
        let shown = found[..found.len().min(SHOWN_MAX)].join(", ");
        format!("texts are not changed when schema {old} becomes {new}, and name the old one: {shown}{more}")
    })
}

/// A function says something in its text or in its settings. A body that the server has taken apart follows by itself.
fn says(entry: &Entry, name: &str) -> bool {
    let is_routine = matches!(entry.kind.as_str(), "function" | "procedure");
    is_routine
        && entry.ddl.iter().map(ToString::to_string).any(|ddl| {
            let Some((_, rest)) = ddl.split_once("\n    LANGUAGE ") else { return false };
            match rest.contains("\n    AS ") {
                true => has_word(rest, name),
                false => rest.lines().any(|line| line.starts_with("    SET ") && has_word(line, name)),
            }
        })
}

/// Whether a name stands in a text and is not a piece of a longer one. Plain names may be written in upper case.
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let (text, name) = match ident(name) == name {
        true => (text.to_ascii_lowercase(), name.to_owned()),
        false => (text.to_owned(), name.to_owned()),
    };
    text.match_indices(&name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{check, has_word};
    use crate::manifest::Catalog;
    use crate::mapping::Names;

    #[test]
    fn words_are_whole() {
        assert!(has_word("select * from APP.t", "app") && has_word("\"$user\", app", "app"));
        assert!(has_word("'My App'.x", "My App") && !has_word("my app", "My App"));
        assert!(!has_word("from apps.t, my_app.t, app1", "app"));
    }

    #[test]
    fn texts_are_named_that_do_not_follow() {
        let function = |label: &str, rest: &str| {
            json!({"id": 1, "kind": "function", "schema": "app", "name": "f", "label": label, "section": "pre-data",
                   "ddl": [format!("CREATE FUNCTION app.f() RETURNS app.t\n    LANGUAGE sql{rest}")]})
        };
        let catalog: Catalog = serde_json::from_value(json!({"catalog": 1,
            "database": {"settings": [{"name": "search_path", "value": "app, public"}, {"name": "work_mem", "value": "'1MB'"},
                                      {"role": "r", "name": "search_path", "value": "App"}]},
            "entries": [
                {"id": 1, "kind": "schema", "name": "app", "label": "schema app", "section": "pre-data"},
                {"id": 2, "kind": "schema", "name": "other", "label": "schema other", "section": "pre-data"},
                function("quiet", "\n    AS $$select 1$$"),
                function("body", "\n    AS $$select a from app.t$$"),
                function("parsed", "\n    RETURN app.g()"),
                function("path", "\n    SET search_path TO app\n    RETURN 1"),
            ]}))
        .unwrap();
        let names = |pairs: &[(&str, &str)]| {
            Names::new(pairs.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned()))).unwrap()
        };
        let said = check(&catalog, &names(&[("app", "old")])).unwrap();
        assert_eq!(
            said,
            [
                "texts are not changed when schema app becomes old, and name the old one: setting search_path of the database, \
              setting search_path of role r in the database, body, path"
            ]
        );
        for wrong in [&[("App", "x")][..], &[("app", "other")], &[("app", "x"), ("other", "x")]] {
            assert!(check(&catalog, &names(wrong)).is_err(), "{wrong:?}");
        }
    }
}
