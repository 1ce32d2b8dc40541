//! Privileges: from `aclitem[]` to GRANT and REVOKE (objects.md §35).
//!
//! What differs from the ACL that the object is born with is revoked and granted. Items, letters and grant options
//! survive, and so does the order of the array, since pg_dump prints it.

mod database;
mod item;
mod plan;

use crate::manifest::Acl;
use crate::sql::{Sql, ident};
use crate::version::Version;

pub use database::database_grants;
pub use item::{AclError, AclItem, Privilege};
use plan::plan;

use super::kind::Kind;
use super::object::{Object, Scope};

/// The two ACLs of an object, as the server prints their items.
#[derive(Clone, Copy, Debug)]
pub struct AclRow<'a> {
    /// The object's ACL; `None` for NULL.
    pub acl: Option<&'a [String]>,
    /// `acldefault(kind, owner)`.
    pub default: &'a [String],
}

/// What has privileges, as far as their letters go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Securable {
    Table,
    Column,
    Sequence,
    Function,
    Schema,
    Type,
    Language,
    LargeObject,
    /// A foreign-data wrapper or a foreign server.
    ForeignData,
    Database,
    Tablespace,
    Parameter,
}

impl Securable {
    /// What a kind is here; `None` for kinds without privileges.
    pub const fn of(kind: Kind) -> Option<Self> {
        Some(match kind {
            Kind::Schema => Self::Schema,
            Kind::BaseType | Kind::Enum | Kind::Composite | Kind::Range | Kind::Domain => Self::Type,
            Kind::Function | Kind::Procedure | Kind::Aggregate => Self::Function,
            Kind::Language => Self::Language,
            Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView => Self::Table,
            Kind::ForeignDataWrapper | Kind::ForeignServer => Self::ForeignData,
            Kind::Sequence => Self::Sequence,
            Kind::LargeObject => Self::LargeObject,
            _ => return None,
        })
    }

    /// Every letter that there is on a server of that version (acl.h, `ACL_ALL_RIGHTS_*`).
    pub const fn letters(self, version: Version) -> &'static str {
        match self {
            Self::Table if version.at_least(17) => "arwdDxtm",
            Self::Table => "arwdDxt",
            Self::Column => "arwx",
            Self::Sequence => "rwU",
            Self::Function => "X",
            Self::Schema => "UC",
            Self::Type | Self::Language | Self::ForeignData => "U",
            Self::LargeObject => "rw",
            Self::Database => "CTc",
            Self::Tablespace => "C",
            Self::Parameter => "sA",
        }
    }
}

/// What a GRANT is on.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// An object.
    Object {
        /// `TABLE`, `FUNCTION` …
        noun: &'a str,
        /// What follows the noun.
        reference: &'a str,
    },
    /// A column.
    Column {
        /// The relation, qualified and quoted.
        table: &'a str,
        /// The column, unquoted.
        column: &'a str,
    },
    /// Objects that a role will make.
    Default {
        /// The role.
        role: &'a str,
        /// The schema they will be in; `None` = any.
        schema: Option<&'a str>,
        /// `TABLES`, `FUNCTIONS` …
        objects: &'a str,
    },
}

/// The statements that give an object and its columns the privileges they have in the source.
///
/// # Errors
/// An item that cannot be read, or a privilege that pgark does not know.
pub fn object_acl(object: &dyn Object, scope: &Scope<'_>) -> Result<Vec<Acl>, AclError> {
    if let Some(statements) = object.own_acl(scope)? {
        return Ok(statements);
    }
    let (Some(noun), Some(of), Some(row)) =
        (object.kind().nouns().grant, Securable::of(object.kind()), object.acl())
    else {
        return Ok(Vec::new());
    };
    let reference = object.grant_reference();
    let default = parse(row.default)?;
    // The owner grants the default; an identity sequence has an owner whom nobody sets.
    let Some(owner) = default.first().map(|item| item.grantor.clone()) else {
        return Ok(Vec::new());
    };
    let current = row.acl.map(parse).transpose()?.unwrap_or_else(|| default.clone());
    let target = Target::Object { noun, reference: &reference };
    let mut statements =
        Grants { target, of, owner: &owner, source: scope.source, known: &[] }.statements(&default, &current);

    // After the table: revoking from the table revokes from its columns.
    let columns =
        object.columns().iter().filter_map(|column| Some((column.name.as_str(), column.acl.as_ref()?)));
    let system = scope.database.system_columns.iter().filter(|column| column.relation == object.id().oid);
    let system = system.map(|column| (column.name.as_str(), &column.acl));
    for (column, acl) in columns.chain(system.filter(|_| of == Securable::Table)) {
        let target = Target::Column { table: &reference, column };
        let grants =
            Grants { target, of: Securable::Column, owner: &owner, source: scope.source, known: &current };
        statements.extend(grants.statements(&[], &parse(acl)?));
    }
    Ok(statements)
}

