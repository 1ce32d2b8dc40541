-- Large objects.
select
    m.oid as oid,
    m.oid::text as name,
    pg_get_userbyid(m.lomowner) as owner,
    m.lomacl::text[] as acl,
    -- There may be millions of them.
    case when m.lomacl is null then '{}' else acldefault('L', m.lomowner)::text[] end as acl_default
from pg_largeobject_metadata m
order by m.oid
