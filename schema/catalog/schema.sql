-- Schemas; `public` is among them, since other rows name it.
select
    n.oid as oid,
    n.nspname as name,
    pg_get_userbyid(n.nspowner) as owner,
    n.nspacl::text[] as acl,
    acldefault('n', n.nspowner)::text[] as acl_default
from pg_namespace n
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by n.oid
