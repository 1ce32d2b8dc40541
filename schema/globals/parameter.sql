--@ requires 15..
-- Privileges on parameters.
select
    p.parname as name,
    p.paracl::text[] as acl
from pg_parameter_acl p
order by p.parname collate "C"
