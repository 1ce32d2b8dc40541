//! Privileges: from `aclitem[]` to GRANT and REVOKE (objects.md §35). (in work)

/// The two ACLs of an object, as the server prints their items.
#[derive(Clone, Copy, Debug)]
pub struct AclRow<'a> {
    /// The object's ACL; `None` for NULL.
    pub acl: Option<&'a [String]>,
    /// `acldefault(kind, owner)`.
    pub default: &'a [String],
}
