-- Range types. Their multirange, constructors and cast come with them.
select
    t.oid as oid,
    n.nspname as schema,
    t.typname as name,
    pg_get_userbyid(t.typowner) as owner,
    t.typacl::text[] as acl,
    acldefault('T', t.typowner)::text[] as acl_default,
    format_type(r.rngsubtype, null) as subtype,
    mn.nspname as multirange_schema, --@ 14..
    m.typname as multirange, --@ 14..
    case when not o.opcdefault then opn.nspname end as opclass_schema,
    case when not o.opcdefault then o.opcname end as opclass,
    cn.nspname as collation_schema,
    c.collname as collation,
    case when r.rngcanonical <> 0 then r.rngcanonical::regproc::text end as canonical,
    case when r.rngsubdiff <> 0 then r.rngsubdiff::regproc::text end as subtype_diff
from pg_range r
join pg_type t on t.oid = r.rngtypid
join pg_namespace n on n.oid = t.typnamespace
join pg_type s on s.oid = r.rngsubtype
join pg_type m on m.oid = r.rngmultitypid --@ 14..
join pg_namespace mn on mn.oid = m.typnamespace --@ 14..
join pg_opclass o on o.oid = r.rngsubopc
join pg_namespace opn on opn.oid = o.opcnamespace
left join pg_collation c on c.oid = r.rngcollation and r.rngcollation <> s.typcollation
left join pg_namespace cn on cn.oid = c.collnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by t.oid
