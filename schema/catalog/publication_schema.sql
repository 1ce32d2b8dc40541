--@ requires 15..
-- Schemas of publications: all their tables, future ones too.
select
    r.oid as oid,
    p.oid as publication_oid,
    p.pubname as publication,
    n.oid as schema_oid,
    n.nspname as name
from pg_publication_namespace r
join pg_publication p on p.oid = r.pnpubid
join pg_namespace n on n.oid = r.pnnspid
order by p.pubname, n.nspname
