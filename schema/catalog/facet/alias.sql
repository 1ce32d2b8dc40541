-- Objects that have no statement of their own: what stands for them in the dependency graph.
-- Row types: the relation.
select 1247::oid as class, t.oid as oid, 1259::oid as target_class, c.oid as target
from pg_type t join pg_class c on c.oid = t.typrelid
where c.relkind <> 'c' and t.oid >= 16384
union all
-- Relations of composite types: the type.
select 1259::oid, c.oid, 1247::oid, t.oid
from pg_type t join pg_class c on c.oid = t.typrelid
where c.relkind = 'c' and t.oid >= 16384
union all
-- Array types: the element.
select 1247::oid, e.typarray, 1247::oid, e.oid
from pg_type e
where e.typarray >= 16384
union all --@ 14..
-- Multiranges: the range. --@ 14..
select 1247::oid, r.rngmultitypid, 1247::oid, r.rngtypid --@ 14..
from pg_range r --@ 14..
where r.rngtypid >= 16384 --@ 14..
union all
-- Indexes of constraints: the constraint.
select 1259::oid, k.conindid, 2606::oid, k.oid
from pg_constraint k
where k.contype in ('p', 'u', 'x') and k.oid >= 16384
union all
-- The rule that holds the query of a materialized view: the view.
select 2618::oid, r.oid, 1259::oid, c.oid
from pg_rewrite r join pg_class c on c.oid = r.ev_class
where c.relkind = 'm' and r.oid >= 16384
union all
-- Members of operator families: the class or family that brings them along, or, where no dump makes that one, what
-- adds them to it (family_member.sql). Rows that point back to it become edges to itself, which do not count.
select
    m.class, m.oid,
    case when k.is_made then o.class else 10::oid end, o.oid
from (
    select 2602::oid as class, a.oid, a.amopfamily as family from pg_amop a
    union all
    select 2603::oid, p.oid, p.amprocfamily from pg_amproc p
) m
left join pg_depend d on d.classid = m.class and d.objid = m.oid
    and (d.refclassid = 2616 or d.refclassid = 2753 and d.refobjid = m.family)
cross join lateral (select coalesce(d.refclassid, 2753::oid) as class, coalesce(d.refobjid, m.family) as oid) o
cross join lateral (
    select o.oid >= 16384 and not exists (
        select 1 from pg_depend e
        where e.classid = o.class and e.objid = o.oid and e.deptype = 'e'
    ) as is_made
) k
where m.oid >= 16384
  and (k.is_made or o.class = 2753)
order by 1, 2
