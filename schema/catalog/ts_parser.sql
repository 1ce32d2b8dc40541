-- Text search parsers.
select
    p.oid as oid,
    n.nspname as schema,
    p.prsname as name,
    p.prsstart::oid::regproc::text as start,
    p.prstoken::oid::regproc::text as get_token,
    p.prsend::oid::regproc::text as "end",
    case when p.prsheadline::oid <> 0 then p.prsheadline::oid::regproc::text end as headline,
    p.prslextype::oid::regproc::text as lex_types
from pg_ts_parser p
join pg_namespace n on n.oid = p.prsnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by p.oid
