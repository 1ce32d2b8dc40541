//! What drops would take along on a target, and what would not let them: asked of pg_depend before the first write.
//!
//! Only what can be found for sure by its name is looked up (relations, types, routines, schemas, extensions). So nothing
//! is refused that the server would do; what is not seen here, the server refuses while everything can still be undone.

use serde::{Deserialize, Serialize};

use super::plan::Cleaning;
use crate::manifest::{Catalog, Entry};
use crate::server::{Error, Session};
use crate::sql::literal;

/// So many of each sort are named.
const SHOWN_MAX: usize = 20;

/// A thing of the archive, as it is looked for.
#[derive(Serialize)]
struct Wanted<'a> {
    class: &'static str,
    schema: &'a str,
    name: &'a str,
    /// Table of a part, arguments of a routine.
    of: &'a str,
}

impl<'a> Wanted<'a> {
    fn of(entry: &'a Entry) -> Self {
        let class = match entry.kind.as_str() {
            "table" | "foreign_table" | "view" | "materialized_view" | "sequence" | "index" => "relation",
            "enum" | "composite" | "domain" | "range" | "base_type" | "shell_type" => "type",
            "function" | "procedure" | "aggregate" => "routine",
            "schema" => "schema",
            "extension" => "extension",
            "foreign_server" => "server",
            "foreign_data_wrapper" => "wrapper",
            "default" => "default",
            _ => "part",
        };
        let arguments = || entry.label.split_once('(')?.1.strip_suffix(')');
        Self {
            class,
            schema: entry.schema.as_deref().unwrap_or_default(),
            name: &entry.name,
            of: match class {
                "routine" => arguments().unwrap_or_default(),
                _ => entry.table.as_deref().unwrap_or_default(),
            },
        }
    }
}

#[derive(Deserialize)]
struct Row {
    what: String,
    text: String,
    number: i64,
}

/// `pg_depend.deptype`: what goes with something without a word has any but `n` (documentation: pg_depend).
const QUESTION: &str = "
with recursive wanted as materialized (
    select * from pg_catalog.json_to_recordset(WANTED::json) w (class text, schema text, name text, of text)
), named (classid, objid) as materialized (
    select 1259::oid, c.oid from wanted w join pg_namespace n on n.nspname = w.schema
        join pg_class c on c.relnamespace = n.oid and c.relname = w.name where w.class = 'relation'
    union all
    select 1247, t.oid from wanted w join pg_namespace n on n.nspname = w.schema
        join pg_type t on t.typnamespace = n.oid and t.typname = w.name where w.class = 'type'
    union all
    select 1255, p.oid from wanted w join pg_namespace n on n.nspname = w.schema
        join pg_proc p on p.pronamespace = n.oid and p.proname = w.name
    where w.class = 'routine' and pg_get_function_identity_arguments(p.oid) = w.of
    union all
    select 2615, n.oid from wanted w join pg_namespace n on n.nspname = w.name where w.class = 'schema'
    union all
    select 3079, e.oid from wanted w join pg_extension e on e.extname = w.name where w.class = 'extension'
    union all
    select 1417, s.oid from wanted w join pg_foreign_server s on s.srvname = w.name where w.class = 'server'
    union all
    select 2328, f.oid from wanted w join pg_foreign_data_wrapper f on f.fdwname = w.name where w.class = 'wrapper'
), gone (classid, objid) as (
    select classid, objid from named
    union
    select d.classid, d.objid from gone g
        join pg_depend d on d.refclassid = g.classid and d.refobjid = g.objid and d.deptype <> 'n'
), hanging as (
    select distinct d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid from gone g
        join pg_depend d on d.refclassid = g.classid and d.refobjid = g.objid and d.deptype = 'n'
    where (d.classid, d.objid) not in (select classid, objid from gone)
      and d.classid in (1259, 1247, 1255, 2604, 2606, 2618, 2620, 3256)
      and not exists (
        select from wanted w, pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where d.classid = 1255 and p.oid = d.objid and w.class = 'routine' and (n.nspname, p.proname) = (w.schema, w.name))
      and not exists (
        select from wanted w, pg_class c join pg_namespace n on n.oid = c.relnamespace
        where w.class in ('part', 'default') and (n.nspname, c.relname) = (w.schema, w.of) and (
            d.classid = 2604 and w.class = 'default'
                and exists (select from pg_attrdef x where x.oid = d.objid and x.adrelid = c.oid)
            or d.classid = 2606
                and exists (select from pg_constraint x where x.oid = d.objid and x.conrelid = c.oid and x.conname = w.name)
            or d.classid = 2618
                and exists (select from pg_rewrite x where x.oid = d.objid and x.ev_class = c.oid and x.rulename = w.name)
            or d.classid = 2620
                and exists (select from pg_trigger x where x.oid = d.objid and x.tgrelid = c.oid and x.tgname = w.name)
            or d.classid = 3256
                and exists (select from pg_policy x where x.oid = d.objid and x.polrelid = c.oid and x.polname = w.name)))
      and not exists (
        select from wanted w, pg_constraint x where d.classid = 2606 and x.oid = d.objid and x.contypid <> 0
            and w.class = 'part' and w.name = x.conname)
)
select 'hanging' as what, coalesce(
        (select pg_describe_object(1259, r.ev_class, 0) from pg_rewrite r
         where h.classid = 2618 and r.oid = h.objid and r.rulename = '_RETURN'),
        pg_describe_object(h.classid, h.objid, h.objsubid))
    || ' depends on ' || pg_describe_object(h.refclassid, h.refobjid, h.refobjsubid) as text, 0::int8 as number
from hanging h
union all
select 'along', pg_describe_object(1259, c.oid, 0), 0 from gone g join pg_class c on g.classid = 1259 and c.oid = g.objid
where c.relkind in ('r', 'p', 'f', 'v', 'm') and (1259::oid, c.oid) not in (select classid, objid from named)
  and not exists (select from pg_depend d where d.classid = 1259 and d.objid = c.oid and d.deptype = 'e')
union all
select 'tables', '', count(*) from named g join pg_class c on g.classid = 1259 and c.oid = g.objid
where c.relkind in ('r', 'p')
union all
select 'objects', '', count(*) from gone
order by 1, 2";

/// What dropping the entries that take part would do to the target, and what hangs on them and is not among them.
///
/// # Errors
/// Those of the server.
pub async fn read(session: &Session, catalog: &Catalog) -> Result<(Cleaning, Vec<String>), Error> {
    let dropped = catalog.entries.iter().filter(|entry| !entry.left_out && !entry.drop.is_empty());
    let wanted: Vec<Wanted<'_>> = dropped.map(Wanted::of).collect();
    let wanted = serde_json::to_string(&wanted).expect("invariant: texts are JSON");
    let rows: Vec<Row> = session.fetch(&QUESTION.replace("WANTED", &literal(&wanted))).await?;
    let texts = |what: &str| {
        let found = rows.iter().filter(|row| row.what == what);
        found.map(|row| row.text.clone()).take(SHOWN_MAX).collect::<Vec<String>>()
    };
    let number = |what: &str| rows.iter().find(|row| row.what == what).map_or(0, |row| row.number);
    let cleaning = Cleaning {
        tables: number("tables"),
        objects: number("objects"),
        along: texts("along"),
        at_once: true,
        terminate: false,
    };
    Ok((cleaning, texts("hanging")))
}
