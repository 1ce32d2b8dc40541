-- Who is who in the cluster.
select
    (select b.rolname::text from pg_roles b where b.oid = 10) as bootstrap,
    current_user::text as me,
    array(select p.rolname::text from pg_roles p where p.rolname ~ '^pg_' order by 1) as predefined,
    has_table_privilege('pg_authid', 'select') as shows_passwords
