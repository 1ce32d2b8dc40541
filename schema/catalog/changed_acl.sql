-- Privileges of what pgark does not make (members of extensions, objects of pg_catalog), where they are not the ones
-- that it is born with: those that initdb or the extension's script left, else `acldefault`. Most objects have neither,
-- and each catalog is searched for those that do before anything is made of their names.
-- Those of user objects are not asked for: only extensions' members and what initdb made.
with noted (class, oid, number) as (
    select classoid, objoid, objsubid from pg_init_privs
), relation (oid) as (
    select c.oid from pg_class c
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.oid < 16384
    union all
    select d.objid from pg_depend d
    where d.refclassid = 3079 and d.deptype = 'e' and d.classid = 1259 and d.objsubid = 0
), born (class, oid, number, letter, noun, schema, name, "column", owner, acl, known) as (
    select 2615::oid, n.oid, 0, 'n'::"char", 'SCHEMA', null::name, quote_ident(n.nspname), null::name,
        n.nspowner, n.nspacl, null::aclitem[]
    from pg_namespace n
    where n.nspacl is not null or (2615, n.oid, 0) in (select class, oid, number from noted)
    union all
    select 1259, c.oid, 0, case c.relkind when 'S' then 's' else 'r' end::"char",
        case c.relkind when 'S' then 'SEQUENCE' else 'TABLE' end,
        n.nspname, format('%I.%I', n.nspname, c.relname), null, c.relowner, c.relacl, null
    from relation r join pg_class c on c.oid = r.oid join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      and (c.relacl is not null or (1259, c.oid, 0) in (select class, oid, number from noted))
    union all
    -- A column is born without any; grant options on the table count for it.
    select 1259, c.oid, a.attnum, 'c', 'TABLE', n.nspname, format('%I.%I', n.nspname, c.relname), a.attname,
        c.relowner, a.attacl, coalesce(c.relacl, acldefault('r', c.relowner))
    from relation r
    join pg_class c on c.oid = r.oid
    join pg_attribute a on a.attrelid = c.oid
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and not a.attisdropped
      and (a.attacl is not null or (1259, a.attrelid, a.attnum::int4) in (select class, oid, number from noted))
    union all
    select 1255, p.oid, 0, 'f', case p.prokind when 'p' then 'PROCEDURE' else 'FUNCTION' end, n.nspname,
        format('%I.%I(%s)', n.nspname, p.proname, (
            select string_agg(format_type(i.oid, null), ', ' order by i.at)
            from unnest(p.proargtypes) with ordinality i (oid, at)
        )), null, p.proowner, p.proacl, null
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where p.proacl is not null or (1255, p.oid, 0) in (select class, oid, number from noted)
    union all
    select 1247, t.oid, 0, 'T', 'TYPE', n.nspname, format('%I.%I', n.nspname, t.typname), null,
        t.typowner, t.typacl, null
    from pg_type t
    join pg_namespace n on n.oid = t.typnamespace
    left join pg_class c on c.oid = t.typrelid
    where t.typtype in ('b', 'c', 'd', 'e', 'r')
      and (c.relkind is null or c.relkind = 'c')
      and not exists (select 1 from pg_type e where e.typarray = t.oid)
      and (t.typacl is not null or (1247, t.oid, 0) in (select class, oid, number from noted))
    union all
    -- Only trusted ones can be granted.
    select 2612, l.oid, 0, 'l', 'LANGUAGE', null, quote_ident(l.lanname), null, l.lanowner, l.lanacl, null
    from pg_language l
    where l.lanpltrusted
    union all
    select 2328, w.oid, 0, 'F', 'FOREIGN DATA WRAPPER', null, quote_ident(w.fdwname), null, w.fdwowner, w.fdwacl, null
    from pg_foreign_data_wrapper w
    union all
    select 1417, s.oid, 0, 'S', 'FOREIGN SERVER', null, quote_ident(s.srvname), null, s.srvowner, s.srvacl, null
    from pg_foreign_server s
)
select
    b.class as class,
    b.oid as oid,
    b.number::int4 as number,
    b.letter as letter,
    b.noun as noun,
    b.schema as schema,
    b.name as reference,
    b.column as column,
    pg_get_userbyid(b.owner) as owner,
    x.base::text[] as base,
    x.current::text[] as current,
    coalesce(b.known, '{}')::text[] as known
from born b
left join pg_init_privs i on i.classoid = b.class and i.objoid = b.oid and i.objsubid = b.number
cross join lateral (
    select case when b.letter = 'c' then '{}' else acldefault(b.letter, b.owner) end as at_birth offset 0
) d
cross join lateral (
    select coalesce(i.initprivs, d.at_birth) as base, coalesce(b.acl, d.at_birth) as current
) x
where (b.acl is not null or i.initprivs is not null)
  and x.base is distinct from x.current
  and (
      b.oid < 16384 and (b.schema = 'pg_catalog' or b.class = 2615 and b.name = 'pg_catalog')
      or exists (
          select 1 from pg_depend e
          where e.classid = b.class and e.objid = b.oid and e.objsubid = 0 and e.deptype = 'e'
      )
  )
order by b.class, b.oid, b.number
