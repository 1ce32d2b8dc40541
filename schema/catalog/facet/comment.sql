-- Comments on objects of the database; those that initdb made are left out, but for the one of `public`.
select d.classoid as class, d.objoid as oid, d.objsubid as sub, d.description as text
from pg_description d
where d.objoid >= 16384 or d.classoid in (2613, 2615)
order by 1, 2, 3
