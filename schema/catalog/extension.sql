-- Extensions that a user made; the plpgsql of initdb is in every database.
select
    e.oid as oid,
    e.extname as name,
    n.nspname as schema,
    e.extversion as version,
    coalesce(e.extconfig, '{}') as config,
    coalesce(e.extcondition, '{}') as config_conditions
from pg_extension e
join pg_namespace n on n.oid = e.extnamespace
where e.oid >= 16384
order by e.oid
