-- PRIMARY KEY, UNIQUE and EXCLUDE constraints, with the index behind each.
select
    k.oid as oid,
    k.conname as name,
    k.contype as type,
    t.oid as table_oid,
    n.nspname as schema,
    t.relname as table,
    t.relkind = 'p' as partitioned,
    c.oid as index_oid,
    case when k.contype = 'x' then pg_get_constraintdef(k.oid) end as definition,
    case when i.indnkeyatts = 1 and f.attname is not null then array[f.attname::text] else coalesce((
        select array_agg(a.attname::text order by u.at)
        from unnest(i.indkey) with ordinality u (number, at)
        join pg_attribute a on a.attrelid = t.oid and a.attnum = u.number
        where u.at <= i.indnkeyatts
    ), '{}') end as columns,
    case when i.indnatts > i.indnkeyatts then (
        select array_agg(a.attname::text order by u.at)
        from unnest(i.indkey) with ordinality u (number, at)
        join pg_attribute a on a.attrelid = t.oid and a.attnum = u.number
        where u.at > i.indnkeyatts
    ) end as include,
    i.indnullsnotdistinct as nulls_not_distinct, --@ 15..
    k.conperiod as without_overlaps, --@ 18..
    k.condeferrable as deferrable,
    k.condeferred as deferred,
    c.reloptions as options,
    i.indisclustered as clustered,
    i.indisreplident as replica_identity,
    s.spcname as tablespace,
    case when i.indexprs is not null then (
        select array_agg(a.attnum order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attstattarget >= 0
    ) end as statistics_columns,
    case when i.indexprs is not null then (
        select array_agg(a.attstattarget::int4 order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attstattarget >= 0
    ) end as statistics_targets
from pg_constraint k
join pg_class t on t.oid = k.conrelid
join pg_namespace n on n.oid = t.relnamespace
join pg_index i on i.indexrelid = k.conindid
join pg_class c on c.oid = i.indexrelid
left join pg_tablespace s on s.oid = c.reltablespace
-- Most keys have one column.
left join pg_attribute f on f.attrelid = t.oid and f.attnum = i.indkey[0]
where k.contype in ('p', 'u', 'x')
  and t.relkind in ('r', 'p')
  and t.relpersistence <> 't'
  and i.indisready and (i.indisvalid or t.relkind = 'p')
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and t.oid = any ({relations}) --@ selected
order by k.conrelid, k.conname
