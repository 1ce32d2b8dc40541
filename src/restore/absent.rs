//! `--keep-going` without the roles that an archive names: what they own goes to the restoring role, and what they are
//! granted is left out. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::Failure;
use super::create::NewDatabase;
use super::privileges::{leave_out_grants, some};
use crate::manifest::{Acl, Catalog, Pass};
use crate::sql::{Sql, ident};

/// Leaves out owners and grants of roles that are missing; one failure for each of them. What cannot be without its role
/// (a policy, a user mapping, a setting) is left to fail by itself.
pub fn leave_out(
    catalog: &mut Catalog,
    new: Option<&mut NewDatabase>,
    missing: &BTreeSet<String>,
) -> Vec<Failure> {
    let mut absent = Absent { missing, losses: BTreeMap::new() };
    for entry in &mut catalog.entries {
        absent.owner(&mut entry.owner_sql, &entry.label);
        absent.grants(&mut entry.acl, &entry.label);
        // Nothing is there that hangs on a role which is not.
        entry.drop.retain(|sql| absent.among(sql.roles()).is_empty());
        if entry.pass == Pass::Acl {
            absent.default_privileges(&mut entry.ddl, &entry.label);
        }
    }
    if let Some(new) = new {
        let label = format!("database {}", ident(&new.name));
        absent.grants(&mut new.acl, &label);
        if let Some(role) = missing.get(&new.database.owner) {
            absent.lost(role).owned.push(label);
            new.omit.owner = true;
        }
    }
    absent.losses.into_iter().map(|(role, loss)| loss.failure(role)).collect()
}

struct Absent<'a> {
    missing: &'a BTreeSet<String>,
    losses: BTreeMap<&'a String, Loss>,
}

/// What a role would have had.
#[derive(Debug, Default)]
struct Loss {
    owned: Vec<String>,
    granted: Vec<String>,
}

impl<'a> Absent<'a> {
    fn lost(&mut self, role: &'a String) -> &mut Loss {
        self.losses.entry(role).or_default()
    }

    fn among<'b>(&self, roles: impl Iterator<Item = &'b String>) -> BTreeSet<&'a String> {
        roles.filter_map(|role| self.missing.get(role)).collect()
    }

    fn owner(&mut self, owner: &mut Option<Sql>, label: &str) {
        for role in self.among(owner.iter().flat_map(Sql::roles)) {
            *owner = None;
            self.lost(role).owned.push(label.to_owned());
        }
    }

    fn grants(&mut self, acl: &mut Vec<Acl>, label: &str) {
        let roles = |acl: &Acl| self.among(acl.sql.roles().chain(&acl.grantor));
        let lost: BTreeSet<&String> = acl.iter().flat_map(roles).collect();
        leave_out_grants(acl, |acl| !roles(acl).is_empty());
        lost.into_iter().for_each(|role| self.lost(role).granted.push(label.to_owned()));
    }

    fn default_privileges(&mut self, ddl: &mut Vec<Sql>, label: &str) {
        let lost = self.among(ddl.iter().flat_map(Sql::roles));
        ddl.retain(|sql| self.among(sql.roles()).is_empty());
        lost.into_iter().for_each(|role| self.lost(role).granted.push(label.to_owned()));
    }
}

impl Loss {
    fn failure(self, role: &str) -> Failure {
        let mut reasons = vec!["there is no such role".to_owned()];
        if !self.owned.is_empty() {
            reasons.push(format!("the restoring role keeps {}", some(&self.owned)));
        }
        if !self.granted.is_empty() {
            reasons.push(format!("left out are privileges of {}", some(&self.granted)));
        }
        Failure { label: format!("role {}", ident(role)), reason: reasons.join("; ") }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::leave_out;
    use crate::manifest::Catalog;

    #[test]
    fn what_names_a_missing_role_is_left_out_and_said() {
        let to = |text: &str, role: &str| json!({"text": [text, ""], "roles": [role]});
        let grant =
            |role: &str, grantor: Option<&str>| json!({"sql": to("GRANT x TO ", role), "grantor": grantor});
        let mut catalog: Catalog = serde_json::from_value(json!({"catalog": 1, "database": {}, "entries": [
            {"id": 1, "kind": "table", "name": "t", "label": "table t", "section": "pre-data",
             "owner_sql": to("ALTER TABLE t OWNER TO ", "gone"),
             "acl": [grant("here", None), grant("Gone", None), grant("here", Some("gone")), grant("x", Some("here"))]},
            {"id": 2, "kind": "default_acl", "name": "d", "label": "default d", "section": "post-data", "pass": "acl",
             "ddl": [to("GRANT TO ", "gone"), to("GRANT TO ", "here")],
             "drop": [to("REVOKE FROM ", "gone"), to("REVOKE FROM ", "here")]},
            {"id": 3, "kind": "policy", "name": "p", "label": "policy p", "section": "post-data",
             "ddl": [to("CREATE POLICY TO ", "gone")]},
        ]}))
        .unwrap();
        let missing = BTreeSet::from(["gone".to_owned(), "Gone".to_owned()]);
        let failures = leave_out(&mut catalog, None, &missing);
        let said: Vec<String> = failures.iter().map(|one| format!("{}: {}", one.label, one.reason)).collect();
        assert_eq!(
            said,
            [
                "role \"Gone\": there is no such role; left out are privileges of table t",
                "role gone: there is no such role; the restoring role keeps table t; left out are privileges of table t, \
                 default d"
            ]
        );
        let [table, default, policy] = &catalog.entries[..] else { panic!() };
        assert_eq!(table.owner_sql, None);
        // What hangs on the grants of a role that is missing goes with them.
        assert_eq!(table.acl.iter().map(|acl| acl.sql.render()).collect::<Vec<_>>(), ["GRANT x TO here"]);
        assert_eq!((default.ddl.len(), default.drop.len(), policy.ddl.len()), (1, 1, 1));
    }
}
