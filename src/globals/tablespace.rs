//! Tablespaces.

use super::acl::{equal, grants, items};
use super::annotation::Annotations;
use super::plan::{Change, Comparison, Phase, Step};
use crate::manifest::Tablespace;
use crate::object::acl::{AclError, AclItem, Securable};
use crate::object::option_list;
use crate::sql::{Sql, ident, literal};
use crate::version::Version;

/// Adds what is missing and what differs.
pub fn compare(of: &mut Comparison<'_>) -> Result<(), AclError> {
    let version = of.target.version;
    for tablespace in &of.source.tablespaces {
        let label = format!("tablespace {}", ident(&tablespace.name));
        let there = of.target.globals.tablespaces.iter().find(|there| there.name == tablespace.name);
        let Some(there) = there else {
            let sql = create(tablespace, version)?;
            of.plan.steps.push(Step { phase: Phase::Tablespace, label, sql });
            of.plan.tablespaces.push(tablespace.clone());
            continue;
        };
        if there.location != tablespace.location {
            // Disks differ from machine to machine: whoever made it beforehand made it where it is meant to be.
            let (here, before) = (place(there), place(tablespace));
            of.plan.warnings.push(format!("{label} is in {here} there, in {before} in the source"));
        }
        let changes = changes(tablespace, there, version)?;
        match changes.is_empty() {
            true => of.plan.present += 1,
            false => of.report(label, changes, None),
        }
    }
    Ok(())
}

fn place(tablespace: &Tablespace) -> &str {
    tablespace.location.as_deref().unwrap_or("the data directory")
}

/// All statements, to be run one by one: CREATE TABLESPACE takes no transaction, and no company.
fn create(tablespace: &Tablespace, version: Version) -> Result<Vec<Sql>, AclError> {
    let Tablespace { name, owner, location, options, .. } = tablespace;
    let mut sql = Vec::new();
    // Minor releases since August 2022 have the setting.
    let in_place = location.is_none();
    sql.extend(in_place.then(|| Sql::new("SET allow_in_place_tablespaces = on")));
    let location = literal(location.as_deref().unwrap_or_default());
    let create = Sql::new(format!("CREATE TABLESPACE {} OWNER ", ident(name))).role(owner);
    sql.push(create.text(format!(" LOCATION {location}")));
    sql.extend(in_place.then(|| Sql::new("RESET allow_in_place_tablespaces")));
    if !options.is_empty() {
        sql.push(alter(tablespace).text(format!(" SET ({})", option_list(options, "").join(", "))));
    }
    sql.extend(annotations(tablespace).statements(&on(tablespace)));
    let born = items(&born_with(owner), owner, owner)?;
    sql.extend(granted(tablespace, version, &born, &acl(tablespace, owner)?));
    Ok(sql)
}

fn changes(source: &Tablespace, target: &Tablespace, version: Version) -> Result<Vec<Change>, AclError> {
    let mut changes = Vec::new();
    if source.owner != target.owner {
        let what = format!("it belongs to {} there, to {} in the archive", target.owner, source.owner);
        changes.push(Change::new(what, [alter(source).text(" OWNER TO ").role(&source.owner)]));
    }
    let options = options(source, target);
    if !options.is_empty() {
        changes.push(Change::new("other options", options));
    }
    changes.extend(annotations(source).changes(&on(source), annotations(target)));
    // A new owner takes over the old one's privileges: they are compared as if he had them already.
    let (has, wanted) = (acl(target, &source.owner)?, acl(source, &source.owner)?);
    if !equal(&has, &wanted) {
        changes.push(Change::new("other privileges", granted(source, version, &has, &wanted)));
    }
    Ok(changes)
}

/// What makes the options of `target` those of `source`.
fn options(source: &Tablespace, target: &Tablespace) -> Vec<Sql> {
    let name = |item: &str| item.split('=').next().unwrap_or_default().to_owned();
    let set: Vec<String> =
        source.options.iter().filter(|item| !target.options.contains(item)).cloned().collect();
    let is_gone = |known: &String| !source.options.iter().any(|item| name(item) == *known);
    let gone: Vec<String> = target.options.iter().map(|item| name(item)).filter(is_gone).collect();
    let mut sql = Vec::new();
    if !set.is_empty() {
        sql.push(alter(source).text(format!(" SET ({})", option_list(&set, "").join(", "))));
    }
    if !gone.is_empty() {
        let names: Vec<String> = gone.iter().map(|name| ident(name)).collect();
        sql.push(alter(source).text(format!(" RESET ({})", names.join(", "))));
    }
    sql
}

