-- Operators. Those without a function are only announced, as commutator or negator of another one.
select
    o.oid as oid,
    n.nspname as schema,
    o.oprname as name,
    pg_get_userbyid(o.oprowner) as owner,
    o.oprcode::regproc::text as function,
    case when o.oprleft <> 0 then format_type(o.oprleft, null) end as left_type,
    case when o.oprright <> 0 then format_type(o.oprright, null) end as right_type,
    cn.nspname as commutator_schema,
    c.oprname as commutator,
    nn.nspname as negator_schema,
    g.oprname as negator,
    o.oprcanmerge as merges,
    o.oprcanhash as hashes,
    case when o.oprrest <> 0 then o.oprrest::regproc::text end as restrict,
    case when o.oprjoin <> 0 then o.oprjoin::regproc::text end as "join",
    -- For the order among operators of one name.
    o.oprkind as kind,
    array(
        select format('%I.%I', tn.nspname, t.typname)
        from (values (1, o.oprleft), (2, o.oprright)) i (at, oid)
        join pg_type t on t.oid = i.oid
        join pg_namespace tn on tn.oid = t.typnamespace
        order by i.at
    ) as operands
from pg_operator o
join pg_namespace n on n.oid = o.oprnamespace
left join pg_operator c on c.oid = o.oprcom
left join pg_namespace cn on cn.oid = c.oprnamespace
left join pg_operator g on g.oid = o.oprnegate
left join pg_namespace nn on nn.oid = g.oprnamespace
where o.oprcode <> 0
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by o.oid
