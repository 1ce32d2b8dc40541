-- Security labels on objects of the database; those of its subscriptions are in the cluster's catalog.
-- Labels of several providers on one object come in the order in which they were given; pg_dump's is chance.
select
    x.class as class,
    x.oid as oid,
    x.sub as sub,
    x.provider as provider,
    x.text as text
from (
    select l.classoid, l.objoid, l.objsubid, l.provider, l.label, l.ctid
    from pg_seclabel l
    where l.objoid >= 16384 or l.classoid in (2613, 2615)
    union all
    select l.classoid, l.objoid, 0, l.provider, l.label, l.ctid
    from pg_shseclabel l
    where l.classoid = 6100
) x (class, oid, sub, provider, text, place)
order by x.class, x.oid, x.sub, x.place
