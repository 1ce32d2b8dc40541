//! The schema `public`: every database has one from the start, with an owner, a comment and an ACL that differ from
//! server to server. A restore changes what differs and nothing else (objects.md §2, F6, F7).

use serde::Deserialize;

use super::ddl::{Work, acl_sql};
use super::error::Error;
use super::plan::Omit;
use crate::manifest::PublicSchema;
use crate::object::acl::{AclItem, Securable, Target, acl_difference};
use crate::server::Session;
use crate::sql::{Sql, literal};
use crate::version::Version;

/// Who owns `public` from 15 on (release notes of 15). The role is there from 14 on.
pub(super) const DATABASE_OWNER: &str = "pg_database_owner";

/// Whether a server has it as the owner.
pub(super) fn has_database_owner(version: Version) -> bool {
    version.at_least(15)
}

/// An ACL item with the owner of an older server's `public` in the place of that role.
fn by_owner(item: &str, owner: &str) -> String {
    // What cannot be read is refused where it is compared.
    let Ok(mut item) = AclItem::try_from(item) else { return item.to_owned() };
    let roles = item.grantee.iter_mut().chain([&mut item.grantor]);
    roles.filter(|role| *role == DATABASE_OWNER).for_each(|role| owner.clone_into(role));
    item.to_string()
}

#[derive(Deserialize)]
struct Row {
    owner: String,
    #[serde(default)]
    acl: Option<Vec<String>>,
    acl_default: Vec<String>,
    #[serde(default)]
    comment: Option<String>,
}

async fn read(session: &Session) -> Result<Option<Row>, Error> {
    let sql = "select pg_get_userbyid(n.nspowner) as owner, n.nspacl::text[] as acl,
            acldefault('n', n.nspowner)::text[] as acl_default,
            obj_description(n.oid, 'pg_namespace') as comment
        from pg_namespace n where n.nspname = 'public'";
    Ok(session.fetch(sql).await?.pop())
}

/// Makes, drops and gives away `public`: before everything else.
///
/// # Errors
/// Those of the server.
pub async fn before(session: &Session, source: Option<&PublicSchema>, omit: Omit) -> Result<Work, Error> {
    let mut sql = Vec::new();
    if omit.public {
        return Ok(Work { id: 0, label: "schema public".to_owned(), sql });
    }
    let target = read(session).await?;
    match (source, &target) {
        (None, Some(_)) => sql.push("DROP SCHEMA public".to_owned()),
        (Some(_), None) => sql.push("CREATE SCHEMA public".to_owned()),
        _ => {}
    }
    if let Some(source) = source {
        let owner = target.as_ref().map(|target| target.owner.as_str());
        let known = source.owner != DATABASE_OWNER || has_database_owner(session.version);
        if !omit.owner && known && owner != Some(&source.owner) {
            sql.push(Sql::new("ALTER SCHEMA public OWNER TO ").role(&source.owner).render());
        }
        let comment = target.and_then(|target| target.comment);
        if !omit.comments && comment != source.comment {
            let text = source.comment.as_deref().map_or("NULL".to_owned(), literal);
            sql.push(format!("COMMENT ON SCHEMA public IS {text}"));
        }
        if !omit.labels {
            sql.extend(source.labels.iter().map(|label| label.sql.render()));
        }
    }
    Ok(Work { id: 0, label: "schema public".to_owned(), sql })
}

/// Grants and revokes what differs: in the ACL pass.
///
/// # Errors
/// Those of the server.
pub async fn acl(
    session: &Session,
    source: Option<&PublicSchema>,
    version: Version,
    own_role: &str,
) -> Result<Work, Error> {
    let mut work = Work { id: 0, label: "privileges of schema public".to_owned(), sql: Vec::new() };
    if let (Some(source), Some(target)) = (source, read(session).await?) {
        let has = target.acl.unwrap_or_else(|| target.acl_default.clone());
        let wanted = source.acl.as_ref().unwrap_or(&target.acl_default);
        let wanted = &match has_database_owner(session.version) {
            true => wanted.clone(),
            false => wanted.iter().map(|item| by_owner(item, &target.owner)).collect(),
        };
        let to = Target::Object { noun: "SCHEMA", reference: "public" };
        let statements = acl_difference(to, Securable::Schema, &target.owner, version, &has, wanted)
            .map_err(|error| Error::Rows { label: work.label.clone(), reason: error.to_string() })?;
        work.sql = acl_sql(&statements, own_role);
    }
    Ok(work)
}

#[cfg(test)]
mod tests {
    use super::by_owner;

    #[test]
    fn the_owner_of_newer_servers_becomes_the_target_s() {
        let item = |item| by_owner(item, "o");
        assert_eq!(item("pg_database_owner=UC/pg_database_owner"), "o=UC/o");
        assert_eq!(item("=U/pg_database_owner"), "=U/o");
        assert_eq!(by_owner("r=U*/pg_database_owner", "a \"b"), "r=U*/\"a \"\"b\"");
        assert_eq!(item("\"x/pg_database_owner\"=U/p"), "\"x/pg_database_owner\"=U/p");
    }
}
