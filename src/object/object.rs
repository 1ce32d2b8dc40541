//! What every kind answers.

use crate::manifest::Acl;
use crate::object::Repairs;
use crate::sql::{Sql, qualified};
use crate::version::Version;

use super::acl::{AclError, AclRow};
use super::column::Column;
use super::database::Database;
use super::id::CatalogId;
use super::kind::Kind;

/// What the DDL of an object may depend on besides the object itself.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The server that was read.
    pub source: Version,
    /// What the repair of loops decided.
    pub repairs: &'a Repairs,
    /// Everything that was read.
    pub database: &'a Database,
}

/// One object of the database. Implementations are pure.
pub trait Object: Sync {
    /// Its kind.
    fn kind(&self) -> Kind;

    /// Its identity in the catalogs.
    fn id(&self) -> CatalogId;

    /// Its schema, where its kind has one.
    fn schema(&self) -> Option<&str> {
        None
    }

    /// Its name, unquoted.
    fn name(&self) -> &str;

    /// The relation (or type) it hangs on: unquoted name, for kinds whose names are unique per table only.
    fn table(&self) -> Option<&str> {
        None
    }

    /// The relation (or domain) it hangs on: it is dumped only if that one is.
    fn parent(&self) -> Option<CatalogId> {
        None
    }

    /// What follows the noun in COMMENT, ALTER … OWNER, GRANT: `s.t`, `s.f(integer)`, `trg ON s.t`.
    fn reference(&self) -> String {
        qualified(self.schema(), self.name())
    }

    /// What follows the noun in GRANT.
    fn grant_reference(&self) -> String {
        self.reference()
    }

    /// The owner's name, where the owner can be set.
    fn owner(&self) -> Option<&str> {
        None
    }

    /// ACL and the ACL it is compared with (`acldefault`), where the kind has privileges.
    fn acl(&self) -> Option<AclRow<'_>> {
        None
    }

    /// GRANT and REVOKE, where they are not simply what leads from one ACL of [`Object::acl`] to the other.
    ///
    /// # Errors
    /// An item that cannot be read.
    fn own_acl(&self, _: &Scope<'_>) -> Result<Option<Vec<Acl>>, AclError> {
        Ok(None)
    }

    /// Columns, dropped ones left out; for comments, column privileges, offline readers.
    fn columns(&self) -> &[Column] {
        &[]
    }

    /// Its version, where its kind has one that the target may not have.
    fn version(&self) -> Option<&str> {
        None
    }

    /// What its comments may be on, and how COMMENT names it: `TABLE s.t`. Its own identity, and that of hidden
    /// objects which come with it.
    fn comments_of(&self) -> Vec<(CatalogId, String)> {
        let noun = self.kind().nouns().comment;
        noun.map(|noun| (self.id(), format!("{noun} {}", self.reference()))).into_iter().collect()
    }

    /// Natural tie-breaks of the initial sort, after schema, name and table.
    fn ties(&self) -> Vec<String> {
        Vec::new()
    }

    /// Dependencies that pg_depend does not record (ordering.md §3).
    fn dependencies(&self) -> Vec<CatalogId> {
        Vec::new()
    }

    /// The object whose statement prints this one inside itself, unless a repair says [`Separate`].
    ///
    /// [`Separate`]: crate::object::Repair::Separate
    fn printed_in(&self) -> Option<CatalogId> {
        None
    }

    /// The object that it is a part of, for what can never have a statement of its own.
    fn folded_into(&self) -> Option<CatalogId> {
        None
    }

    /// The type that it announces: what that type needs may need this one instead.
    fn shell_of(&self) -> Option<CatalogId> {
        None
    }

    /// The statements that make it; none where it needs none of its own (printed inside another).
    fn create(&self, scope: &Scope<'_>) -> Vec<Sql>;

    /// The statements that remove it, and fail neither where it is not there, nor where what it hangs on is not, as far as
    /// SQL can say so.
    fn drop(&self, scope: &Scope<'_>) -> Vec<Sql>;

    /// The tablespace it must be made in; `None` = the database's.
    fn tablespace(&self) -> Option<&str> {
        None
    }

    /// The table access method it must be made with.
    fn access_method(&self) -> Option<&str> {
        None
    }
}
