//! Roles: owners, grants, policies, user mappings, settings of roles in the database.

use std::collections::{BTreeMap, BTreeSet};

use super::{Error, Named, Names};
use crate::manifest::{Acl, Catalog, Database, Entry};
use crate::object::acl::AclItem;
use crate::sql::{Sql, ident};

/// Kind of the entries that are named after a role.
const USER_MAPPING: &str = "user_mapping";

/// Maps them. Where two roles become one, that has what both had.
///
/// # Errors
/// Names that the catalog does not have; user mappings that would become one; privileges that cannot be read.
pub fn map(catalog: &mut Catalog, names: &Names) -> Result<Vec<String>, Error> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut known = BTreeSet::new();
    let mut visit = |role: &mut String| {
        known.insert(role.clone());
        names.map(role);
    };
    for entry in &mut catalog.entries {
        entry.owner.iter_mut().for_each(&mut visit);
        statements(entry).flat_map(Sql::roles_mut).for_each(&mut visit);
        entry.acl.iter_mut().filter_map(|acl| acl.grantor.as_mut()).for_each(&mut visit);
        if entry.kind == USER_MAPPING {
            names.map(&mut entry.name);
        }
        simplify(&mut entry.acl, entry.owner.as_deref());
    }
    let Database { owner, settings, role_paths, acl_items, public, .. } = &mut catalog.database;
    let of_settings = settings.iter_mut().chain(role_paths).filter_map(|setting| setting.role.as_mut());
    let of_public = public.iter_mut().map(|public| &mut public.owner);
    let own = Some(&mut *owner).filter(|owner| !owner.is_empty());
    of_settings.chain(of_public).chain(own).for_each(&mut visit);
    let of_public = public.as_mut().and_then(|public| Some((&public.owner, public.acl.as_mut()?)));
    let of_database = acl_items.as_mut().map(|items| (&*owner, items));
    for (owner, items) in of_database.into_iter().chain(of_public) {
        *items = map_items(items, owner, &mut visit)?;
    }
    names.check(Named::Role, known)?;
    collisions(&catalog.entries)?;
    Ok(ambiguities(&catalog.database))
}

/// All statements of an entry.
fn statements(entry: &mut Entry) -> impl Iterator<Item = &mut Sql> {
    let Entry { ddl, drop, owner_sql, comments, labels, acl, .. } = entry;
    let plain = ddl.iter_mut().chain(drop).chain(owner_sql).chain(comments);
    plain.chain(labels.iter_mut().map(|label| &mut label.sql)).chain(acl.iter_mut().map(|acl| &mut acl.sql))
}

/// Where grantor and owner are one now, the owner grants. What a role gives to itself it has, and the server refuses it.
fn simplify(acl: &mut Vec<Acl>, owner: Option<&str>) {
    for one in &mut *acl {
        one.grantor.take_if(|grantor| Some(grantor.as_str()) == owner);
    }
    acl.retain(|one| one.grantor.is_none() || !one.sql.roles().eq(&one.grantor));
}

/// The same for items, of which there is one for each grantee and grantor.
fn map_items(
    items: &[String],
    owner: &str,
    visit: &mut impl FnMut(&mut String),
) -> Result<Vec<String>, Error> {
    let mut mapped: Vec<AclItem> = Vec::new();
    for item in items {
        let mut item = AclItem::try_from(item.as_str())?;
        item.grantee.iter_mut().chain([&mut item.grantor]).for_each(&mut *visit);
        let to_itself = item.grantee.as_ref() == Some(&item.grantor) && item.grantor != owner;
        match mapped.iter_mut().find(|known| known.grantee == item.grantee && known.grantor == item.grantor) {
            Some(known) => known.add(&item.privileges),
            None if to_itself => {}
            None => mapped.push(item),
        }
    }
    Ok(mapped.iter().map(ToString::to_string).collect())
}

/// A server has one mapping for each role.
fn collisions(entries: &[Entry]) -> Result<(), Error> {
    let mut mappings = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.kind == USER_MAPPING) {
        if let Some(before) = mappings.insert((&entry.table, &entry.name), &entry.label) {
            return Err(Error::Collision(before.clone(), entry.label.clone()));
        }
    }
    Ok(())
}

