-- Operator families; their members are in facet/family_member.sql.
select
    f.oid as oid,
    n.nspname as schema,
    f.opfname as name,
    a.amname as access_method,
    pg_get_userbyid(f.opfowner) as owner
from pg_opfamily f
join pg_namespace n on n.oid = f.opfnamespace
join pg_am a on a.oid = f.opfmethod
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by f.oid
