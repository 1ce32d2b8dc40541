//! Privileges that this target, or the role that restores, cannot give: found before the first write and left out of
//! the catalog, with a word in the plan.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Failure;
use crate::manifest::{Acl, Catalog};
use crate::server::{self, Session};
use crate::sql::literal;
use crate::version::Version;

/// The privilege that came with PostgreSQL 17 (documentation: Privileges).
const MAINTAIN: &str = "MAINTAIN";
/// So many names are told.
const NAMES_MAX: usize = 5;

/// Takes MAINTAIN out of the grants for a target that does not know it: the warning, if there is one. `ALL` stays; it
/// is all that the target knows.
pub fn leave_out_maintain(catalog: &mut Catalog, target: Version) -> Option<String> {
    if target.at_least(17) {
        return None;
    }
    let mut labels = Vec::new();
    for entry in &mut catalog.entries {
        let named = entry.acl.iter().any(|acl| acl.sql.names_privilege(MAINTAIN));
        if named {
            entry.acl.retain_mut(|acl| match acl.sql.without_privilege(MAINTAIN) {
                Some(sql) => {
                    acl.sql = sql;
                    true
                }
                None => false,
            });
        }
        let default =
            entry.kind == "default_acl" && entry.ddl.iter().any(|sql| sql.names_privilege(MAINTAIN));
        if default {
            entry.ddl = entry.ddl.iter().filter_map(|sql| sql.without_privilege(MAINTAIN)).collect();
        }
        if named || default {
            labels.push(entry.label.clone());
        }
    }
    (!labels.is_empty()).then(|| {
        format!(
            "PostgreSQL {target} has no privilege {MAINTAIN}: it is left out of the grants on {}",
            some(&labels)
        )
    })
}

/// The first few names, and how many more there are.
pub(super) fn some(names: &[String]) -> String {
    let (shown, more) = names.split_at(names.len().min(NAMES_MAX));
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    format!("{}{more}", shown.join(", "))
}

/// Leaves out the grants that only another role can make, of which the session may not become a member: what a
/// superuser would have to do. Grants that other roles made behind such a one may hang on it, and go with it.
///
/// # Errors
/// Those of the server.
pub async fn leave_out_grantors(
    session: &Session,
    catalog: &mut Catalog,
) -> Result<Vec<Failure>, server::Error> {
    let grantors: BTreeSet<&String> =
        catalog.entries.iter().flat_map(|entry| &entry.acl).filter_map(|acl| acl.grantor.as_ref()).collect();
    if grantors.is_empty() {
        return Ok(Vec::new());
    }
    let denied = denied(session, grantors.into_iter().cloned().collect()).await?;
    Ok(without_grantors(catalog, &denied))
}

