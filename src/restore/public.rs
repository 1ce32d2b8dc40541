//! The schema `public`: every database has one from the start, with an owner, a comment and an ACL that differ from
//! server to server. A restore changes what differs and nothing else (objects.md §2, F6, F7).

use serde::Deserialize;

use super::ddl::{Work, acl_sql};
use super::error::Error;
use super::plan::Omit;
use crate::manifest::PublicSchema;
use crate::object::acl::{Securable, Target, acl_difference};
use crate::server::Session;
use crate::sql::{Sql, literal};
use crate::version::Version;

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
    let target = read(session).await?;
    let mut sql = Vec::new();
    match (source, &target) {
        (None, Some(_)) => sql.push("DROP SCHEMA public".to_owned()),
        (Some(_), None) => sql.push("CREATE SCHEMA public".to_owned()),
        _ => {}
    }
    if let Some(source) = source {
        let owner = target.as_ref().map(|target| target.owner.as_str());
        let known = source.owner != "pg_database_owner" || session.version.at_least(15);
        if !omit.owner && known && owner != Some(&source.owner) {
            sql.push(Sql::new("ALTER SCHEMA public OWNER TO ").role(&source.owner).render());
        }
        let comment = target.and_then(|target| target.comment);
        if comment != source.comment {
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
pub async fn acl(session: &Session, source: Option<&PublicSchema>, version: Version) -> Result<Work, Error> {
    let mut work = Work { id: 0, label: "privileges of schema public".to_owned(), sql: Vec::new() };
    if let (Some(source), Some(target)) = (source, read(session).await?) {
        let has = target.acl.unwrap_or_else(|| target.acl_default.clone());
        let wanted = source.acl.as_ref().unwrap_or(&target.acl_default);
        let to = Target::Object { noun: "SCHEMA", reference: "public" };
        let statements = acl_difference(to, Securable::Schema, &target.owner, version, &has, wanted)
            .map_err(|error| Error::Rows { label: work.label.clone(), reason: error.to_string() })?;
        work.sql = acl_sql(&statements);
    }
    Ok(work)
}