/// What leads from one ACL of an object to another, both as the server prints their items.
///
/// # Errors
/// An item that cannot be read, or a privilege that pgark does not know.
pub fn acl_difference(
    target: Target<'_>,
    of: Securable,
    owner: &str,
    source: Version,
    base: &[String],
    current: &[String],
) -> Result<Vec<Acl>, AclError> {
    Ok(Grants { target, of, owner, source, known: &[] }.statements(&parse(base)?, &parse(current)?))
}

fn parse(items: &[String]) -> Result<Vec<AclItem>, AclError> {
    items.iter().map(|item| item.as_str().try_into()).collect()
}

/// Everything that a GRANT depends on besides the ACLs.
#[derive(Clone, Copy, Debug)]
pub struct Grants<'a> {
    /// What is granted on.
    pub target: Target<'a>,
    /// Which letters there are.
    pub of: Securable,
    /// The owner: whoever else granted something has to do it again.
    pub owner: &'a str,
    /// The server that was read: `ALL` means all that this one knows.
    pub source: Version,
    /// Items on something wider whose grant options count as well: the table's, for a column.
    pub known: &'a [AclItem],
}

impl Grants<'_> {
    /// What leads from `base` to `current`.
    pub fn statements(&self, base: &[AclItem], current: &[AclItem]) -> Vec<Acl> {
        let plan = plan(self.owner, self.known, base, current);
        let mut statements = Vec::new();
        // A newer server's MAINTAIN was not meant by an older server's ALL: it is neither taken away nor given, but
        // what is granted again as the object is born with it is all, even where the target knows more letters.
        let may_grow = self.source.at_least(17) || self.of != Securable::Table;
        for item in plan.revokes {
            let all = (may_grow || plan.grants.contains(&item)) && self.is_all(&item.privileges);
            statements.extend(self.statement("REVOKE", item, &item.privileges, all));
        }
        for item in plan.grants {
            let (with_option, plain): (Vec<_>, Vec<_>) = item.privileges.iter().partition(|p| p.grantable);
            for letters in [plain, with_option] {
                let all = (may_grow || base.contains(item)) && self.is_all(&letters);
                statements.extend(self.statement("GRANT", item, &letters, all));
            }
        }
        statements
    }

    fn is_all(&self, privileges: &[Privilege]) -> bool {
        self.of.letters(self.source).chars().all(|letter| privileges.iter().any(|p| p.letter == letter))
    }

    fn statement(&self, verb: &str, item: &AclItem, privileges: &[Privilege], all: bool) -> Option<Acl> {
        let first = privileges.first()?;
        let column = match self.target {
            Target::Column { column, .. } => format!(" ({})", ident(column)),
            _ => String::new(),
        };
        let words: Vec<String> = if all {
            vec![format!("ALL{column}")]
        } else {
            privileges.iter().map(|privilege| format!("{}{column}", privilege.keyword())).collect()
        };
        let sql = match self.target {
            Target::Default { role, schema, .. } => {
                let schema = schema.map(|schema| format!(" IN SCHEMA {}", ident(schema))).unwrap_or_default();
                Sql::new("ALTER DEFAULT PRIVILEGES FOR ROLE ").role(role).text(schema).text(" ")
            }
            _ => Sql::new(""),
        };
        let on = match self.target {
            Target::Object { noun, reference } => format!("{noun} {reference}"),
            Target::Column { table, .. } => format!("TABLE {table}"),
            Target::Default { objects, .. } => objects.to_owned(),
        };
        let grant = verb == "GRANT";
        let sql =
            sql.text(format!("{verb} {} ON {on} {} ", words.join(", "), if grant { "TO" } else { "FROM" }));
        let sql = match &item.grantee {
            Some(role) => sql.role(role),
            None => sql.text("PUBLIC"),
        };
        let sql = if grant && first.grantable { sql.text(" WITH GRANT OPTION") } else { sql };
        let grantor = (item.grantor != self.owner).then(|| item.grantor.clone());
        Some(Acl { sql, grantor })
    }
}

#[cfg(test)]
mod tests;
