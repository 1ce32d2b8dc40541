--@ requires superuser
-- Subscriptions of this database; the catalog is the cluster's. How they connect may be read by superusers only:
-- for others facet/unsupported.sql names them.
select
    s.oid as oid,
    s.subname as name,
    pg_get_userbyid(s.subowner) as owner,
    s.subconninfo as connection,
    s.subpublications as publications,
    s.subslotname as slot_name,
    s.subsynccommit as synchronous_commit
    , s.subbinary as binary --@ 14..
    , case when s.substream then 't' else 'f' end as streaming --@ 14..15
    , s.substream as streaming --@ 16..
    , s.subtwophasestate <> 'd' as two_phase --@ 15..
    , s.subdisableonerr as disable_on_error --@ 15..
    , not s.subpasswordrequired as passwordless --@ 16..
    , s.subrunasowner as run_as_owner --@ 16..
    , s.suborigin as origin --@ 16..
    , s.subfailover as failover --@ 17..
from pg_subscription s
where s.subdbid = (select d.oid from pg_database d where d.datname = current_database())
order by s.subname
