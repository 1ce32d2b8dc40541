-- User mappings, from the view that everybody may read. It shows the options to superusers, to the server's owner
-- those of PUBLIC, and to each role its own; the conditions are the view's.
select
    m.umid as oid,
    case when m.umuser <> 0 then m.usename end as role,
    m.srvname as server,
    m.srvid as server_oid,
    m.umoptions is null and not (
        coalesce((select r.rolsuper from pg_roles r where r.rolname = current_user), false)
        or m.umuser = 0 and pg_has_role(s.srvowner, 'USAGE')
        or m.umuser <> 0 and m.usename = current_user
            and (pg_has_role(s.srvowner, 'USAGE') or has_server_privilege(s.oid, 'USAGE'))
    ) as is_hidden,
    (
        select string_agg(quote_ident(o.option_name) || ' ' || quote_literal(coalesce(o.option_value, '')), ', '
            order by o.option_name collate "C")
        from pg_options_to_table(m.umoptions) o
    ) as options
from pg_user_mappings m
join pg_foreign_server s on s.oid = m.srvid
order by m.umid
