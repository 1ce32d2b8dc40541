-- Transforms between types and languages.
select
    f.oid as oid,
    format_type(f.trftype, null) as type,
    l.lanname as language,
    case when f.trffromsql <> 0 then f.trffromsql::regprocedure::text end as from_sql,
    case when f.trftosql <> 0 then f.trftosql::regprocedure::text end as to_sql
from pg_transform f
join pg_language l on l.oid = f.trflang
where f.oid >= 16384
order by f.oid
