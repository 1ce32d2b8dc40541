-- Constraints of domains: CHECK, and from 17 on NOT NULL, which has a name and a comment of its own.
select
    k.oid as oid,
    k.conname as name,
    k.contypid as domain_oid,
    n.nspname as schema,
    t.typname as domain,
    k.contype as kind,
    case when k.contype = 'c' then pg_get_constraintdef(k.oid) else 'NOT NULL' end as definition,
    k.convalidated as validated
from pg_constraint k
join pg_type t on t.oid = k.contypid
join pg_namespace n on n.oid = t.typnamespace
where k.contype in ('c', 'n')
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by k.contypid, k.conname
