-- Procedural languages that a user made; the plpgsql of initdb is in every database.
select
    l.oid as oid,
    l.lanname as name,
    pg_get_userbyid(l.lanowner) as owner,
    l.lanacl::text[] as acl,
    acldefault('l', l.lanowner)::text[] as acl_default,
    l.lanpltrusted as trusted,
    -- Before 13 a template may have made functions in pg_catalog, which nobody dumps; it makes them again.
    hn.nspname ~ '^pg_' and h.oid >= 16384 and not exists (
        select 1 from pg_depend d
        where d.classid = 1255 and d.objid = h.oid and d.deptype = 'e'
    ) as from_template,
    hn.nspname as handler_schema,
    h.proname as handler,
    inn.nspname as inline_schema,
    i.proname as inline,
    vn.nspname as validator_schema,
    v.proname as validator
from pg_language l
join pg_proc h on h.oid = l.lanplcallfoid
join pg_namespace hn on hn.oid = h.pronamespace
left join pg_proc i on i.oid = l.laninline
left join pg_namespace inn on inn.oid = i.pronamespace
left join pg_proc v on v.oid = l.lanvalidator
left join pg_namespace vn on vn.oid = v.pronamespace
where l.lanispl and l.oid >= 16384
order by l.oid
