-- The rules that hold the queries of views.
select
    r.oid as oid,
    r.rulename as name,
    c.oid as view_oid,
    n.nspname as schema,
    c.relname as view
from pg_rewrite r
join pg_class c on c.oid = r.ev_class
join pg_namespace n on n.oid = c.relnamespace
where r.rulename = '_RETURN'
  and c.relkind = 'v'
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.oid = any ({relations}) --@ selected
order by r.oid
