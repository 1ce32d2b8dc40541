-- Objects of kinds that pgark does not dump yet. Extension members are left out: the extension makes them.
-- A kind that is supported loses its arm here.
select u.kind as kind, u.name as name
from (
    select 'foreign-data wrapper' as kind, 2328::oid as class, w.oid as oid, quote_ident(w.fdwname) as name
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
) u
where u.oid >= 16384
  and not exists (
      select 1 from pg_depend d
      where d.classid = u.class and d.objid = u.oid and d.deptype = 'e'
  )
order by 1, 2
