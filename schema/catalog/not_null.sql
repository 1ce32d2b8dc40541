--@ requires 18..
-- Catalogued NOT NULL constraints. The names of their columns are in column.sql.
select
    k.oid as oid,
    k.conname as name,
    k.conrelid as table_oid,
    n.nspname as schema,
    c.relname as table,
    k.conkey[1] as number,
    c.relkind = 'f' as in_foreign,
    k.conislocal as local,
    k.connoinherit as no_inherit,
    k.convalidated as validated
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
where k.contype = 'n'
  and c.relkind in ('r', 'p', 'f')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.oid = any ({relations}) --@ selected
order by k.conrelid, k.conkey[1]
