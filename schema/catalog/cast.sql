-- Casts that a user made. The cast from a range to its multirange comes with the range type.
select
    x.oid as oid,
    format('%s AS %s', format_type(x.castsource, null), format_type(x.casttarget, null)) as name,
    x.castmethod as method,
    case when x.castfunc <> 0 then x.castfunc::regprocedure::text end as function,
    x.castcontext as context
from pg_cast x
where x.oid >= 16384
  and not exists (select 1 from pg_range r where r.rngtypid = x.castsource and r.rngmultitypid = x.casttarget) --@ 14..
order by x.oid
