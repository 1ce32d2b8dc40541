//! What the target is and has: everything that can be known before the first write.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::plan::Needs;
use crate::manifest::{Catalog, Setting};
use crate::object::Assignment;
use crate::server::{Error, Session};
use crate::sql::{Sql, ident};

/// Where a database is that says nothing else.
const DEFAULT_TABLESPACE: &str = "pg_default";

/// Facts of the target database.
#[derive(Debug)]
pub struct Target {
    /// Roles.
    pub roles: BTreeSet<String>,
    /// Extensions that can be created.
    pub extensions: BTreeSet<String>,
    /// Tablespaces.
    pub tablespaces: BTreeSet<String>,
    /// Providers of security labels that are wanted and not loaded.
    pub providers_missing: BTreeSet<String>,
    /// Objects that it has already, qualified, a few of them.
    pub present: Vec<String>,
    /// `search_path=value` items of roles, in every database: role and item.
    pub role_paths: Vec<(String, String)>,
    /// The tablespace of the database itself.
    pub tablespace: String,
    /// Why it cannot be written, if so.
    pub read_only: Option<&'static str>,
}

#[derive(Deserialize)]
struct Name {
    kind: String,
    name: String,
}

const NAMES: &str = "
select 'role' as kind, rolname as name from pg_roles
union all select 'extension', name from pg_available_extensions
union all select 'tablespace', spcname from pg_tablespace
union all select 'path of ' || r.rolname, i.item
    from pg_db_role_setting s join pg_roles r on r.oid = s.setrole cross join lateral unnest(s.setconfig) i (item)
    where s.setdatabase = 0 and i.item like 'search\\_path=%'
union all select 'own tablespace', s.spcname
    from pg_database d join pg_tablespace s on s.oid = d.dattablespace where d.datname = current_database()
union all select 'read-only', case when pg_is_in_recovery() then 'standby' else 'setting' end
    where current_setting('transaction_read_only')::bool";

/// Objects of user schemas that a fresh database does not have.
const PRESENT: &str = "
select o.kind as kind, o.name as name from (
    select 'schema' as kind, 2615::oid as class, n.oid as oid, n.oid as schema, quote_ident(n.nspname) as name
    from pg_namespace n where n.nspname <> 'public'
    union all
    select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
        when 'f' then 'foreign table' when 'c' then 'type' else 'table' end, 1259, c.oid, c.relnamespace,
        c.oid::regclass::text
    from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
    union all
    select 'type', 1247, t.oid, t.typnamespace, t.oid::regtype::text from pg_type t where t.typtype in ('d', 'e', 'r')
    union all
    select 'function', 1255, p.oid, p.pronamespace, p.oid::regprocedure::text from pg_proc p
    union all
    -- What is restored would get them too, without a word in the archive.
    select 'default privileges of role', 826, d.oid, null, quote_ident(pg_get_userbyid(d.defaclrole)) from pg_default_acl d
    union all
    select 'event trigger', 3466, e.oid, null, quote_ident(e.evtname) from pg_event_trigger e
    union all
    select 'extension', 3079, e.oid, null, quote_ident(e.extname) from pg_extension e
    union all
    select 'foreign-data wrapper', 2328, w.oid, null, quote_ident(w.fdwname) from pg_foreign_data_wrapper w
    union all
    select 'foreign server', 1417, s.oid, null, quote_ident(s.srvname) from pg_foreign_server s
    union all
    select 'event trigger', 3466, e.oid, null, quote_ident(e.evtname) from pg_event_trigger e
    union all
    select 'large object', 2613, greatest(m.oid, 16384), null, m.oid::text from pg_largeobject_metadata m
) o
where o.oid >= 16384
  -- Schemas of temporary objects stay when the session is gone.
  and not exists (select 1 from pg_namespace n where n.oid = o.schema and n.nspname ~ '^pg_')
  and not exists (select 1 from pg_depend d where d.classid = o.class and d.objid = o.oid and d.deptype in ('e', 'i'))
order by 1, 2
limit 6";

