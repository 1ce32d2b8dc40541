-- Default privileges. Those of one schema only add to the global ones, so they start from nothing.
select
    d.oid as oid,
    pg_get_userbyid(d.defaclrole) as role,
    n.nspname as schema,
    d.defaclobjtype as object_type,
    d.defaclacl::text[] as acl,
    case
        when d.defaclnamespace = 0
            then acldefault(case when d.defaclobjtype = 'S' then 's' else d.defaclobjtype end, d.defaclrole)::text[]
        else '{}'
    end as acl_default
from pg_default_acl d
left join pg_namespace n on n.oid = d.defaclnamespace
order by d.oid
