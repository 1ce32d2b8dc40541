-- Sequences, with the column that owns them: serial (`a`) or identity (`i`).
select
    c.oid as oid,
    n.nspname as schema,
    c.relname as name,
    pg_get_userbyid(c.relowner) as owner,
    c.relacl::text[] as acl,
    acldefault('s', c.relowner)::text[] as acl_default,
    c.relpersistence as persistence,
    format_type(s.seqtypid, null) as data_type,
    s.seqstart as start,
    s.seqincrement as increment,
    s.seqmin as minimum,
    s.seqmax as maximum,
    s.seqcache as cache,
    s.seqcycle as cycle,
    d.deptype as ownership,
    coalesce(t.oid, 0::oid) as table_oid,
    tn.nspname as table_schema,
    t.relname as table,
    t.relpersistence as table_persistence,
    a.attname as column
from pg_sequence s
join pg_class c on c.oid = s.seqrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_depend d
    on d.classid = 1259 and d.objid = c.oid and d.objsubid = 0
    and d.refclassid = 1259 and d.refobjsubid > 0 and d.deptype in ('a', 'i')
left join pg_class t on t.oid = d.refobjid
left join pg_namespace tn on tn.oid = t.relnamespace
left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
where c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by c.oid
