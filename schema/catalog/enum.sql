-- Enumerated types.
select
    t.oid as oid,
    n.nspname as schema,
    t.typname as name,
    pg_get_userbyid(t.typowner) as owner,
    t.typacl::text[] as acl,
    acldefault('T', t.typowner)::text[] as acl_default,
    -- By position: labels added later have other OIDs than their place says.
    coalesce((
        select array_agg(e.enumlabel::text order by e.enumsortorder)
        from pg_enum e
        where e.enumtypid = t.oid
    ), '{}') as labels
from pg_type t
join pg_namespace n on n.oid = t.typnamespace
where t.typtype = 'e'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by t.oid
