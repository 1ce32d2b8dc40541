//! What stands on a target already around tables whose rows come: foreign keys between them, and triggers that would fire.
//!
//! A key of a partitioned table is that of its partitions, so rows meet the keys of all tables above theirs; those that go in
//! through the root of a partitioned table, or into one that is partitioned here only, those of all tables below it, too.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::manifest::{Catalog, Entry};
use crate::server::{Error, Session};
use crate::sql::{ident, literal, qualified};

/// A foreign key between tables whose rows come.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Key {
    schema: String,
    table: String,
    name: String,
    /// Entries whose rows it checks.
    pub from: Vec<u32>,
    /// Entries whose rows it looks for.
    pub to: Vec<u32>,
    /// It may wait until the end of a transaction.
    pub deferrable: bool,
    /// The role may change that.
    pub owned: bool,
}

impl Key {
    /// Its table, as SQL writes it.
    pub fn table(&self) -> String {
        qualified(Some(&self.schema), &self.table)
    }

    /// Its name, as SQL writes it.
    pub fn name(&self) -> String {
        ident(&self.name)
    }
}

/// A trigger that fires when rows come.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Trigger {
    schema: String,
    table: String,
    name: String,
    /// Entries for whose rows it fires.
    pub entries: Vec<u32>,
    /// `tgenabled`: `O`, `R` or `A`.
    pub enabled: String,
    /// The role may disable it.
    pub owned: bool,
    /// Only a superuser may: a partition's copy of its parent's trigger, on servers before 15.
    pub internal: bool,
}

impl Trigger {
    /// Its table, as SQL writes it.
    pub fn table(&self) -> String {
        qualified(Some(&self.schema), &self.table)
    }

    /// Its name, as SQL writes it.
    pub fn name(&self) -> String {
        ident(&self.name)
    }
}

/// Whether rows come into a table that this restore does not make.
pub fn stands(catalog: &Catalog, entry: &Entry) -> bool {
    let made = |id: &u32| {
        let maker = catalog.entries.get(*id as usize - 1);
        maker.is_some_and(|maker| !maker.left_out && matches!(maker.kind.as_str(), "table" | "extension"))
    };
    entry.kind == "table_data" && !entry.left_out && !entry.deps.iter().any(made)
}

/// Forgets the order that the archive has for such rows: the source may have had other keys.
pub fn forget_order(catalog: &mut Catalog) {
    let standing: Vec<usize> =
        (0..catalog.entries.len()).filter(|at| stands(catalog, &catalog.entries[*at])).collect();
    let rows: HashSet<u32> =
        catalog.entries.iter().filter(|entry| entry.kind == "table_data").map(|entry| entry.id).collect();
    for at in standing {
        catalog.entries[at].deps.retain(|dep| !rows.contains(dep));
    }
}

/// The tables that are there and rows come into.
#[derive(Debug)]
pub struct Standing {
    wanted: String,
}

/// A table, as it is looked for.
#[derive(Serialize)]
struct Wanted<'a> {
    id: u32,
    schema: &'a str,
    name: &'a str,
    via_root: bool,
}

/// `side`: for each table the entries that meet its keys; `into`: the entries that meet its triggers.
const TABLES: &str = "
with recursive start as (
    select w.id, c.oid, w.via_root
    from json_to_recordset(WANTED) as w (id int4, schema text, name text, via_root bool)
        join pg_namespace n on n.nspname = w.schema
        join pg_class c on c.relnamespace = n.oid and c.relname = w.name and c.relkind in ('r', 'p', 'f')
), above (start, oid) as (
    select s.oid, s.oid from start s
    union
    select a.start, i.inhparent
    from above a join pg_class c on c.oid = a.oid and c.relispartition join pg_inherits i on i.inhrelid = a.oid
), goal (id, oid) as (
    select s.id, s.oid from start s where not s.via_root
    union
    select s.id, c.oid from start s join above a on a.start = s.oid join pg_class c on c.oid = a.oid
    where s.via_root and not c.relispartition
), below (goal, oid) as (
    select g.oid, g.oid from goal g
    union
    select b.goal, i.inhrelid
    from below b join pg_class c on c.oid = b.oid and c.relkind = 'p' join pg_inherits i on i.inhparent = b.oid
), into_table (oid, entries) as (
    select b.oid, array_agg(g.id order by g.id) from below b join goal g on g.oid = b.goal group by b.oid
), side (oid, entries) as (
    select r.oid, array_agg(g.id order by g.id)
    from (select start, oid from above union select goal, oid from below) r join goal g on g.oid = r.start
    group by r.oid
)";

const KEYS: &str = "
select n.nspname as schema, c.relname as table, k.conname as name, f.entries as from, t.entries as to,
    k.condeferrable as deferrable, pg_has_role(c.relowner, 'usage') as owned
from pg_constraint k join side f on f.oid = k.conrelid join side t on t.oid = k.confrelid
    join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
where k.contype = 'f' and k.conparentid = 0 ENFORCED
order by 1, 2, 3";

/// Those of keys, and of unique constraints that may wait, are no users': their functions are the server's own.
const TRIGGERS: &str = "
select n.nspname as schema, c.relname as table, t.tgname as name, i.entries, t.tgenabled as enabled,
    pg_has_role(c.relowner, 'usage') as owned, t.tgisinternal and not r.rolsuper as internal
from pg_trigger t join into_table i on i.oid = t.tgrelid
    join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
    join pg_proc p on p.oid = t.tgfoid join pg_roles r on r.rolname = current_user
where t.tgtype & 4 <> 0 and not (p.oid < 16384 and p.proname ~ '^(RI_FKey_.*|unique_key_recheck)$')
  and t.tgenabled::text
    = any (case current_setting('session_replication_role') when 'replica' then '{R,A}' else '{O,A}' end::text[])
order by 1, 2, 3";

impl Standing {
    /// The rows of a catalog that come into tables that are there; `None` if none do.
    pub fn of(catalog: &Catalog) -> Option<Self> {
        let entries = catalog.entries.iter().filter(|entry| stands(catalog, entry));
        let wanted: Vec<Wanted<'_>> = entries
            .map(|entry| Wanted {
                id: entry.id,
                schema: entry.schema.as_deref().unwrap_or_default(),
                name: &entry.name,
                via_root: entry.data.as_ref().is_some_and(|data| data.via_root),
            })
            .collect();
        let text = serde_json::to_string(&wanted).expect("invariant: texts are JSON");
        (!wanted.is_empty()).then_some(Self { wanted: literal(&text) })
    }

    /// The foreign keys between them. What is not enforced is none.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn keys(&self, session: &Session) -> Result<Vec<Key>, Error> {
        let enforced = if session.version.at_least(18) { "and k.conenforced" } else { "" };
        session.fetch(&self.question(&KEYS.replace("ENFORCED", enforced))).await
    }

    /// The triggers that fire when rows come, but for those that check keys.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn triggers(&self, session: &Session) -> Result<Vec<Trigger>, Error> {
        session.fetch(&self.question(TRIGGERS)).await
    }

    fn question(&self, select: &str) -> String {
        format!("{}{select}", TABLES.replace("WANTED", &self.wanted))
    }
}
