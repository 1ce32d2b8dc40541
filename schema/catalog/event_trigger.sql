-- Event triggers.
select
    e.oid as oid,
    e.evtname as name,
    e.evtevent as event,
    pg_get_userbyid(e.evtowner) as owner,
    e.evttags as tags,
    e.evtfoid::regproc::text as function,
    e.evtenabled as enabled
from pg_event_trigger e
order by e.oid
