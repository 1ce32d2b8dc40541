//! REFRESH of materialized views.
//!
//! First with an empty search_path, as everything runs here: nothing is found by accident. A query may call functions
//! whose bodies have unqualified names, though; those mean what the search_path of the source's sessions says, which
//! the database gets only at the end. From 17 on the server itself empties it for a refresh, and such a view cannot be
//! filled there at all (documentation: REFRESH MATERIALIZED VIEW).

use super::ddl::Work;
use super::error::Error;
use super::run::Run;
use crate::manifest::{Catalog, Entry};
use crate::server::Session;

/// Fills the view of `entry`.
///
/// # Errors
/// The server's; of several attempts the first.
pub async fn refresh(run: &Run, session: &Session, entry: &Entry) -> Result<(), Error> {
    let work = run.work(entry);
    let first = match work.run(session).await {
        Err(error) if error.lacks_object() => error,
        other => return other,
    };
    for path in paths(&run.catalog, entry) {
        let mut sql = vec![format!("SET search_path TO {path}")];
        sql.extend(work.sql.iter().cloned());
        sql.push("SET search_path TO ''".to_owned());
        if (Work { sql, ..work.clone() }).run(session).await.is_ok() {
            return Ok(());
        }
    }
    Err(first)
}

/// The search_paths with which somebody may have filled the view: that of its owner in the database, that of the
/// database, that of its owner everywhere; ready for SET.
fn paths<'a>(catalog: &'a Catalog, refresh: &Entry) -> Vec<&'a str> {
    let entry = |id: &u32| catalog.entries.get(*id as usize - 1);
    let mut views = refresh.deps.iter().filter_map(entry).filter(|dep| dep.kind == "materialized_view");
    let view = views.find(|view| view.name == refresh.name && view.schema == refresh.schema);
    let owner = view.and_then(|view| view.owner.as_deref());
    let facts = &catalog.database;
    let of_owner = |role: &Option<String>| role.is_some() && role.as_deref() == owner;
    let settings = || facts.settings.iter().filter(|setting| setting.name == "search_path");
    let in_database = settings().filter(|setting| of_owner(&setting.role));
    let of_database = settings().filter(|setting| setting.role.is_none());
    let everywhere = facts.role_paths.iter().filter(|setting| of_owner(&setting.role));
    let mut paths: Vec<&str> = Vec::new();
    for setting in in_database.chain(of_database).chain(everywhere) {
        if !paths.contains(&setting.value.as_str()) {
            paths.push(&setting.value);
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::paths;
    use crate::manifest::{Catalog, Database, Entry, Setting};

    fn entry(id: u32, kind: &str, name: &str, owner: &str, deps: &[u32]) -> Entry {
        let json = serde_json::json!({
            "id": id, "kind": kind, "name": name, "label": kind, "oid": id, "section": "post-data", "deps": deps,
            "owner": owner,
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_owner_comes_first_and_nothing_twice() {
        let setting = |role: Option<&str>, name: &str, value: &str| Setting {
            role: role.map(str::to_owned),
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let database = Database {
            settings: vec![
                setting(None, "work_mem", "'9MB'"),
                setting(None, "search_path", "app, public"),
                setting(Some("other"), "search_path", "other"),
                setting(Some("o"), "search_path", "mine"),
            ],
            role_paths: vec![
                setting(Some("o"), "search_path", "app, public"),
                setting(Some("p"), "search_path", "theirs"),
            ],
            ..Database::default()
        };
        let entries = vec![
            entry(1, "materialized_view", "m", "o", &[]),
            entry(2, "materialized_view", "n", "p", &[]),
            entry(3, "refresh", "n", "", &[1, 2]),
            entry(4, "refresh", "m", "", &[1]),
        ];
        let catalog = Catalog { database, entries, ..Catalog::default() };
        assert_eq!(paths(&catalog, &catalog.entries[3]), ["mine", "app, public"]);
        assert_eq!(paths(&catalog, &catalog.entries[2]), ["app, public", "theirs"]);
    }
}
