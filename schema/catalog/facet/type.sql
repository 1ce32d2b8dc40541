-- What COPY BINARY must know of every type that a column may have. Row types of relations, and arrays of them, are
-- many, and hardly ever used.
with used (oid) as (
    select atttypid from pg_attribute where atttypid >= 16384 and attnum > 0
    union
    select typbasetype from pg_type where typbasetype >= 16384
    union
    select rngsubtype from pg_range where rngsubtype >= 16384
)
select
    t.oid as oid,
    format_type(t.oid, null) as name,
    t.typtype as kind,
    t.typsend <> 0 and t.typreceive <> 0 as has_binary,
    case when e.typarray = t.oid then e.oid else 0::oid end as element,
    case
        when t.typtype = 'd' then t.typbasetype
        when r.rngtypid is not null then r.rngsubtype
        when m.rngtypid is not null then m.rngtypid --@ 14..
        else 0::oid
    end as base,
    coalesce(f.fields, '{}') as fields,
    coalesce(f.field_names, '{}') as field_names
from pg_type t
left join pg_type e on e.oid = t.typelem
left join pg_range r on r.rngtypid = t.oid
left join pg_range m on m.rngmultitypid = t.oid --@ 14..
left join lateral (
    select
        array_agg(a.atttypid order by a.attnum) as fields,
        array_agg(a.attname::text order by a.attnum) as field_names
    from pg_attribute a
    where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
) f on t.typtype = 'c'
where not exists (
    -- The relation whose row type it is, or its elements'.
    select 1 from pg_class c
    where c.oid = case when t.typtype = 'c' then t.typrelid when e.typarray = t.oid then e.typrelid end
      and c.relkind <> 'c'
      and t.oid not in (select u.oid from used u)
      and t.typarray not in (select u.oid from used u)
)
