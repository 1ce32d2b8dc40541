-- stub
select 0::oid as oid where false
