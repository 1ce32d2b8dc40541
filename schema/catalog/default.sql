-- Defaults and generation expressions of columns, of which the rest is in column.sql. Only the latter name columns of the
-- table: without a table to look at the server need not open it, which would take longer than all else.
select
    d.oid as oid,
    d.adrelid as relation,
    n.nspname as schema,
    c.relname as table,
    c.relkind as relation_kind,
    d.adnum as number,
    pg_get_expr(d.adbin, case when a.attgenerated = '' then 0::oid else d.adrelid end) as expression,
    c.relispartition as in_partition
from pg_attrdef d
join pg_class c on c.oid = d.adrelid
join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f', 'v')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.oid = any ({relations}) --@ selected
order by d.adrelid, d.adnum
