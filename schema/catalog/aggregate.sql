-- Aggregates: what pg_aggregate adds to a row of pg_proc.
select
    p.oid as oid,
    n.nspname as schema,
    p.proname as name,
    pg_get_userbyid(p.proowner) as owner,
    p.proacl::text[] as acl,
    acldefault('f', p.proowner)::text[] as acl_default,
    pg_get_function_arguments(p.oid) as arguments,
    pg_get_function_identity_arguments(p.oid) as identity_arguments,
    array(
        select format('%I.%I', an.nspname, t.typname)
        from unnest(p.proargtypes) with ordinality i (oid, at)
        join pg_type t on t.oid = i.oid
        join pg_namespace an on an.oid = t.typnamespace
        order by i.at
    ) as argument_types,
    a.aggkind as aggregate_kind,
    a.aggtransfn::regproc::text as transition,
    format_type(a.aggtranstype, null) as state,
    a.aggtransspace as state_space,
    a.agginitval as initial,
    case when a.aggfinalfn <> 0 then a.aggfinalfn::regproc::text end as final,
    a.aggfinalextra as final_extra,
    a.aggfinalmodify as final_modify,
    case when a.aggcombinefn <> 0 then a.aggcombinefn::regproc::text end as combine,
    case when a.aggserialfn <> 0 then a.aggserialfn::regproc::text end as serialize,
    case when a.aggdeserialfn <> 0 then a.aggdeserialfn::regproc::text end as deserialize,
    case when a.aggmtransfn <> 0 then a.aggmtransfn::regproc::text end as moving_transition,
    case when a.aggminvtransfn <> 0 then a.aggminvtransfn::regproc::text end as moving_inverse,
    case when a.aggmtranstype <> 0 then format_type(a.aggmtranstype, null) end as moving_state,
    a.aggmtransspace as moving_space,
    a.aggminitval as moving_initial,
    case when a.aggmfinalfn <> 0 then a.aggmfinalfn::regproc::text end as moving_final,
    a.aggmfinalextra as moving_final_extra,
    a.aggmfinalmodify as moving_final_modify,
    sn.nspname as sort_schema,
    s.oprname as sort_operator,
    p.proparallel as parallel
from pg_aggregate a
join pg_proc p on p.oid = a.aggfnoid
join pg_namespace n on n.oid = p.pronamespace
left join pg_operator s on s.oid = a.aggsortop
left join pg_namespace sn on sn.oid = s.oprnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by p.oid
