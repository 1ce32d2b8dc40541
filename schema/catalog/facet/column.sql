-- Columns of tables, foreign tables, views, materialized views and composite types; dropped ones are left out.
select
    a.attrelid as relation,
    a.attnum as number,
    a.attname as name,
    format_type(a.atttypid, a.atttypmod) as type_name,
    a.atttypid as type_oid,
    a.atttypmod as type_mod,
    a.attnotnull as not_null,
    a.attislocal as local,
    a.attinhcount::int4 as inherited,
    a.attidentity as identity,
    a.attgenerated as generated,
    cn.nspname as collation_schema,
    co.collname as collation,
    nullif(a.attstattarget, -1)::int4 as statistics,
    case when a.attstorage <> t.typstorage then a.attstorage end as storage,
    t.typstorage as type_storage,
    a.attcompression as compression, --@ 14..
    a.attoptions as options,
    case when a.attfdwoptions is not null then (
        select string_agg(quote_ident(o.option_name) || ' ' || quote_literal(coalesce(o.option_value, '')), ', '
            order by o.option_name collate "C")
        from pg_options_to_table(a.attfdwoptions) o
    ) end as foreign_options,
    a.attacl::text[] as acl
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_type t on t.oid = a.atttypid
left join pg_collation co on co.oid = a.attcollation and a.attcollation <> t.typcollation
left join pg_namespace cn on cn.oid = co.collnamespace
where a.attnum > 0
  and not a.attisdropped
  and c.relkind in ('r', 'p', 'f', 'v', 'm', 'c')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by a.attrelid, a.attnum
