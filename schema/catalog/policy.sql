-- Policies of row security. No roles: PUBLIC.
select
    p.oid as oid,
    p.polname as name,
    c.oid as table_oid,
    n.nspname as schema,
    c.relname as table,
    p.polcmd as command,
    p.polpermissive as permissive,
    coalesce((
        select array_agg(r.rolname::text order by u.at)
        from unnest(p.polroles) with ordinality u (role, at)
        join pg_roles r on r.oid = u.role
    ), '{}') as roles,
    pg_get_expr(p.polqual, p.polrelid) as using,
    pg_get_expr(p.polwithcheck, p.polrelid) as with_check
from pg_policy p
join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace
where c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.oid = any ({relations}) --@ selected
order by p.polrelid, p.polname
