-- Triggers. The clones that partitions get come with the original; one is read only if it is in another state than
-- CREATE TRIGGER leaves it in, or than its parent, or has a comment.
with recursive link (oid, parent) as (
    select t.oid, t.tgparentid from pg_trigger t where t.tgparentid <> 0 --@ 13..
    select d.objid, d.refobjid from pg_depend d where d.classid = 2620 and d.refclassid = 2620 --@ ..12
),
up (oid, ancestor) as (
    select link.oid, link.parent from link
    union all
    select up.oid, link.parent from up join link on link.oid = up.ancestor
),
above (oid, ancestors) as (
    select up.oid, array_agg(up.ancestor order by up.ancestor) from up group by up.oid
)
select
    t.oid as oid,
    t.tgname as name,
    c.oid as table_oid,
    n.nspname as schema,
    c.relname as table,
    c.relkind = 'p' as partitioned,
    c.relkind = 'f' as in_foreign,
    p.oid is not null as is_clone,
    above.ancestors as ancestors,
    pg_get_triggerdef(t.oid, false) as definition,
    t.tgenabled as enabled
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
join pg_namespace n on n.oid = c.relnamespace
left join link on link.oid = t.oid
left join pg_trigger p on p.oid = link.parent
left join above on above.oid = t.oid
where c.relkind in ('r', 'p', 'f', 'v')
  and c.relpersistence <> 't'
  -- Clones are internal before 15. Those of foreign keys belong to the foreign key.
  and (not t.tgisinternal or p.oid is not null)
  and not exists (select 1 from pg_constraint k where k.oid = t.tgconstraint and k.contype <> 't')
  and (
      p.oid is null or t.tgenabled <> 'O' or t.tgenabled <> p.tgenabled
      or exists (select 1 from pg_description d where d.classoid = 2620 and d.objoid = t.oid)
  )
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.oid = any ({relations}) --@ selected
order by t.tgrelid, t.tgname
