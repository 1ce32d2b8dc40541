-- :n large objects of 32 to 256 bytes, and for each ten thousand of them one of 4 MiB.
select count(lo_from_bytea(0, repeat(md5(g::text), 1 + g % 8)::bytea)) from generate_series(1, :n) g;
select count(lo_from_bytea(0,
    (select string_agg(sha512((g || '/' || piece)::bytea), '' order by piece) from generate_series(1, 65536) piece)))
from generate_series(1, greatest(:n / 10000, 1)) g;
