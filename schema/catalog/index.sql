-- Indexes that no constraint owns. Invalid ones are leftovers, except on partitioned tables: there they wait for
-- their partitions' indexes.
select
    c.oid as oid,
    n.nspname as schema,
    c.relname as name,
    t.oid as table_oid,
    t.relname as table,
    pg_get_indexdef(c.oid) as definition,
    i.indisclustered as clustered,
    i.indisreplident as replica_identity,
    s.spcname as tablespace,
    -- Only columns that are expressions can have a statistics target.
    case when i.indexprs is not null then (
        select array_agg(a.attnum order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attstattarget >= 0
    ) end as statistics_columns,
    case when i.indexprs is not null then (
        select array_agg(a.attstattarget::int4 order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attstattarget >= 0
    ) end as statistics_targets
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_class t on t.oid = i.indrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_tablespace s on s.oid = c.reltablespace
where t.relkind in ('r', 'p', 'm')
  and t.relpersistence <> 't'
  and i.indisready and (i.indisvalid or t.relkind = 'p')
  and not exists (
      select 1 from pg_constraint k
      where k.conindid = c.oid and k.conrelid = t.oid and k.contype in ('p', 'u', 'x')
  )
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and t.oid = any ({relations}) --@ selected
order by c.oid
