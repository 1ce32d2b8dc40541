-- Domains; their constraints are in domain_check.sql.
select
    t.oid as oid,
    n.nspname as schema,
    t.typname as name,
    pg_get_userbyid(t.typowner) as owner,
    t.typacl::text[] as acl,
    acldefault('T', t.typowner)::text[] as acl_default,
    format_type(t.typbasetype, t.typtypmod) as base,
    cn.nspname as collation_schema,
    c.collname as collation,
    t.typnotnull as not_null,
    -- The text alone is stored where the default came from no expression.
    coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)) as "default"
from pg_type t
join pg_namespace n on n.oid = t.typnamespace
join pg_type b on b.oid = t.typbasetype
left join pg_collation c on c.oid = t.typcollation and t.typcollation <> b.typcollation
left join pg_namespace cn on cn.oid = c.collnamespace
where t.typtype = 'd'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by t.oid
