-- Security labels on roles and tablespaces.
select
    case l.classoid when 1260 then 'ROLE' else 'TABLESPACE' end as noun,
    coalesce(r.rolname, t.spcname) as name,
    l.provider as provider,
    l.label as text
from pg_shseclabel l
left join pg_roles r on l.classoid = 1260 and r.oid = l.objoid
left join pg_tablespace t on l.classoid = 1213 and t.oid = l.objoid
where l.classoid in (1213, 1260) and coalesce(r.rolname, t.spcname) is not null
order by 1, 2, l.ctid
