-- One table of :n partitions with 20 rows each, a key and an index.
create table measurements (
    id bigint primary key,
    device int not null,
    at timestamptz not null,
    value double precision
) partition by range (id);
create index on measurements (device, at);
select format('create table measurements_%s partition of measurements for values from (%s) to (%s)', g, g * 20, g * 20 + 20)
from generate_series(0, :n - 1) g
\gexec
insert into measurements
select g, g % 500, timestamptz '2020-01-01 00:00:00+00' + g * interval '1 minute', g / 7.0
from generate_series(0, :n * 20 - 1) g;
