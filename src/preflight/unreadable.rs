//! What the role may not read, found before anything is: each name at once instead of one per attempt.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;

use crate::server::{Error, Session};

/// A relation whose rows or value would be dumped and may not be read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Unreadable {
    /// OID.
    pub oid: u32,
    /// `table`, `sequence` or `large object`.
    pub kind: String,
    /// Qualified, quoted where needed; a large object's number.
    pub name: String,
    /// The schema, quoted where needed; empty for large objects.
    pub schema: String,
    /// What is missing is USAGE of the schema.
    pub in_closed_schema: bool,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)?;
        if self.in_closed_schema { write!(f, " (no USAGE of schema {})", self.schema) } else { Ok(()) }
    }
}

/// The relations are those that a dump locks or asks for their value. Large objects have no function that tells before
/// 18; pg_read_all_data does not cover them.
const UNREADABLE: &str = "
select o.oid as oid, o.kind as kind, o.name as name, o.schema as schema, o.in_closed_schema as in_closed_schema from (
    select c.oid as oid, case c.relkind when 'S' then 'sequence' else 'table' end as kind,
        quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name,
        quote_ident(n.nspname) as schema,
        not has_schema_privilege(n.oid, 'usage') as in_closed_schema
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'S') and c.relpersistence <> 't'
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not exists (
          select 1 from pg_depend d where d.classid = 1259 and d.objid = c.oid and d.deptype = 'e'
            and not exists (select 1 from pg_extension e where e.oid = d.refobjid and c.oid = any (e.extconfig))
      )
      and not (has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'))
    union all
    select m.oid, 'large object', m.oid::text, '', false
    from pg_largeobject_metadata m
    where not has_table_privilege('pg_catalog.pg_largeobject', 'select')
      and not current_setting('lo_compat_privileges')::bool
      and not pg_has_role(m.lomowner, 'usage')
      and not exists (
          select 1 from aclexplode(m.lomacl) a
          where a.privilege_type = 'SELECT' and (a.grantee = 0 or pg_has_role(a.grantee, 'usage'))
      )
) o
order by o.kind desc, o.name collate \"C\"";

/// The statements that let a role, which is given as an identifier, read it all.
pub fn remedy(unreadable: &[Unreadable], role: &str) -> String {
    let of = |kind: &str| unreadable.iter().filter(|what| what.kind == kind).count();
    let mut ways = Vec::new();
    if of("large object") < unreadable.len() {
        let schemas: BTreeSet<&str> = unreadable.iter().map(|what| what.schema.as_str()).collect();
        let schemas: Vec<&str> = schemas.into_iter().filter(|schema| !schema.is_empty()).collect();
        let schemas = schemas.join(", ");
        ways.push(format!(
            "GRANT pg_read_all_data TO {role} (from PostgreSQL 14 on; before: GRANT USAGE ON SCHEMA {schemas} TO \
             {role}; GRANT SELECT ON ALL TABLES IN SCHEMA {schemas} TO {role}; GRANT SELECT ON ALL SEQUENCES IN SCHEMA \
             {schemas} TO {role})"
        ));
    }
    if of("large object") > 0 {
        ways.push(format!("GRANT SELECT ON LARGE OBJECT … TO {role}"));
    }
    format!("{}, or dump as a superuser with -U", ways.join("; "))
}

/// Asks what may not be read; in a transaction with an empty search_path. A superuser may read everything.
///
/// # Errors
/// Those of the server.
pub async fn unreadable(session: &Session) -> Result<Vec<Unreadable>, Error> {
    if session.superuser { Ok(Vec::new()) } else { session.fetch(UNREADABLE).await }
}
