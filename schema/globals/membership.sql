-- Memberships but those of predefined roles in each other. Before 16 roles may be gone, and the grantor means nothing.
select
    r.rolname as role,
    m.rolname as member,
    a.admin_option as admin,
    a.inherit_option as inherit, --@ 16..
    a.set_option as set, --@ 16..
    case when a.grantor <> 10 then coalesce(g.rolname::text, '') end as grantor, --@ 16..
    a.roleid as role_oid,
    a.member as member_oid
from pg_auth_members a
left join pg_roles r on r.oid = a.roleid
left join pg_roles m on m.oid = a.member
left join pg_roles g on g.oid = a.grantor
where not (coalesce(r.rolname, '') ~ '^pg_' and coalesce(m.rolname, '') ~ '^pg_')
order by r.rolname, m.rolname, g.rolname, a.roleid, a.member
