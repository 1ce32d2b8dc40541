-- Defaults and generation expressions of columns.
select
    d.oid as oid,
    d.adrelid as relation,
    n.nspname as schema,
    c.relname as table,
    c.relkind as relation_kind,
    d.adnum as number,
    a.attname as column,
    pg_get_expr(d.adbin, d.adrelid) as expression,
    a.attgenerated as generated,
    a.attislocal or c.relispartition as column_printed
from pg_attrdef d
join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
join pg_class c on c.oid = d.adrelid
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f', 'v')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by d.adrelid, d.adnum
