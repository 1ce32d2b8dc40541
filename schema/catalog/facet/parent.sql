-- Links of inheritance and partitioning, of tables and of indexes, in inhseqno order.
select
    i.inhrelid as child,
    i.inhparent as parent,
    i.inhseqno as number,
    n.nspname as parent_schema,
    p.relname as parent_name,
    p.relkind = 'I' as is_index
    , i.inhdetachpending as detach_pending --@ 14..
from pg_inherits i
join pg_class p on p.oid = i.inhparent
join pg_namespace n on n.oid = p.relnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by i.inhrelid, i.inhseqno
