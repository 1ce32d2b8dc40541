-- Large objects.
select
    m.oid as oid,
    m.oid::text as name,
    pg_get_userbyid(m.lomowner) as owner,
    m.lomacl::text[] as acl,
    acldefault('L', m.lomowner)::text[] as acl_default
from pg_largeobject_metadata m
order by m.oid
