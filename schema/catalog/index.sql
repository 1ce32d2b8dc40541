-- Indexes that no constraint owns. Invalid ones are leftovers, except on partitioned tables: there they wait for
-- their partitions' indexes.
select
    c.oid as oid,
    n.nspname as schema,
    c.relname as name,
    t.oid as table_oid,
    t.relname as table,
    -- Most indexes are plain ones. The server's function opens the table of each; with thousands of tables that takes
    -- longer than all else.
    case
        when c.relkind = 'i' and am.amname = 'btree' and not i.indisunique and i.indnatts = 1 and i.indoption[0] = 0
            and i.indexprs is null and i.indpred is null and c.reloptions is null
            and o.oid < 16384 and o.opcdefault and o.opcintype = a.atttypid and a.attcollation = i.indcollation[0]
        then format('CREATE INDEX %I ON %I.%I USING btree (%I)', c.relname, n.nspname, t.relname, a.attname)
        else pg_get_indexdef(c.oid)
    end as definition,
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
left join pg_am am on am.oid = c.relam
left join pg_opclass o on o.oid = i.indclass[0]
left join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
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
