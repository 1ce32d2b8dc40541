-- Defaults and generation expressions of columns, of which the rest is in column.sql.
select
    d.oid as oid,
    d.adrelid as relation,
    n.nspname as schema,
    c.relname as table,
    c.relkind as relation_kind,
    d.adnum as number,
    pg_get_expr(d.adbin, d.adrelid) as expression,
    c.relispartition as in_partition
from pg_attrdef d
join pg_class c on c.oid = d.adrelid
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f', 'v')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.oid = any ({relations}) --@ selected
order by d.adrelid, d.adnum
