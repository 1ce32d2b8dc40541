-- Text search templates.
select
    t.oid as oid,
    n.nspname as schema,
    t.tmplname as name,
    case when t.tmplinit::oid <> 0 then t.tmplinit::oid::regproc::text end as init,
    t.tmpllexize::oid::regproc::text as lexize
from pg_ts_template t
join pg_namespace n on n.oid = t.tmplnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by t.oid
