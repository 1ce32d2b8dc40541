-- Collations. An empty locale of a server before 15 is none.
select
    c.oid as oid,
    n.nspname as schema,
    c.collname as name,
    pg_get_userbyid(c.collowner) as owner,
    c.collprovider as provider,
    c.collisdeterministic as deterministic,
    c.collencoding as encoding,
    nullif(c.collcollate::text, '') as "collate",
    nullif(c.collctype::text, '') as ctype,
    case when c.collprovider = 'i' then c.collcollate::text end as locale --@ ..14
    c.colliculocale as locale --@ 15..16
    c.colllocale as locale --@ 17..
    , c.collicurules as rules --@ 16..
from pg_collation c
join pg_namespace n on n.oid = c.collnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by c.oid
