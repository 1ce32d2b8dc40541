-- Text search dictionaries.
select
    d.oid as oid,
    n.nspname as schema,
    d.dictname as name,
    pg_get_userbyid(d.dictowner) as owner,
    tn.nspname as template_schema,
    t.tmplname as template,
    d.dictinitoption as options,
    -- A thesaurus names another dictionary in its options, which pg_depend does not know.
    array(
        select s.oid
        from pg_ts_dict s
        join pg_namespace sn on sn.oid = s.dictnamespace
        cross join lateral substring(d.dictinitoption from '(?i)\mdictionary\M"? *= *''((?:[^'']|'''')*)''') o (name)
        where t.tmplname = 'thesaurus' and tn.nspname = 'pg_catalog' and s.oid >= 16384
          and replace(o.name, '''''', '''')
              in (s.dictname, sn.nspname || '.' || s.dictname, format('%I', s.dictname), format('%I.%I', sn.nspname, s.dictname))
    ) as dictionaries
from pg_ts_dict d
join pg_namespace n on n.oid = d.dictnamespace
join pg_ts_template t on t.oid = d.dicttemplate
join pg_namespace tn on tn.oid = t.tmplnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by d.oid