impl Target {
    /// Asks the target.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn read(session: &Session) -> Result<Self, Error> {
        let names: Vec<Name> = session.fetch(NAMES).await?;
        let present: Vec<Name> = session.fetch(PRESENT).await?;
        let of = |kind: &str| {
            names.iter().filter(|row| row.kind == kind).map(|row| row.name.clone()).collect::<BTreeSet<_>>()
        };
        let read_only = of("read-only").pop_first().map(|reason| match reason.as_str() {
            "standby" => "the server is a standby",
            _ => "transactions are read-only by default there",
        });
        Ok(Self {
            roles: of("role"),
            extensions: of("extension"),
            tablespaces: of("tablespace"),
            providers_missing: BTreeSet::new(),
            present: present.into_iter().map(|row| format!("{} {}", row.kind, row.name)).collect(),
            role_paths: names
                .iter()
                .filter_map(|row| Some((row.kind.strip_prefix("path of ")?.to_owned(), row.name.clone())))
                .collect(),
            tablespace: of("own tablespace").pop_first().unwrap_or_default(),
            read_only,
        })
    }

    /// What is in the database's own tablespace needs not say so, and a partitioned table may not. `made`: the database that
    /// is made instead.
    pub fn leave_to_the_database(&self, catalog: &mut Catalog, made: bool) {
        let own = match (made, catalog.database.tablespace.as_str()) {
            (false, _) => &self.tablespace,
            (true, "") => DEFAULT_TABLESPACE,
            (true, own) => own,
        };
        for entry in &mut catalog.entries {
            entry.tablespace.take_if(|tablespace| *tablespace == own);
        }
    }

    /// Asks for the providers of security labels. No catalog lists them, but the server looks for the provider before
    /// anything else, and nothing is labelled here.
    ///
    /// # Errors
    /// A lost connection.
    pub async fn look_for_providers(&mut self, session: &Session, needs: &Needs) -> Result<(), Error> {
        for provider in needs.label_providers.keys() {
            let label = format!("SECURITY LABEL FOR {} ON SCHEMA pg_catalog IS NULL", ident(provider));
            let found = session.batch(&format!("BEGIN; {label}; ROLLBACK")).await;
            if found.is_ok() {
                continue;
            }
            session.batch("ROLLBACK").await?;
            // Invalid parameter value; whatever else went wrong, the provider is there.
            if found.is_err_and(|error| error.sqlstate() == Some("22023")) {
                self.providers_missing.insert(provider.clone());
            }
        }
        Ok(())
    }

    /// Roles whose search_path is another one than in the source: unqualified names in function bodies may then mean
    /// something else for them.
    pub fn path_warnings(&self, needs: &Needs, source: &[Setting]) -> Vec<String> {
        let differs = |role: &String, value: &str| {
            let here = self.role_paths.iter().find(|(name, _)| name == role);
            here.is_none_or(|(_, item)| Assignment::from_item(item).value != value)
        };
        let wanted = source.iter().filter_map(|setting| Some((setting.role.as_ref()?, &setting.value)));
        wanted
            .filter(|(role, value)| {
                needs.roles.contains_key(*role) && self.roles.contains(*role) && differs(role, value)
            })
            .map(|(role, value)| {
                let statement =
                    Sql::new("ALTER ROLE ").role(role).text(format!(" SET search_path TO {value}"));
                format!("role \"{role}\" had another search_path in the source: {}", statement.render())
            })
            .collect()
    }

    /// What the archive needs and the target does not have, one line each.
    pub fn lacks(&self, needs: &Needs, major: u16) -> Vec<String> {
        let mut lines = Vec::new();
        for (role, label) in needs.roles.iter().filter(|(role, _)| !self.roles.contains(*role)) {
            lines.push(format!("role \"{role}\" ({label})"));
        }
        for extension in needs.extensions.iter().filter(|name| !self.extensions.contains(*name)) {
            lines.push(format!(
                "extension \"{extension}\": install the package that brings {extension}.control on the target's server"
            ));
        }
        let missing = |provider: &String| self.providers_missing.contains(provider);
        for (provider, label) in needs.label_providers.iter().filter(|(provider, _)| missing(provider)) {
            lines.push(format!(
                "provider \"{provider}\" of security labels ({label}); --no-security-labels leaves them out"
            ));
        }
        for (tablespace, label) in
            needs.tablespaces.iter().filter(|(name, _)| !self.tablespaces.contains(*name))
        {
            lines.push(format!("tablespace \"{tablespace}\" ({label})"));
        }
        if let Some((needed, label)) = needs.major.as_ref().filter(|(needed, _)| *needed > major) {
            lines.push(format!(
                "PostgreSQL {needed} or newer ({label}: arrays or composites of user types in binary form; \
                 dump with --copy-format text for older servers)"
            ));
        }
        lines
    }
}
