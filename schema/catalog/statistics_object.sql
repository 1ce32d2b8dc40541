-- Extended statistics objects. What ANALYZE found is not carried.
select
    s.oid as oid,
    n.nspname as schema,
    s.stxname as name,
    pg_get_userbyid(s.stxowner) as owner,
    s.stxrelid as table_oid,
    pg_get_statisticsobjdef(s.oid) as definition
    , nullif(s.stxstattarget, -1)::int4 as target --@ 13..
from pg_statistic_ext s
join pg_namespace n on n.oid = s.stxnamespace
join pg_class c on c.oid = s.stxrelid
where c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.oid = any ({relations}) --@ selected
order by s.oid
