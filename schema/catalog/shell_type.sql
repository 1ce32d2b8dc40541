-- Types that were announced and never made. The shells of base types and ranges follow from those.
select
    t.oid as oid,
    n.nspname as schema,
    t.typname as name,
    pg_get_userbyid(t.typowner) as owner
from pg_type t
join pg_namespace n on n.oid = t.typnamespace
where t.typtype = 'p' and not t.typisdefined
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by t.oid
