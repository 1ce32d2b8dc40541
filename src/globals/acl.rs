//! Privileges on tablespaces and parameters, compared across clusters in which a role may have another name.

use crate::object::acl::{AclError, AclItem, Grants, Securable, Target};
use crate::sql::Sql;
use crate::version::Version;

/// The items of an ACL, the role `from` renamed to `to`.
///
/// # Errors
/// An item that cannot be read.
pub fn items(texts: &[String], from: &str, to: &str) -> Result<Vec<AclItem>, AclError> {
    let mut items =
        texts.iter().map(|text| AclItem::try_from(text.as_str())).collect::<Result<Vec<_>, _>>()?;
    for item in &mut items {
        for role in item.grantee.iter_mut().chain([&mut item.grantor]).filter(|role| *role == from) {
            to.clone_into(role);
        }
    }
    Ok(items)
}

/// Whether two ACLs grant the same.
pub fn equal(a: &[AclItem], b: &[AclItem]) -> bool {
    a.len() == b.len() && a.iter().all(|item| b.contains(item))
}

/// What leads from one ACL to another. What another role than the owner granted is granted by that role again.
pub fn grants(
    (noun, reference): (&str, &str),
    of: Securable,
    owner: &str,
    version: Version,
    (base, wanted): (&[AclItem], &[AclItem]),
) -> Vec<Sql> {
    let target = Target::Object { noun, reference };
    let grants = Grants { target, of, owner, source: version, known: &[] };
    let mut statements = Vec::new();
    for acl in grants.statements(base, wanted) {
        match &acl.grantor {
            Some(grantor) => statements.extend([
                Sql::new("SET SESSION AUTHORIZATION ").role(grantor),
                acl.sql,
                Sql::new("RESET SESSION AUTHORIZATION"),
            ]),
            None => statements.push(acl.sql),
        }
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::{equal, grants, items};
    use crate::object::acl::Securable;
    use crate::sql::Sql;
    use crate::version::Version;

    fn texts(items: &[&str]) -> Vec<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    #[test]
    fn a_role_takes_the_name_that_it_has_on_the_target() {
        let source = texts(&["app=s/postgres", "postgres=sA/postgres"]);
        let target = texts(&["\"the admin\"=sA/\"the admin\"", "app=s/\"the admin\""]);
        let (source, target) =
            (items(&source, "postgres", "the admin").unwrap(), items(&target, "", "").unwrap());
        assert!(equal(&source, &target) && !equal(&source, &target[1..]));
    }

    #[test]
    fn grants_of_others_are_theirs_again() {
        let base = items(&texts(&["o=sA/o"]), "", "").unwrap();
        let wanted = items(&texts(&["o=sA/o", "\"A b\"=s*/o", "c=s/\"A b\""]), "", "").unwrap();
        let version = Version::from_num(150_000);
        let sql = grants(("PARAMETER", "work_mem"), Securable::Parameter, "o", version, (&base, &wanted));
        assert_eq!(
            sql.iter().map(Sql::render).collect::<Vec<_>>(),
            [
                "GRANT SET ON PARAMETER work_mem TO \"A b\" WITH GRANT OPTION",
                "SET SESSION AUTHORIZATION \"A b\"",
                "GRANT SET ON PARAMETER work_mem TO c",
                "RESET SESSION AUTHORIZATION"
            ]
        );
    }
}
