-- Operator classes; the members that hang on them are in facet/family_member.sql.
select
    o.oid as oid,
    n.nspname as schema,
    o.opcname as name,
    a.amname as access_method,
    pg_get_userbyid(o.opcowner) as owner,
    o.opcdefault as is_default,
    format_type(o.opcintype, null) as input_type,
    o.opcfamily as family,
    fn.nspname as family_schema,
    f.opfname as family_name,
    case when o.opckeytype <> 0 then format_type(o.opckeytype, null) end as storage
from pg_opclass o
join pg_namespace n on n.oid = o.opcnamespace
join pg_am a on a.oid = o.opcmethod
join pg_opfamily f on f.oid = o.opcfamily
join pg_namespace fn on fn.oid = f.opfnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by o.oid
