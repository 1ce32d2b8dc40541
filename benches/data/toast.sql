-- One table of :n rows whose bytes are nearly all TOAST: 100 KiB of text each, which zstd halves and pglz leaves alone.
create table documents (id bigint primary key, body text not null);
insert into documents
select g, (select string_agg(encode(sha512((g || '/' || piece)::bytea), 'hex'), '' order by piece)
    from generate_series(1, 800) piece)
from generate_series(1, :n) g;
