-- Functions and procedures. What comes with a type (constructors of ranges) hangs on it internally.
select
    p.oid as oid,
    n.nspname as schema,
    p.proname as name,
    pg_get_userbyid(p.proowner) as owner,
    p.proacl::text[] as acl,
    acldefault('f', p.proowner)::text[] as acl_default,
    p.prokind = 'p' as is_procedure,
    p.prokind = 'w' as is_window,
    pg_get_function_arguments(p.oid) as arguments,
    pg_get_function_identity_arguments(p.oid) as identity_arguments,
    pg_get_function_result(p.oid) as result,
    array(
        select format('%I.%I', an.nspname, a.typname)
        from unnest(p.proargtypes) with ordinality i (oid, at)
        join pg_type a on a.oid = i.oid
        join pg_namespace an on an.oid = a.typnamespace
        order by i.at
    ) as argument_types,
    l.lanname as language,
    array(
        select format_type(i.oid, null)
        from unnest(p.protrftypes) with ordinality i (oid, at)
        order by i.at
    ) as transforms,
    p.provolatile as volatility,
    p.proisstrict as strict,
    p.prosecdef as security_definer,
    p.proleakproof as leakproof,
    p.procost as cost,
    p.proretset as returns_set,
    p.prorows as rows,
    case when p.prosupport <> 0 then p.prosupport::regproc::text end as support,
    p.proparallel as parallel,
    p.proconfig as settings,
    p.probin as library,
    p.prosrc as source
    -- It locks the tables in the body.
    , case when true --@ 14..
        and p.pronamespace = any ({schemas}) --@ 14.. selected
        then pg_get_function_sqlbody(p.oid) end as sql_body --@ 14..
    , exists ( --@ 14..
        select from pg_depend d --@ 14..
        where d.classid = 1255 and d.objid = p.oid and d.refclassid = 1255 and d.refobjid = p.oid --@ 14..
    ) as calls_itself --@ 14..
    -- Where some parameter has a name, the body has the empty name for those without.
    , array( --@ 14..
        select distinct u.found[1]::int4 --@ 14..
        from regexp_matches(p.prosqlbody::text, ':paramkind 0 :paramid ([0-9]+)', 'g') u (found) --@ 14..
        where p.proargnames[u.found[1]::int4] = '' --@ 14..
    ) as unnamed_parameters --@ 14..
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_language l on l.oid = p.prolang
where p.prokind in ('f', 'p', 'w')
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (
      select 1 from pg_depend d
      where d.classid = 1255 and d.objid = p.oid and d.deptype = 'i'
  )
order by p.oid
