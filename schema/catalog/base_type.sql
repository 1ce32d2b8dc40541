-- Base types. Array types come with their element.
select
    t.oid as oid,
    n.nspname as schema,
    t.typname as name,
    pg_get_userbyid(t.typowner) as owner,
    t.typacl::text[] as acl,
    acldefault('T', t.typowner)::text[] as acl_default,
    t.typlen as length,
    t.typinput::regproc::text as input,
    t.typoutput::regproc::text as output,
    case when t.typreceive <> 0 then t.typreceive::regproc::text end as receive,
    case when t.typsend <> 0 then t.typsend::regproc::text end as send,
    case when t.typmodin <> 0 then t.typmodin::regproc::text end as modifier_input,
    case when t.typmodout <> 0 then t.typmodout::regproc::text end as modifier_output,
    case when t.typanalyze <> 0 then t.typanalyze::regproc::text end as analyze,
    case when t.typsubscript <> 0 then t.typsubscript::regproc::text end as subscript, --@ 14..
    t.typcollation <> 0 as collatable,
    -- The text alone is stored where the default came from no expression.
    coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)) as "default",
    case when t.typelem <> 0 then format_type(t.typelem, null) end as element,
    t.typcategory as category,
    t.typispreferred as preferred,
    t.typdelim as delimiter,
    t.typalign as alignment,
    t.typstorage as storage,
    t.typbyval as by_value
from pg_type t
join pg_namespace n on n.oid = t.typnamespace
where t.typtype = 'b'
  and not exists (select 1 from pg_type e where e.oid = t.typelem and e.typarray = t.oid)
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by t.oid
