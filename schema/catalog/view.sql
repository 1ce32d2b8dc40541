-- Views. CHECK OPTION is kept among the options, but has a clause of its own.
select
    c.oid as oid,
    n.nspname as schema,
    c.relname as name,
    pg_get_userbyid(c.relowner) as owner,
    c.relacl::text[] as acl,
    acldefault('r', c.relowner)::text[] as acl_default,
    pg_get_viewdef(c.oid) as definition,
    array_remove(array_remove(c.reloptions, 'check_option=local'), 'check_option=cascaded') as options,
    case
        when 'check_option=local' = any (c.reloptions) then 'LOCAL'
        when 'check_option=cascaded' = any (c.reloptions) then 'CASCADED'
    end as check_option,
    r.oid as rule
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
where c.relkind = 'v'
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.oid = any ({relations}) --@ selected
order by c.oid
