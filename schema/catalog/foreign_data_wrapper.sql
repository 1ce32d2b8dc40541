-- Foreign-data wrappers.
select
    w.oid as oid,
    w.fdwname as name,
    pg_get_userbyid(w.fdwowner) as owner,
    w.fdwacl::text[] as acl,
    acldefault('F', w.fdwowner)::text[] as acl_default,
    case when w.fdwhandler <> 0 then w.fdwhandler::regproc::text end as handler,
    case when w.fdwvalidator <> 0 then w.fdwvalidator::regproc::text end as validator,
    (
        select string_agg(quote_ident(o.option_name) || ' ' || quote_literal(coalesce(o.option_value, '')), ', '
            order by o.option_name collate "C")
        from pg_options_to_table(w.fdwoptions) o
    ) as options
from pg_foreign_data_wrapper w
order by w.oid
