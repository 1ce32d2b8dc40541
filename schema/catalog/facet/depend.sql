-- Dependencies between objects that are not pinned. Membership of extensions is in member.sql.
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
-- As they lie there: pg_dump prints what depends on several extensions in this order, and their OIDs do not survive.
order by 1, 2, d.ctid
