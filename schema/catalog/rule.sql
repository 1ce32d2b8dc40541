-- Rules, but for those that hold the queries of views.
select
    r.oid as oid,
    r.rulename as name,
    c.oid as table_oid,
    n.nspname as schema,
    c.relname as table,
    pg_get_ruledef(r.oid) as definition,
    r.ev_enabled as enabled
from pg_rewrite r
join pg_class c on c.oid = r.ev_class
join pg_namespace n on n.oid = c.relnamespace
where r.ev_type <> '1'
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.oid = any ({relations}) --@ selected
order by r.ev_class, r.rulename
