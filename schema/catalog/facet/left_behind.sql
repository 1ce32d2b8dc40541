-- What an archive does not hold although nothing in it is unknown: said as a warning each. Collations of pg_catalog are
-- those that pg_import_system_collations() found on the host.
select l.text as text
from (
    select format('index %I.%I is invalid (CREATE INDEX CONCURRENTLY did not finish) and is left out', n.nspname, c.relname)
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    join pg_namespace n on n.oid = c.relnamespace
    where not (i.indisvalid and i.indisready) and c.relkind = 'i' and c.relpersistence <> 't'
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and i.indrelid = any ({relations}) --@ selected
    union all --@ 14..
    select format('partition %s is being detached (DETACH CONCURRENTLY did not finish): it is attached again', i.inhrelid::regclass) --@ 14..
    from pg_inherits i where i.inhdetachpending --@ 14..
      and i.inhrelid = any ({relations}) --@ 14.. selected
    union all
    select format('%s is in the schema %I of the system and is left out', pg_describe_object(o.class, o.oid, 0), n.nspname)
    from (
        select 1259::oid as class, c.oid, c.relnamespace as schema
        from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
        union all
        select 1247, t.oid, t.typnamespace
        from pg_type t left join pg_class c on c.oid = t.typrelid
        where t.typtype in ('b', 'd', 'e', 'r') and not exists (select 1 from pg_type e where e.typarray = t.oid) or c.relkind = 'c'
        union all
        select 1255, p.oid, p.pronamespace from pg_proc p
        union all
        select 2617, o.oid, o.oprnamespace from pg_operator o
        union all
        select 2616, o.oid, o.opcnamespace from pg_opclass o
        union all
        select 3602, c.oid, c.cfgnamespace from pg_ts_config c
        union all
        select 3600, d.oid, d.dictnamespace from pg_ts_dict d
    ) o
    join pg_namespace n on n.oid = o.schema
    where o.oid >= 16384
      and n.nspname in ('pg_catalog', 'information_schema')
      and false --@ selected
      and not exists (
          select 1 from pg_depend d where d.classid = o.class and d.objid = o.oid and d.deptype in ('e', 'i')
      )
    union all
    -- Made by the extension, or added by ALTER EXTENSION: nothing tells which. Configuration tables are known to have rows
    -- of the user.
    select format('table %s belongs to extension %I, which has to make it again: its rows are left out', c.oid::regclass, e.extname)
    from pg_class c
    join pg_depend d on d.classid = 1259 and d.objid = c.oid and d.refclassid = 3079 and d.deptype = 'e'
    join pg_extension e on e.oid = d.refobjid
    where c.relkind = 'r'
      and false --@ selected
      and pg_relation_size(c.oid) > 0 and not c.oid = any (coalesce(e.extconfig, '{}'))
    union all
    select format('policy %I on %s is left out: the table is a member of an extension', p.polname, p.polrelid::regclass)
    from pg_policy p
    where exists (select 1 from pg_depend d where d.classid = 1259 and d.objid = p.polrelid and d.deptype = 'e')
      and false --@ selected
    union all --@ 14..
    -- Its body has the same empty name for all of them.
    select format('%s cannot be restored: PostgreSQL prints its body without telling its unnamed parameters apart', --@ 14..
        pg_describe_object(1255, p.oid, 0)) --@ 14..
    from pg_proc p --@ 14..
    where p.oid >= 16384 --@ 14..
      and p.pronamespace = any ({schemas}) --@ 14.. selected
      and 1 < ( --@ 14..
        select count(distinct u.found[1]) --@ 14..
        from regexp_matches(p.prosqlbody::text, ':paramkind 0 :paramid ([0-9]+)', 'g') u (found) --@ 14..
        where p.proargnames[u.found[1]::int4] = '' --@ 14..
    ) --@ 14..
    and not exists (select from pg_depend d where d.classid = 1255 and d.objid = p.oid and d.deptype = 'e') --@ 14..
) l (text)
order by 1
