-- Prints `key|rows|hash` for everything in a database that holds data; psql 18 runs it (\gexec).
--
-- `(x.*)::text` is the whole row even when a column is called like the alias. Two sums of 64-bit hashes do
-- not depend on the order of rows, count duplicates, and as numeric cannot overflow. ONLY keeps a parent's
-- rows apart from its children's.
set search_path = '';
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set timezone = 'UTC';
set extra_float_digits = 1;
set bytea_output = 'hex';
set row_security = off;

select format(
    case when c.relkind = 'm' and not c.relispopulated then 'select %1$L, 0, ''unpopulated'''
    else 'select %1$L, count(*),
        coalesce(sum(pg_catalog.hashtextextended((x.*)::text collate "C", 1)::numeric), 0) || ''/'' ||
        coalesce(sum(pg_catalog.hashtextextended((x.*)::text collate "C", 2)::numeric), 0)
        from %4$s %2$I.%3$I as x' end,
    'table ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), n.nspname, c.relname,
    case when c.relkind = 'p' then '' else 'only' end)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (
    -- The hash of an enum is that of its OID: which partition a row is in differs from database to database, so
    -- these trees are compared as a whole.
    select exists (
        select from pg_catalog.pg_partition_ancestors(c.oid) a (oid)
        join pg_catalog.pg_partitioned_table p on p.partrelid = a.oid and p.partstrat = 'h'
        join pg_catalog.pg_opclass o on o.oid = any (p.partclass) and o.opcname = 'enum_ops'
    ) as by_enum
) h
where c.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
    and case c.relkind
        when 'm' then true
        when 'r' then not h.by_enum
        when 'p' then h.by_enum and not c.relispartition
        else false
    end
\gexec

select format('select %L, 1, last_value || ''/'' || is_called from %I.%I',
    'sequence ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), n.nspname, c.relname)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'S' and c.relpersistence <> 't'
\gexec

-- By pages, as the server keeps them, for an object may be larger than a value can be; an empty page is a hole.
select 'large object ' || m.oid, 1, pg_catalog.lo_lseek64(pg_catalog.lo_open(m.oid, 262144), 0, 2) || '/' || coalesce(pg_catalog.md5((
        select pg_catalog.string_agg(p.pageno || ':' || pg_catalog.encode(pg_catalog.sha256(p.data), 'hex'), ',' order by p.pageno)
        from pg_catalog.pg_largeobject p where p.loid = m.oid and p.data <> ''
    )), 'empty') || '/' || coalesce(pg_catalog.md5(pg_catalog.obj_description(m.oid, 'pg_largeobject')), '') || '/' || pg_catalog.translate(
    pg_catalog.pg_get_userbyid(m.lomowner) || '/' || coalesce(m.lomacl::text, ''), '|' || chr(10), '!!')
from pg_catalog.pg_largeobject_metadata m;
