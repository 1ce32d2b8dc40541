-- Text search configurations. Only its parser knows the names of a parser's token types.
select
    c.oid as oid,
    n.nspname as schema,
    c.cfgname as name,
    pg_get_userbyid(c.cfgowner) as owner,
    pn.nspname as parser_schema,
    p.prsname as parser,
    coalesce(m.tokens, '{}') as tokens,
    coalesce(m.dictionaries, '{}') as dictionaries
from pg_ts_config c
join pg_namespace n on n.oid = c.cfgnamespace
join pg_ts_parser p on p.oid = c.cfgparser
join pg_namespace pn on pn.oid = p.prsnamespace
left join lateral (
    select
        array_agg(k.alias order by g.token) as tokens,
        array_agg(g.dictionaries order by g.token) as dictionaries
    from (
        select
            m.maptokentype as token,
            string_agg(m.mapdict::regdictionary::text, ', ' order by m.mapseqno) as dictionaries
        from pg_ts_config_map m
        where m.mapcfg = c.oid
        group by m.maptokentype
    ) g
    join ts_token_type(c.cfgparser) k on k.tokid = g.token
) m on true
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by c.oid
