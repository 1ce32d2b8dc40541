-- Conversions between encodings.
select
    c.oid as oid,
    n.nspname as schema,
    c.conname as name,
    pg_get_userbyid(c.conowner) as owner,
    c.condefault as is_default,
    pg_encoding_to_char(c.conforencoding) as source,
    pg_encoding_to_char(c.contoencoding) as target,
    c.conproc::regproc::text as function
from pg_conversion c
join pg_namespace n on n.oid = c.connamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by c.oid
