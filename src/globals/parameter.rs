//! Privileges on parameters. They belong to the bootstrap superuser, whose name may be another one on the target.

use super::acl::{equal, grants, items};
use super::plan::{Change, Comparison, Phase, Step};
use crate::object::acl::{AclError, Securable};
use crate::sql::ident;

/// Adds what is missing and what differs: a parameter on which the target has privileges of its own is reported only.
pub fn compare(of: &mut Comparison<'_>) -> Result<(), AclError> {
    for parameter in &of.source.parameters {
        let label = format!("privileges on parameter {}", parameter.name);
        if !of.target.version.at_least(15) {
            let what = format!("PostgreSQL {} has none", of.target.version.major());
            of.report(label, [Change::new(what, [])], None);
            continue;
        }
        let there = of.target.globals.parameters.iter().find(|there| there.name == parameter.name);
        let owner = of.target.globals.bootstrap.as_str();
        let wanted = items(&parameter.acl, &of.source.bootstrap, owner)?;
        let base = there.map_or_else(|| born_with(owner), |there| there.acl.clone());
        let base = items(&base, owner, owner)?;
        if equal(&base, &wanted) {
            of.plan.present += 1;
            continue;
        }
        if let Some(role) =
            wanted.iter().filter_map(|item| item.grantee.as_ref()).find(|role| !of.knows(role))
        {
            let change = Change::new(of.lacks_role(role), []);
            of.report(label, [change], None);
            continue;
        }
        let on = ("PARAMETER", reference(&parameter.name));
        let version = of.target.version;
        let sql = grants((on.0, &on.1), Securable::Parameter, owner, version, (&base, &wanted));
        if there.is_none() {
            of.plan.steps.push(Step { phase: Phase::Parameter, label, sql });
        } else {
            of.report(label, [Change::new("others are granted there", sql)], None);
        }
    }
    Ok(())
}

/// `acldefault('p', owner)`.
fn born_with(owner: &str) -> Vec<String> {
    vec![format!("{owner}=sA/{owner}", owner = ident(owner))]
}

/// Each part of a dotted name is an identifier.
fn reference(name: &str) -> String {
    name.split('.').map(ident).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::reference;

    #[test]
    fn names_are_quoted_part_by_part() {
        assert_eq!(reference("work_mem"), "work_mem");
        assert_eq!(reference("my.Odd name"), "my.\"Odd name\"");
    }
}
