//! What the role may do.

use serde::Deserialize;

use super::{Concerns, Finding, Level};
use crate::preflight::{Unreadable, remedy, unreadable};
use crate::server::{Error, Session};
use crate::sql::ident;

#[derive(Deserialize)]
struct Role {
    name: String,
    superuser: bool,
    can_create: bool,
    #[serde(default)]
    can_create_in_public: Option<bool>,
    read_only: bool,
    in_recovery: bool,
}

const ROLE: &str = "
select current_user::text as name,
    coalesce((select r.rolsuper from pg_roles r where r.rolname = current_user), false) as superuser,
    has_database_privilege(current_database(), 'create') as can_create,
    (select has_schema_privilege(n.oid, 'create') from pg_namespace n where n.nspname = 'public') as can_create_in_public,
    current_setting('default_transaction_read_only')::bool as read_only,
    pg_is_in_recovery() as in_recovery";

#[derive(Deserialize)]
struct Named {
    kind: String,
    name: String,
}

/// The view shows options of user mappings to whom it may; its conditions are in the query of user mappings.
const HIDDEN: &str = "
select 'row security' as kind, quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relrowsecurity and c.relkind = 'r' and row_security_active(c.oid)
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
union all
select 'subscription', quote_ident(s.subname) from pg_subscription s
where s.subdbid = (select d.oid from pg_database d where d.datname = current_database())
union all
select 'user mapping', format('for %s at server %s', coalesce(quote_ident(m.usename), 'PUBLIC'), quote_ident(m.srvname))
from pg_user_mappings m join pg_foreign_server s on s.oid = m.srvid
where m.umoptions is null and not (
    m.umuser = 0 and pg_has_role(s.srvowner, 'USAGE')
    or m.umuser <> 0 and m.usename = current_user
        and (pg_has_role(s.srvowner, 'USAGE') or has_server_privilege(s.oid, 'USAGE'))
)
order by 1, 2";

/// SELECT on everything, row security, what only superusers may read, and whether the database can be written.
pub async fn check(session: &Session) -> Result<Vec<Finding>, Error> {
    let Some(role) = session.fetch::<Role>(ROLE).await?.pop() else { return Ok(Vec::new()) };
    let unreadable = unreadable(session).await?;
    let hidden: Vec<Named> = session.fetch(HIDDEN).await?;
    let of = |kind: &str| -> Vec<String> {
        hidden.iter().filter(|found| found.kind == kind).map(|found| found.name.clone()).collect()
    };
    let mut findings = vec![reading(&role, &unreadable), row_security(&role, of("row security"))];
    findings.extend(superuser_only(&role, of("subscription"), of("user mapping")));
    findings.push(writing(&role));
    Ok(findings)
}

fn reading(role: &Role, unreadable: &[Unreadable]) -> Finding {
    if unreadable.is_empty() {
        let rank = if role.superuser { ", a superuser," } else { "" };
        return Finding::ok("privileges", format!("role {}{rank} may read everything", ident(&role.name)));
    }
    let what =
        format!("role {} may not read {} of what would be dumped", ident(&role.name), unreadable.len());
    Finding::new("privileges", Level::Blocks, Concerns::Dump, what)
        .items(unreadable.iter().map(ToString::to_string).collect())
        .remedy(remedy(unreadable, &ident(&role.name)))
}

fn row_security(role: &Role, tables: Vec<String>) -> Finding {
    if tables.is_empty() {
        return Finding::ok("row security", "hides no rows from this role");
    }
    let what = format!("policies may hide rows of {} table(s) from this role", tables.len());
    Finding::new("row security", Level::Blocks, Concerns::Dump, what).items(tables).remedy(format!(
        "use the owner of the tables or a superuser, or ALTER ROLE {} BYPASSRLS",
        ident(&role.name)
    ))
}

fn superuser_only(role: &Role, subscriptions: Vec<String>, mappings: Vec<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !role.superuser && !subscriptions.is_empty() {
        let what = "only superusers may read how subscriptions connect";
        findings.push(
            Finding::new("subscriptions", Level::Blocks, Concerns::Dump, what)
                .items(subscriptions)
                .remedy("dump as a superuser, or leave them out with --skip-unsupported (exit 3)"),
        );
    }
    if !role.superuser && !mappings.is_empty() {
        let what = "options of user mappings are hidden from this role, and would be left out (exit 3)";
        findings.push(
            Finding::new("user mappings", Level::Warning, Concerns::Dump, what)
                .items(mappings)
                .remedy("dump as a superuser"),
        );
    }
    findings
}

fn writing(role: &Role) -> Finding {
    let blocks = |what: &str| Finding::new("writing", Level::Blocks, Concerns::Restore, what);
    if role.in_recovery {
        return blocks("the server is a standby: nothing can be restored here").remedy("name the primary");
    }
    if role.read_only {
        return blocks("transactions are read-only by default here").remedy(
            "ALTER DATABASE … RESET default_transaction_read_only, or that of the role or the server",
        );
    }
    if !role.can_create {
        let what = "the role may not make schemas or extensions in this database";
        return Finding::new("writing", Level::Warning, Concerns::Restore, what).remedy(format!(
            "GRANT CREATE ON DATABASE … TO {}, or restore as the owner of the database",
            ident(&role.name)
        ));
    }
    if role.can_create_in_public == Some(false) {
        let what = "the role may not make anything in schema public";
        return Finding::new("writing", Level::Warning, Concerns::Restore, what).remedy(format!(
            "GRANT CREATE ON SCHEMA public TO {}, or restore as the owner of the database",
            ident(&role.name)
        ));
    }
    Finding { concerns: Concerns::Restore, ..Finding::ok("writing", "the role may make schemas here") }
}
