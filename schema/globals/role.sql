-- Roles but the predefined ones. Everybody may read pg_roles; the hashes of passwords are in pg_authid only.
select
    r.rolname as name,
    r.rolsuper as superuser,
    r.rolinherit as inherit,
    r.rolcreaterole as create_role,
    r.rolcreatedb as create_db,
    r.rolcanlogin as login,
    r.rolreplication as replication,
    r.rolbypassrls as bypass_rls,
    r.rolconnlimit as connection_limit,
    case when isfinite(r.rolvaliduntil)
        then replace(to_char(r.rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00 BC'), ' AD', '')
        else r.rolvaliduntil::text end as valid_until,
    shobj_description(r.oid, 'pg_authid') as comment
from pg_roles r
where r.rolname !~ '^pg_'
order by r.rolname
