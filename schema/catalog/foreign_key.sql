-- Foreign keys; the copies that partitions of either side get (conparentid) come with the original.
select
    k.oid as oid,
    k.conname as name,
    t.oid as table_oid,
    n.nspname as schema,
    t.relname as table,
    t.relkind = 'p' as partitioned,
    k.confrelid as referenced,
    pg_get_constraintdef(k.oid) as definition,
    case when f.relkind = 'p' then (
        with recursive down (oid) as (
            select i.inhrelid from pg_inherits i where i.inhparent = k.conindid
            union all
            select i.inhrelid from pg_inherits i join down on i.inhparent = down.oid
        )
        select array_agg(down.oid order by down.oid) from down
    ) end as partition_indexes
from pg_constraint k
join pg_class t on t.oid = k.conrelid
join pg_class f on f.oid = k.confrelid
join pg_namespace n on n.oid = t.relnamespace
where k.contype = 'f'
  and k.conparentid = 0
  and t.relkind in ('r', 'p')
  and t.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and t.oid = any ({relations}) --@ selected
order by k.conrelid, k.conname