/// The privileges, as those of an object of `owner`.
fn acl(tablespace: &Tablespace, owner: &str) -> Result<Vec<AclItem>, AclError> {
    let acl = tablespace.acl.clone().unwrap_or_else(|| born_with(&tablespace.owner));
    items(&acl, &tablespace.owner, owner)
}

fn granted(tablespace: &Tablespace, version: Version, base: &[AclItem], wanted: &[AclItem]) -> Vec<Sql> {
    let reference = ident(&tablespace.name);
    grants(("TABLESPACE", &reference), Securable::Tablespace, &tablespace.owner, version, (base, wanted))
}

/// `acldefault('t', owner)`.
fn born_with(owner: &str) -> Vec<String> {
    vec![format!("{owner}=C/{owner}", owner = ident(owner))]
}

fn alter(tablespace: &Tablespace) -> Sql {
    Sql::new(format!("ALTER TABLESPACE {}", ident(&tablespace.name)))
}

fn on(tablespace: &Tablespace) -> Sql {
    Sql::new(format!("TABLESPACE {}", ident(&tablespace.name)))
}

fn annotations(tablespace: &Tablespace) -> Annotations<'_> {
    Annotations { comment: tablespace.comment.as_deref(), labels: &tablespace.labels }
}

#[cfg(test)]
mod tests {
    use super::{changes, create};
    use crate::manifest::Tablespace;
    use crate::sql::Sql;
    use crate::version::Version;

    fn fast() -> Tablespace {
        Tablespace {
            name: "Fast".into(),
            owner: "app".into(),
            location: Some("/data/it's".into()),
            ..Tablespace::default()
        }
    }

    fn texts(items: &[&str]) -> Vec<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    fn created(tablespace: &Tablespace) -> Vec<String> {
        create(tablespace, Version::from_num(180_000)).unwrap().iter().map(Sql::render).collect()
    }

    #[test]
    fn a_tablespace_is_made_with_all_that_it_has() {
        assert_eq!(created(&fast()), ["CREATE TABLESPACE \"Fast\" OWNER app LOCATION '/data/it''s'"]);
        let full = Tablespace {
            location: None,
            options: texts(&["seq_page_cost=2"]),
            acl: Some(texts(&["app=C/app", "=C/app"])),
            comment: Some("c".into()),
            ..fast()
        };
        assert_eq!(
            created(&full),
            [
                "SET allow_in_place_tablespaces = on",
                "CREATE TABLESPACE \"Fast\" OWNER app LOCATION ''",
                "RESET allow_in_place_tablespaces",
                "ALTER TABLESPACE \"Fast\" SET (seq_page_cost='2')",
                "COMMENT ON TABLESPACE \"Fast\" IS 'c'",
                "GRANT ALL ON TABLESPACE \"Fast\" TO PUBLIC",
            ]
        );
    }

    #[test]
    fn what_differs_is_said_with_its_statement() {
        let other = Tablespace {
            owner: "postgres".into(),
            options: texts(&["seq_page_cost=2", "random_page_cost=3"]),
            acl: Some(texts(&["postgres=C/postgres", "reader=C/postgres"])),
            ..fast()
        };
        let wanted = Tablespace { options: texts(&["seq_page_cost=1"]), ..fast() };
        let found = changes(&wanted, &other, Version::from_num(180_000)).unwrap();
        let sql: Vec<String> = found.iter().flat_map(|change| &change.sql).map(Sql::render).collect();
        assert_eq!(
            sql,
            [
                "ALTER TABLESPACE \"Fast\" OWNER TO app",
                "ALTER TABLESPACE \"Fast\" SET (seq_page_cost='1')",
                "ALTER TABLESPACE \"Fast\" RESET (random_page_cost)",
                "REVOKE ALL ON TABLESPACE \"Fast\" FROM reader",
            ]
        );
        let moved = Tablespace { location: None, ..fast() };
        assert!(changes(&fast(), &moved, Version::from_num(180_000)).unwrap().is_empty());
    }
}
