-- Foreign tables of user schemas: columns as in table.sql, and two of their own.
select
    c.oid as oid,
    n.nspname as schema,
    c.relname as name,
    pg_get_userbyid(c.relowner) as owner,
    c.relacl::text[] as acl,
    acldefault('r', c.relowner)::text[] as acl_default,
    c.relpersistence as persistence,
    c.relispartition as is_partition,
    case when c.relispartition then pg_get_expr(c.relpartbound, c.oid) end as partition_bound,
    s.srvname as server,
    (
        select string_agg(quote_ident(o.option_name) || ' ' || quote_literal(coalesce(o.option_value, '')), ', '
            order by o.option_name collate "C")
        from pg_options_to_table(f.ftoptions) o
    ) as foreign_options
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_foreign_table f on f.ftrelid = c.oid
join pg_foreign_server s on s.oid = f.ftserver
where c.relkind = 'f'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.oid = any ({relations}) --@ selected
order by c.oid
