-- Objects of kinds that pgark does not dump yet. Extension members are left out: the extension makes them.
-- A kind that is supported loses its arm here.
select u.kind as kind, u.name as name
from (
    select 'publication' as kind, 6104::oid as class, p.oid as oid, quote_ident(p.pubname) as name
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
