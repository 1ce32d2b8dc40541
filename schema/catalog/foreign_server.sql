-- Foreign servers.
select
    s.oid as oid,
    s.srvname as name,
    w.fdwname as wrapper,
    pg_get_userbyid(s.srvowner) as owner,
    s.srvacl::text[] as acl,
    acldefault('S', s.srvowner)::text[] as acl_default,
    s.srvtype as type,
    s.srvversion as version,
    (
        select string_agg(quote_ident(o.option_name) || ' ' || quote_literal(coalesce(o.option_value, '')), ', '
            order by o.option_name collate "C")
        from pg_options_to_table(s.srvoptions) o
    ) as options
from pg_foreign_server s
join pg_foreign_data_wrapper w on w.oid = s.srvfdw
order by s.oid
