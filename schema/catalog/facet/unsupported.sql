-- Objects of kinds that pgark does not dump yet. Extension members are left out: the extension makes them.
-- A kind that is supported loses its arm here.
select u.kind as kind, u.name as name
from (
    select 'base type' as kind, 1247::oid as class, t.oid as oid, t.oid::regtype::text as name
    from pg_type t
    where t.typtype = 'b' and t.typisdefined
      and not exists (select 1 from pg_type e where e.typarray = t.oid)
    union all
    select 'shell type', 1247, t.oid, t.oid::regtype::text
    from pg_type t
    where t.typtype = 'p' and not t.typisdefined
    union all
    select case p.prokind when 'a' then 'aggregate' else 'window function' end, 1255, p.oid, p.oid::regprocedure::text
    from pg_proc p
    where p.prokind in ('a', 'w')
    union all
    select 'language', 2612, l.oid, quote_ident(l.lanname)
    from pg_language l
    union all
    select 'transform', 3576, f.oid, format('for %s language %I', f.trftype::regtype, l.lanname)
    from pg_transform f join pg_language l on l.oid = f.trflang
    union all
    -- The cast from a range to its multirange comes with the range type.
    select 'cast', 2605, x.oid, format('(%s as %s)', x.castsource::regtype, x.casttarget::regtype)
    from pg_cast x
    where not exists (select 1 from pg_range r where r.rngtypid = x.castsource and r.rngmultitypid = x.casttarget) --@ 14..
    union all
    select 'operator', 2617, o.oid, o.oid::regoperator::text
    from pg_operator o
    where o.oprcode <> 0
    union all
    select 'operator class', 2616, o.oid, format('%I.%I', n.nspname, o.opcname)
    from pg_opclass o join pg_namespace n on n.oid = o.opcnamespace
    union all
    select 'operator family', 2753, o.oid, format('%I.%I', n.nspname, o.opfname)
    from pg_opfamily o join pg_namespace n on n.oid = o.opfnamespace
    union all
    select 'access method', 2601, a.oid, quote_ident(a.amname)
    from pg_am a
    union all
    select 'collation', 3456, c.oid, format('%I.%I', n.nspname, c.collname)
    from pg_collation c join pg_namespace n on n.oid = c.collnamespace
    union all
    select 'conversion', 2607, c.oid, format('%I.%I', n.nspname, c.conname)
    from pg_conversion c join pg_namespace n on n.oid = c.connamespace
    union all
    select 'text search parser', 3601, p.oid, format('%I.%I', n.nspname, p.prsname)
    from pg_ts_parser p join pg_namespace n on n.oid = p.prsnamespace
    union all
    select 'text search dictionary', 3600, d.oid, format('%I.%I', n.nspname, d.dictname)
    from pg_ts_dict d join pg_namespace n on n.oid = d.dictnamespace
    union all
    select 'text search template', 3764, t.oid, format('%I.%I', n.nspname, t.tmplname)
    from pg_ts_template t join pg_namespace n on n.oid = t.tmplnamespace
    union all
    select 'text search configuration', 3602, c.oid, format('%I.%I', n.nspname, c.cfgname)
    from pg_ts_config c join pg_namespace n on n.oid = c.cfgnamespace
    union all
    select 'foreign-data wrapper', 2328, w.oid, quote_ident(w.fdwname)
    from pg_foreign_data_wrapper w
    union all
    select 'foreign server', 1417, s.oid, quote_ident(s.srvname)
    from pg_foreign_server s
    union all
    select 'foreign table', 1259, c.oid, c.oid::regclass::text
    from pg_class c
    where c.relkind = 'f'
    union all
    select 'rule', 2618, r.oid, format('%I on %s', r.rulename, r.ev_class::regclass)
    from pg_rewrite r
    where r.rulename <> '_RETURN'
    union all
    select 'event trigger', 3466, e.oid, quote_ident(e.evtname)
    from pg_event_trigger e
    union all
    select 'statistics object', 3381, s.oid, format('%I.%I', n.nspname, s.stxname)
    from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace
    union all
    select 'publication', 6104, p.oid, quote_ident(p.pubname)
    from pg_publication p
    union all
    -- Its oid may be read by superusers only before 14.
    select 'subscription', 6100, 16384::oid, quote_ident(s.subname)
    from pg_subscription s
    where s.subdbid = (select d.oid from pg_database d where d.datname = current_database())
    union all
    select 'security label', l.classoid, l.objoid, format('on %s %s', l.objtype, l.objname)
    from pg_seclabels l
    -- Those of roles, tablespaces and databases are the cluster's.
    where l.classoid not in (1260, 1213, 1262)
) u
where u.oid >= 16384
  and not exists (
      select 1 from pg_depend d
      where d.classid = u.class and d.objid = u.oid and d.deptype = 'e'
  )
order by 1, 2
