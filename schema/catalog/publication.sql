-- Publications; their tables and schemas are in publication_table.sql and publication_schema.sql.
select
    p.oid as oid,
    p.pubname as name,
    pg_get_userbyid(p.pubowner) as owner,
    p.puballtables as all_tables,
    array_to_string(array[
        case when p.pubinsert then 'insert' end,
        case when p.pubupdate then 'update' end,
        case when p.pubdelete then 'delete' end,
        case when p.pubtruncate then 'truncate' end
    ], ', ') as publish
    , p.pubviaroot as via_root --@ 13..
    , p.pubgencols = 's' as generated_columns --@ 18..
from pg_publication p
order by p.pubname