/// The roles among `grantors` that exist and that SET ROLE would not accept.
async fn denied(session: &Session, grantors: Vec<String>) -> Result<BTreeSet<String>, server::Error> {
    #[derive(Deserialize)]
    struct Row {
        name: String,
    }
    // From 16 on a membership may come without the right to SET ROLE.
    let right = if session.version.at_least(16) { "SET" } else { "MEMBER" };
    let names = grantors.iter().map(|name| literal(name)).collect::<Vec<_>>().join(",");
    let sql = format!(
        "select r.rolname as name from pg_roles r
        where r.rolname in ({names}) and not pg_has_role(session_user, r.oid, '{right}')"
    );
    let rows: Vec<Row> = session.fetch(&sql).await?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

fn without_grantors(catalog: &mut Catalog, denied: &BTreeSet<String>) -> Vec<Failure> {
    let mut failures = Vec::new();
    for entry in &mut catalog.entries {
        let denied_to = |acl: &Acl| acl.grantor.as_ref().is_some_and(|role| denied.contains(role));
        let Some(first) = entry.acl.iter().find(|acl| denied_to(acl)) else { continue };
        let grantor = first.grantor.clone().unwrap_or_default();
        let count = leave_out_grants(&mut entry.acl, denied_to);
        failures.push(Failure {
            label: format!("privileges of {}", entry.label),
            reason: format!(
                "{count} grant(s) made by role \"{grantor}\": the restoring role is neither a superuser nor a member \
                 of it"
            ),
        });
    }
    failures
}

/// Leaves out grants, and those by others than the owner that may hang on them: how many.
pub(super) fn leave_out_grants(acl: &mut Vec<Acl>, is_out: impl Fn(&Acl) -> bool) -> usize {
    let before = acl.len();
    let mut broken = false;
    acl.retain(|one| {
        let out = is_out(one) || broken && one.grantor.is_some();
        // Others may have granted on what is not theirs to grant now.
        broken |= out && (one.grantor.is_some() || one.sql.render().ends_with(" WITH GRANT OPTION"));
        !out
    });
    before - acl.len()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{leave_out_maintain, without_grantors};
    use crate::manifest::{Acl, Catalog, Entry};
    use crate::sql::Sql;
    use crate::version::Version;

    fn entry(kind: &str, grants: &[(&str, Option<&str>)]) -> Entry {
        let json = serde_json::json!({
            "id": 1, "kind": kind, "name": "n", "label": format!("{kind} n"), "oid": 1, "section": "pre-data",
        });
        let mut entry: Entry = serde_json::from_value(json).unwrap();
        for (sql, grantor) in grants {
            entry.acl.push(Acl { sql: Sql::new(*sql), grantor: grantor.map(str::to_owned) });
        }
        entry
    }

    fn texts(entry: &Entry) -> Vec<String> {
        entry.acl.iter().map(|acl| acl.sql.render()).collect()
    }

    #[test]
    fn maintain_is_left_out_before_17_only() {
        let table = entry(
            "table",
            &[
                ("GRANT SELECT, MAINTAIN ON TABLE n TO a", None),
                ("GRANT MAINTAIN ON TABLE n TO b", None),
                ("GRANT ALL ON TABLE n TO c", None),
            ],
        );
        let mut default = entry("default_acl", &[]);
        default.ddl = vec![Sql::new("ALTER DEFAULT PRIVILEGES FOR ROLE o GRANT MAINTAIN ON TABLES TO a")];
        let mut catalog = Catalog { entries: vec![table, default], ..Catalog::default() };
        assert_eq!(leave_out_maintain(&mut catalog, Version::from_num(170_001)), None);
        assert_eq!(texts(&catalog.entries[0]).len(), 3);
        let warning = leave_out_maintain(&mut catalog, Version::from_num(160_001)).unwrap();
        assert!(warning.contains("16.1") && warning.ends_with("table n, default_acl n"), "{warning}");
        assert_eq!(texts(&catalog.entries[0]), ["GRANT SELECT ON TABLE n TO a", "GRANT ALL ON TABLE n TO c"]);
        assert!(catalog.entries[1].ddl.is_empty());
        assert_eq!(leave_out_maintain(&mut catalog, Version::from_num(160_001)), None);
    }

    #[test]
    fn what_hangs_on_a_grant_that_cannot_be_made_goes_with_it() {
        let table = entry(
            "table",
            &[
                ("first", Some("friend")),
                ("denied", Some("lender")),
                ("owner's", None),
                ("behind", Some("friend")),
            ],
        );
        let mut catalog =
            Catalog { entries: vec![table, entry("view", &[("x", Some("friend"))])], ..Catalog::default() };
        let failures = without_grantors(&mut catalog, &BTreeSet::from(["lender".to_owned()]));
        assert_eq!(failures.len(), 1);
        assert!(failures[0].reason.starts_with("2 grant(s) made by role \"lender\""), "{:?}", failures[0]);
        assert_eq!(texts(&catalog.entries[0]), ["first", "owner's"]);
        assert_eq!(texts(&catalog.entries[1]), ["x"]);
    }
}
