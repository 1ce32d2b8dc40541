//! Privileges on a database: facts in an archive, and statements only when its name is known.

use super::{AclError, AclItem, Grants, Privilege, Securable, Target};
use crate::manifest::{Acl, Database};
use crate::sql::ident;
use crate::version::Version;

/// From the privileges that a database is born with to those of the source, for one called `name`.
///
/// # Errors
/// An item that cannot be read.
pub fn database_grants(name: &str, database: &Database, source: Version) -> Result<Vec<Acl>, AclError> {
    let Some(items) = &database.acl_items else { return Ok(Vec::new()) };
    let owner = &database.owner;
    let item = |grantee: Option<&String>, letters: &str| AclItem {
        grantee: grantee.cloned(),
        privileges: letters.chars().map(|letter| Privilege { letter, grantable: false }).collect(),
        grantor: owner.clone(),
    };
    // `acldefault('d', owner)` of every version (acl.h, ACL_ALL_RIGHTS_DATABASE).
    let base = [item(None, "Tc"), item(Some(owner), "CTc")];
    let current = items.iter().map(|item| item.as_str().try_into()).collect::<Result<Vec<_>, _>>()?;
    let target = Target::Object { noun: "DATABASE", reference: &ident(name) };
    let grants = Grants { target, of: Securable::Database, owner, source, known: &[] };
    Ok(grants.statements(&base, &current))
}

#[cfg(test)]
mod tests {
    use super::database_grants;
    use crate::manifest::Database;
    use crate::version::Version;

    #[test]
    fn privileges_are_said_as_differences() {
        let said = |items: Option<&[&str]>| {
            let acl_items = items.map(|items| items.iter().map(|item| (*item).to_owned()).collect());
            let database = Database { owner: "O".to_owned(), acl_items, ..Database::default() };
            let acl = database_grants("my app", &database, Version::from_num(180_000)).unwrap();
            acl.iter().map(|acl| acl.sql.render()).collect::<Vec<_>>()
        };
        assert!(said(None).is_empty());
        assert!(said(Some(&["=Tc/O", "O=CTc/O"])).is_empty());
        assert_eq!(
            said(Some(&["O=CTc/O", "r=c*/O"])),
            [
                "REVOKE TEMPORARY, CONNECT ON DATABASE \"my app\" FROM PUBLIC",
                "GRANT CONNECT ON DATABASE \"my app\" TO r WITH GRANT OPTION"
            ]
        );
        assert_eq!(said(Some(&[])).len(), 2);
    }
}
