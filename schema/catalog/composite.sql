-- Composite types made by CREATE TYPE; the row types of relations come with their relation.
select
    t.oid as oid,
    t.typrelid as relation,
    n.nspname as schema,
    t.typname as name,
    pg_get_userbyid(t.typowner) as owner,
    t.typacl::text[] as acl,
    acldefault('T', t.typowner)::text[] as acl_default
from pg_type t
join pg_class c on c.oid = t.typrelid
join pg_namespace n on n.oid = t.typnamespace
where t.typtype = 'c'
  and c.relkind = 'c'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by t.oid
