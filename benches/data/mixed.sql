-- Four tables as an application has them: :n events, and users, orders and blobs in proportion. Nothing is random:
-- sizes of two runs can be compared.
create table events (
    id bigint not null,
    at timestamptz not null,
    session uuid not null,
    kind text not null,
    amount numeric(12, 2) not null,
    score double precision not null,
    tags int[] not null,
    payload jsonb not null,
    note text not null
);
insert into events
select g,
    timestamptz '2020-01-01 00:00:00+00' + g * interval '7.013 seconds',
    md5(g::text)::uuid,
    (array['view', 'click', 'search', 'purchase', 'refund', 'logout'])[1 + h % 6],
    (h % 10000000)::numeric / 100,
    h / 1e6,
    array[h % 100, h % 1000, h % 10000]::int[],
    jsonb_build_object('user', h % 500000, 'path', '/item/' || h % 100000, 'referrer', md5((h % 1000)::text),
        'mobile', h % 3 = 0),
    left(encode(sha512(g::text::bytea), 'hex') || 'zz', (32 + h % 99)::int)
from (select g, hashint8extended(g, 1) & x'7fffffff'::bigint as h from generate_series(1, :n) g);
alter table events add primary key (id);
create index on events (at);
create index on events (session);
create index on events (kind, amount);

create table blobs (id bigint primary key, data bytea not null);
insert into blobs
select g, (select string_agg(sha512((g || '/' || piece)::bytea), '' order by piece) from generate_series(1, 64) piece)
from generate_series(1, greatest(:n / 50, 1)) g;

create table users (
    id bigint primary key,
    key uuid not null unique,
    email text not null unique
);
insert into users
select g, md5('user ' || g)::uuid, 'person.' || md5(g::text) || '@example.com'
from generate_series(1, greatest(:n / 6, 1)) g;

create table orders (
    id bigint primary key,
    user_id bigint not null,
    total numeric(12, 2) not null,
    placed date not null
);
insert into orders
select g, 1 + h % greatest(:n / 6, 1), (h % 1000000)::numeric / 100, date '2020-01-01' + (h % 2000)::int
from (select g, hashint8extended(g, 2) & x'7fffffff'::bigint as h from generate_series(1, greatest(:n / 3 * 2, 1)) g);
create index on orders (user_id);
alter table orders add foreign key (user_id) references users;