/// Settings that two roles had, with other values: the last one stays.
fn ambiguities(database: &Database) -> Vec<String> {
    let mut values = BTreeMap::new();
    let mut warnings = Vec::new();
    for setting in &database.settings {
        let Some(role) = &setting.role else { continue };
        let before = values.insert((role, &setting.name), &setting.value);
        if before.is_some_and(|before| *before != setting.value) {
            let (role, value) = (ident(role), &setting.value);
            warnings.push(format!(
                "roles that become {role} had several values of {}: it gets {value}",
                setting.name
            ));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Names, map};
    use crate::manifest::Catalog;
    use crate::mapping::Error;

    fn names(pairs: &[(&str, &str)]) -> Names {
        Names::new(pairs.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned()))).unwrap()
    }

    fn catalog() -> Catalog {
        let to = |text: &str, role: &str| json!({"text": [text, ""], "roles": [role]});
        let grant =
            |role: &str, grantor: Option<&str>| json!({"sql": to("GRANT x TO ", role), "grantor": grantor});
        serde_json::from_value(json!({
            "catalog": 1,
            "database": {
                "owner": "a", "acl_items": ["=Tc/a", "a=CTc/a", "b=c*/a", "c=c/b", "b=c/c"],
                "settings": [{"role": "a", "name": "work_mem", "value": "'1MB'"},
                             {"role": "b", "name": "work_mem", "value": "'2MB'"}],
                "role_paths": [{"role": "p", "name": "search_path", "value": "x"}],
                "public": {"owner": "q", "acl": ["q=UC/q", "\"a=b\"=U/q"], "comment": null},
            },
            "entries": [
                {"id": 1, "kind": "table", "name": "t", "label": "table t", "section": "pre-data", "owner": "a",
                 "owner_sql": to("ALTER TABLE t OWNER TO ", "a"), "drop": [to("DROP ", "d")],
                 "comments": [to("COMMENT ", "e")],
                 "acl": [grant("b", None), grant("c", Some("b")), grant("c", Some("a")), grant("b", Some("c"))]},
                {"id": 2, "kind": "policy", "name": "rule", "label": "policy rule", "section": "post-data",
                 "ddl": [{"text": ["CREATE POLICY TO ", ", ", ""], "roles": ["a", "b"]}]},
                {"id": 3, "kind": "user_mapping", "name": "a", "table": "s", "label": "user mapping a",
                 "section": "post-data", "ddl": [to("CREATE USER MAPPING FOR ", "a")]},
                {"id": 4, "kind": "user_mapping", "name": "c", "table": "s", "label": "user mapping c",
                 "section": "post-data", "ddl": [to("CREATE USER MAPPING FOR ", "c")]},
            ],
        }))
        .unwrap()
    }

    #[test]
    fn every_name_is_mapped() {
        let mut mapped = catalog();
        let all = ["a", "b", "c", "d", "e", "p", "q", "a=b"].map(|old| (old, format!("new {old}")));
        let all: Vec<(&str, &str)> = all.iter().map(|(old, new)| (*old, new.as_str())).collect();
        assert!(map(&mut mapped, &names(&all)).unwrap().is_empty());
        let text = serde_json::to_string(&mapped).unwrap();
        for (old, new) in &all {
            let plain = text.matches(&format!("\"{old}\"")).count();
            assert_eq!(plain, 0, "{old}: {text}");
            assert!(text.contains(new), "{text}");
        }
        let database = &mapped.database;
        assert_eq!(database.acl_items.as_ref().unwrap()[2], "\"new b\"=c*/\"new a\"");
        assert_eq!(database.public.as_ref().unwrap().acl.as_ref().unwrap()[1], "\"new a=b\"=U/\"new q\"");
        assert_eq!(mapped.entries[2].name, "new a");
    }

    #[test]
    fn two_roles_that_become_one_have_what_both_had() {
        let mut mapped = catalog();
        let warnings = map(&mut mapped, &names(&[("b", "a")])).unwrap();
        assert_eq!(warnings, ["roles that become a had several values of work_mem: it gets '2MB'"]);
        let acl = |mapped: &Catalog| -> Vec<String> {
            let acl = mapped.entries[0].acl.iter();
            acl.map(|acl| format!("{} by {:?}", acl.sql, acl.grantor)).collect()
        };
        let of_owner = ["GRANT x TO a by None", "GRANT x TO c by None", "GRANT x TO c by None"];
        assert_eq!(acl(&mapped), [&of_owner[..], &["GRANT x TO a by Some(\"c\")"]].concat());
        assert_eq!(mapped.database.acl_items.unwrap(), ["=Tc/a", "a=CTc*/a", "c=c/a", "a=c/c"]);
        assert_eq!(mapped.entries[1].ddl[0].render(), "CREATE POLICY TO a, a");

        let mut mapped = catalog();
        map(&mut mapped, &names(&[("b", "x"), ("c", "x")])).unwrap_or_default();
        assert_eq!(acl(&mapped), ["GRANT x TO x by None", "GRANT x TO x by None"]);
        assert_eq!(mapped.database.acl_items.unwrap(), ["=Tc/a", "a=CTc/a", "x=c*/a"]);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let unknown = map(&mut catalog(), &names(&[("A", "x"), ("a", "y")])).unwrap_err();
        assert_eq!(unknown.to_string(), "the archive names no role A");
        let one = map(&mut catalog(), &names(&[("a", "x"), ("c", "x")])).unwrap_err();
        assert!(
            matches!(&one, Error::Collision(a, b) if (&**a, &**b) == ("user mapping a", "user mapping c")),
            "{one}"
        );
    }
}
