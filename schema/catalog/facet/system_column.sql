-- Privileges on system columns; those of other columns are in column.sql.
select a.attrelid as relation, a.attname as name, a.attacl::text[] as acl
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace
where a.attnum < 0
  and a.attacl is not null
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by a.attrelid, a.attnum desc
