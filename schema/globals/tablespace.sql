-- Tablespaces but those that initdb made. One inside the data directory says so with a relative location.
select
    t.spcname as name,
    pg_get_userbyid(t.spcowner) as owner,
    case when pg_tablespace_location(t.oid) !~ '^pg_tblspc/' then pg_tablespace_location(t.oid) end as location,
    coalesce(t.spcoptions, '{}') as options,
    t.spcacl::text[] as acl,
    shobj_description(t.oid, 'pg_tablespace') as comment
from pg_tablespace t
where t.spcname !~ '^pg_'
order by t.spcname
