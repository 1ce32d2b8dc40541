-- Tables of publications, with their column lists and row filters.
select
    r.oid as oid,
    p.oid as publication_oid,
    p.pubname as publication,
    c.oid as table_oid,
    n.nspname as schema,
    c.relname as name
    , array( --@ 15..
        select a.attname::text from pg_attribute a --@ 15..
        where a.attrelid = c.oid and a.attnum = any (r.prattrs) --@ 15..
        order by a.attnum --@ 15..
    ) as columns --@ 15..
    , pg_get_expr(r.prqual, r.prrelid) as filter --@ 15..
from pg_publication_rel r
join pg_publication p on p.oid = r.prpubid
join pg_class c on c.oid = r.prrelid
join pg_namespace n on n.oid = c.relnamespace
  and c.oid = any ({relations}) --@ selected
order by p.pubname, n.nspname, c.relname
