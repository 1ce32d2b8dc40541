-- Defaults and generation expressions of columns, of which the rest is in column.sql. Only the latter name columns of the
-- table: without a table to look at the server need not open it, which would take longer than all else.
with generated (relation, number) as materialized (
    select a.attrelid, a.attnum from pg_attribute a where a.attgenerated <> ''
)
select
    d.oid as oid,
    d.adrelid as relation,
    n.nspname as schema,
    c.relname as table,
    c.relkind as relation_kind,
    d.adnum as number,
    pg_get_expr(d.adbin, coalesce(g.relation, 0)) as expression,
    c.relispartition as in_partition
from pg_attrdef d
join pg_class c on c.oid = d.adrelid
join pg_namespace n on n.oid = c.relnamespace
left join generated g on g.relation = d.adrelid and g.number = d.adnum
where c.relkind in ('r', 'p', 'f', 'v')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.oid = any ({relations}) --@ selected
order by d.adrelid, d.adnum
