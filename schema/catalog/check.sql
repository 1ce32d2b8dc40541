-- CHECK constraints of tables.
select
    k.oid as oid,
    k.conname as name,
    k.conrelid as table_oid,
    n.nspname as schema,
    c.relname as table,
    c.relispartition as in_partition,
    c.relkind = 'f' as in_foreign,
    pg_get_constraintdef(k.oid) as definition,
    k.conislocal as local,
    k.convalidated as validated
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
where k.contype = 'c'
  and c.relkind in ('r', 'p', 'f')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.oid = any ({relations}) --@ selected
order by k.conrelid, k.conname
