-- Hashes of passwords.
select
    a.rolname as name,
    a.rolpassword as password
from pg_authid a
where a.rolpassword is not null and a.rolname !~ '^pg_'
order by a.rolname
