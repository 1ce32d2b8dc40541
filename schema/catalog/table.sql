-- Ordinary and partitioned tables of user schemas, locked ones only (the lock list is made first).
select
    c.oid as oid,
    n.nspname as schema,
    c.relname as name,
    pg_get_userbyid(c.relowner) as owner,
    c.relacl::text[] as acl,
    acldefault('r', c.relowner)::text[] as acl_default,
    c.relkind = 'p' as partitioned,
    c.relpersistence as persistence,
    c.relispartition as is_partition,
    case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end as partition_key,
    case when c.relispartition then pg_get_expr(c.relpartbound, c.oid) end as partition_bound,
    case when c.reloftype <> 0 then c.reloftype::regtype::text end as of_type,
    c.reloptions as options,
    t.reloptions as toast_options,
    -- CREATE TABLE makes no TOAST table, and forgets its options, unless a column's values have no upper bound.
    t.reloptions is not null and not exists (
        select 1 from pg_attribute w join pg_type wt on wt.oid = w.atttypid
        where w.attrelid = c.oid and w.attnum > 0 and not w.attisdropped
          and w.attlen = -1 and w.atttypmod = -1 and wt.typstorage <> 'p'
    ) as toast_is_left_over,
    s.spcname as tablespace,
    a.amname as access_method,
    c.relreplident as replica_identity,
    c.relrowsecurity as row_security,
    c.relforcerowsecurity as force_row_security,
    case
        when z.is_small then c.relpages::int8
        when c.relkind = 'r' then pg_relation_size(c.oid) / z.block
        else 0
    end as pages,
    case
        when z.is_small then (c.relpages::int8 + coalesce(t.relpages, 0)) * z.block
        when c.relkind = 'r' then pg_relation_size(c.oid) + coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0)
        else 0
    end as bytes,
    c.reltuples as rows_estimate,
    case when c.relkind = 'r' and c.relispartition then (
        -- Hash partitioning on an enum (opclass enum_ops of hash, in pg_catalog): hashes use OIDs.
        select r.root from (
            with recursive up (oid, depth) as (
                select i.inhparent, 1 from pg_inherits i where i.inhrelid = c.oid
                union all
                select i.inhparent, up.depth + 1 from pg_inherits i join up on i.inhrelid = up.oid
            )
            select
                (array_agg(up.oid order by up.depth desc))[1] as root,
                bool_or(p.partstrat = 'h' and o.opcname is not null) as by_enum
            from up
            join pg_partitioned_table p on p.partrelid = up.oid
            left join pg_opclass o on o.oid = any (p.partclass) and o.opcname = 'enum_ops'
        ) r where r.by_enum
    ) end as via_root
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_class t on t.oid = c.reltoastrelid
left join pg_tablespace s on s.oid = c.reltablespace
left join pg_am a on a.oid = c.relam
-- Asking for a size opens the relation and its file: with thousands of small tables that takes longer than all else.
-- Whether a table is small the server has counted. Where it has not, zero is no answer.
cross join lateral (
    select
        current_setting('block_size')::int8 as block,
        c.relkind = 'p' or c.relpages < 1000 and coalesce(t.relpages, 0) < 1000
            and pg_stat_get_live_tuples(c.oid) between 1 and 10000
            and coalesce(pg_stat_get_live_tuples(t.oid), 0) < 10000 as is_small
    offset 0
) z
where c.relkind in ('r', 'p')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.oid = any ({relations}) --@ selected
order by c.oid
