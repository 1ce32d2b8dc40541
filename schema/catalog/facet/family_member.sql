-- Operators and support functions of operator families, in the order in which they are printed. pg_depend says
-- whether a class brings a member along, or whether it was added to the family; for a family of the server it does not
-- say it.
with member as (
    select
        2602::oid as class, o.oid, o.amopfamily as family, o.amopstrategy::int4 as number,
        o.amoplefttype as left_type, o.amoprighttype as right_type,
        2617::oid as part_class, o.amopopr as part, o.amopopr::regoperator::text as name,
        o.amopsortfamily as sort_family
    from pg_amop o
    union all
    select
        2603::oid, p.oid, p.amprocfamily, p.amprocnum::int4,
        p.amproclefttype, p.amprocrighttype,
        1255::oid, p.amproc, p.amproc::regprocedure::text,
        0::oid
    from pg_amproc p
)
select
    coalesce(d.refclassid, 2753::oid) as owner_class,
    coalesce(d.refobjid, m.family) as owner,
    m.class = 2603 as is_function,
    m.number as number,
    format_type(m.left_type, null) as left_type,
    format_type(m.right_type, null) as right_type,
    m.name as name,
    sn.nspname as sort_schema,
    s.opfname as sort_family,
    n.nspname as family_schema,
    f.opfname as family_name,
    a.amname as access_method,
    -- What a user added to a family of the server or of an extension. What an extension added, it adds again.
    coalesce(d.refclassid, 2753::oid) = 2753
        and not parts.any_member
        and (m.family < 16384 or of_extension.is_member and parts.any_own) as adopted
from member m
left join pg_depend d on d.classid = m.class and d.objid = m.oid
    and (d.refclassid = 2616 or d.refclassid = 2753 and d.refobjid = m.family)
join pg_opfamily f on f.oid = m.family
join pg_namespace n on n.oid = f.opfnamespace
join pg_am a on a.oid = f.opfmethod
left join pg_opfamily s on s.oid = m.sort_family
left join pg_namespace sn on sn.oid = s.opfnamespace
cross join lateral (
    select exists (
        select 1 from pg_depend e
        where e.classid = 2753 and e.objid = m.family and e.deptype = 'e'
    ) as is_member
) of_extension
cross join lateral (
    select
        bool_or(e.objid is not null) as any_member,
        bool_or(part.oid >= 16384 and e.objid is null) as any_own
    from (values (m.part_class, m.part), (1247::oid, m.left_type), (1247::oid, m.right_type)) part (class, oid)
    left join pg_depend e on e.classid = part.class and e.objid = part.oid and e.deptype = 'e'
) parts
where m.oid >= 16384
  and (d.objid is not null or m.family < 16384)
order by 1, 2, m.class, m.number, m.oid
