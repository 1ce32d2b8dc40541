-- Objects that pgark cannot dump. Extension members are left out: the extension makes them.
-- A kind that is added to a new server gets an arm here until it is supported.
select 'subscription' as kind, quote_ident(s.subname) as name
from pg_subscription s
-- Only superusers may read where it connects to.
where s.subdbid = (select d.oid from pg_database d where d.datname = current_database())
  and current_setting('is_superuser') = 'off'
order by 1, 2
