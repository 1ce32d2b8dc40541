//! Sizes at the server's limits: rows of hundreds of megabytes, tables of all columns or none, very many objects.

use std::time::Duration;

use crate::support::{
    Running, TestCli, TestDatabase, TestServer, content_diff, diff, oracle_dump, row_hashes,
};

/// The promise for any size of row, with two sessions.
const MEMORY_MAX_KIB: u64 = 150 << 10;

/// Waits for the end and returns the most memory that it ever had, in KiB.
fn peak(mut running: Running) -> u64 {
    let status = format!("/proc/{}/status", running.pid());
    let mut peak = 0;
    while running.is_running() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
        peak = kib.unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(5));
    }
    let outcome = running.wait();
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    peak
}

#[test]
fn rows_of_hundreds_of_megabytes_need_little_memory() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "big_rows");
    source.sql("create table blob (id int, b bytea); create table word (id int, t text, u text)");
    // Random for a compressor with a small window; and so short that the server can hold it twice.
    source.sql(
        "insert into blob select 1, decode(repeat(string_agg(md5(i::text), ''), 125), 'hex') \
         from generate_series(1, 100000) i; insert into blob values (2, 'small')",
    );
    let long = source.try_sql("insert into word values (1, repeat('0123456789', 60000000), 'x')");
    if let Err(error) = long {
        println!("skipped: a row of 600 MB: {error}");
    }
    source.sql("insert into word values (2, 'small', 'y')");
    let cli = TestCli::new();
    let dump = peak(cli.spawn(["dump", &source.conninfo(), "-f", "a.pgark", "-j", "2"]));
    cli.succeed(["verify", "--deep", "a.pgark"]).unwrap();
    let target = TestDatabase::create(&server, "big_rows_target");
    let restore = peak(cli.spawn(["restore", "a.pgark", "-d", &target.conninfo(), "-j", "2", "--yes"]));
    println!("peak memory: dump {} MiB, restore {} MiB", dump >> 10, restore >> 10);
    // Text of half a gigabyte is too long for the row hashes.
    let digests = "select 'b', id, length(b), md5(b) from blob union all select 't', id, length(t), md5(t) from word \
                   union all select 'u', id, length(u), md5(u) from word order by 1, 2";
    assert_eq!(source.sql(digests), target.sql(digests));
    assert!(dump < MEMORY_MAX_KIB, "the dump had {} MiB", dump >> 10);
    assert!(restore < MEMORY_MAX_KIB, "the restore had {} MiB", restore >> 10);
}

/// Wide and empty tables, many small ones, partitions, large objects of all kinds.
const MANY: &str = "
    do $$ begin
        execute 'create table wide (' || (select string_agg(format('c%s int', i), ', ') from generate_series(1, 1600) i) || ')';
        execute 'insert into wide (c1, c800, c1600) select i, i, i from generate_series(1, 50) i';
        create table nothing ();
        for i in 1..70 loop insert into nothing default values; end loop;
        for i in 1..2000 loop
            execute format('create table small.t%s (a int, b text)', i);
            if i % 3 > 0 then
                execute format('insert into small.t%1$s select n, %1$s from generate_series(1, 4) n', i);
            end if;
        end loop;
        create table parts (day int, t text, primary key (day)) partition by range (day);
        for i in 0..299 loop
            execute format('create table small.p%s partition of parts for values from (%s) to (%s)', i, i * 10, i * 10 + 10);
        end loop;
        insert into parts select i, 'day ' || i from generate_series(0, 2999) i;
        perform case i % 4
            when 0 then lo_create(100000 + i)
            when 1 then lo_from_bytea(100000 + i, convert_to(repeat('text ' || i, i % 100), 'UTF8'))
            when 2 then lo_from_bytea(100000 + i, '')
            else lo_from_bytea(100000 + i, decode(repeat(md5(i::text), 150), 'hex'))
        end from generate_series(1, 20000) i;
        -- Holes: at the beginning, in the middle, of many pages.
        perform lo_put(100004, 5000, 'late');
        perform lo_put(100008, 30000000, 'very late');
        perform lo_put(100001, 2048 * 700 + 2047, 'xx');
    end $$;
    -- Short at the end, and not a multiple of anything.
    select lo_from_bytea(99, decode(repeat(string_agg(md5(i::text), ''), 41), 'hex') || 'end') from generate_series(1, 100000) i;
";

#[test]
fn many_objects_of_odd_sizes_come_back() {
    let Some(server) = TestServer::newest() else { return };
    let source = TestDatabase::create(&server, "many");
    source.sql(&format!("create schema small;{MANY}"));
    let rows = row_hashes(&source).unwrap();
    assert!(rows.len() > 22_300, "{} contents", rows.len());
    let cli = TestCli::new();
    let dump = cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark", "-j", "2"]).unwrap();
    let verify = cli.succeed(["verify", "--deep", "a.pgark"]).unwrap();
    let target = TestDatabase::create(&server, "many_target");
    let restore = cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "-j", "2", "--yes"]).unwrap();
    println!("dump {:?}, verify {:?}, restore {:?}", dump.time, verify.time, restore.time);
    let mut differences = content_diff(&rows, &row_hashes(&target).unwrap());
    differences.extend(diff(&oracle_dump(&source).unwrap(), &oracle_dump(&target).unwrap()));
    differences.truncate(40);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
