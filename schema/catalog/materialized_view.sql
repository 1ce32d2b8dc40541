-- Materialized views.
select
    c.oid as oid,
    n.nspname as schema,
    c.relname as name,
    pg_get_userbyid(c.relowner) as owner,
    c.relacl::text[] as acl,
    acldefault('r', c.relowner)::text[] as acl_default,
    pg_get_viewdef(c.oid) as definition,
    c.reloptions as options,
    t.reloptions as toast_options,
    s.spcname as tablespace,
    a.amname as access_method,
    c.relreplident as replica_identity,
    c.relispopulated as populated,
    r.oid as rule
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
left join pg_class t on t.oid = c.reltoastrelid
left join pg_tablespace s on s.oid = c.reltablespace
left join pg_am a on a.oid = c.relam
where c.relkind = 'm'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.oid = any ({relations}) --@ selected
order by c.oid
