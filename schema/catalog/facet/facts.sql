-- Facts of the database itself.
select
    d.datname as name,
    pg_get_userbyid(d.datdba) as owner,
    pg_encoding_to_char(d.encoding) as encoding,
    d.datcollate::text as collate,
    d.datctype::text as ctype,
    'c' as locale_provider, --@ ..14
    d.datlocprovider as locale_provider, --@ 15..
    d.daticulocale::text as locale, --@ 15..16
    d.datlocale::text as locale, --@ 17..
    d.daticurules::text as icu_rules, --@ 16..
    s.spcname as tablespace,
    d.datconnlimit as connection_limit,
    d.datistemplate as is_template,
    d.datacl::text[] as acl,
    shobj_description(d.oid, 'pg_database') as comment,
    coalesce((
        select array_agg(l.provider order by l.provider) from pg_shseclabel l
        where l.classoid = 'pg_database'::regclass and l.objoid = d.oid
    ), '{}') as label_providers,
    coalesce((
        select array_agg(l.label order by l.provider) from pg_shseclabel l
        where l.classoid = 'pg_database'::regclass and l.objoid = d.oid
    ), '{}') as labels,
    coalesce((
        -- The database's own first, then role by role.
        select array_agg(coalesce(r.rolname, '')::text order by st.setrole <> 0, r.rolname, i.at)
        from pg_db_role_setting st
        left join pg_roles r on r.oid = st.setrole
        cross join lateral unnest(st.setconfig) with ordinality i (item, at)
        where st.setdatabase = d.oid
    ), '{}') as setting_roles,
    coalesce((
        select array_agg(i.item order by st.setrole <> 0, r.rolname, i.at)
        from pg_db_role_setting st
        left join pg_roles r on r.oid = st.setrole
        cross join lateral unnest(st.setconfig) with ordinality i (item, at)
        where st.setdatabase = d.oid
    ), '{}') as settings,
    -- Settings of roles in every database: search_path decides what unqualified names mean.
    coalesce((
        select array_agg(r.rolname::text order by r.rolname)
        from pg_db_role_setting st
        join pg_roles r on r.oid = st.setrole
        cross join lateral unnest(st.setconfig) i (item)
        where st.setdatabase = 0 and i.item like 'search\_path=%'
    ), '{}') as path_roles,
    coalesce((
        select array_agg(i.item order by r.rolname)
        from pg_db_role_setting st
        join pg_roles r on r.oid = st.setrole
        cross join lateral unnest(st.setconfig) i (item)
        where st.setdatabase = 0 and i.item like 'search\_path=%'
    ), '{}') as paths
from pg_database d
join pg_tablespace s on s.oid = d.dattablespace
where d.datname = current_database()
