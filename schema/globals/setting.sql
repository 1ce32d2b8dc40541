-- Settings of roles in every database; an empty role is ALTER ROLE ALL.
select
    coalesce(r.rolname::text, '') as role,
    i.item as item
from pg_db_role_setting s
left join pg_roles r on r.oid = s.setrole
cross join lateral unnest(s.setconfig) with ordinality i (item, at)
where s.setdatabase = 0 and (s.setrole = 0 or r.oid is not null)
order by 1, i.at
