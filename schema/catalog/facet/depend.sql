-- Dependencies between objects that are not pinned. Membership of extensions is in member.sql; what a hidden object
-- (row type, array type, TOAST table, index of a constraint) owes to the one that stands for it is in alias.sql.
select
    d.classid as class,
    d.objid as oid,
    d.refclassid as ref_class,
    d.refobjid as ref_oid,
    d.deptype as kind,
    x.extname as extension
from pg_depend d
left join pg_extension x on x.oid = d.refobjid and d.refclassid = 3079 and d.deptype = 'x'
where d.deptype not in ('p', 'e')
  and d.objid >= 16384
  and (d.refobjid >= 16384 or d.refclassid = 2615 or d.refclassid = 3079)
  and not (d.deptype = 'i' and d.classid = 1247)
  -- Before 18 a function depends on transforms that it does not ask for, if they were there first.
  and not (
      d.classid = 1255 and d.refclassid = 3576
      and exists (select 1 from pg_proc p where p.oid = d.objid and p.protrftypes is null)
  )
-- As they lie there: pg_dump prints what depends on several extensions in this order, and their OIDs do not survive.
order by 1, 2, d.ctid
