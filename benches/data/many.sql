-- :n small tables, each with a sequence, a key, a CHECK, an index and 20 rows.
select format($$
    create table t%1$s (
        id bigserial primary key,
        name text not null default 'none',
        level int check (level >= 0),
        at timestamptz default now()
    );
    create index on t%1$s (level);
    insert into t%1$s (name, level) select 'row ' || g, g %% 7 from generate_series(1, 20) g;
$$, g) from generate_series(1, :n) g
\gexec
