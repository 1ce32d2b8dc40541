//! `pgark cat`: rows offline, as the server prints them.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use crate::cat_values::{Place, SORTS, Sort, field};
use crate::support::{Random, TestCli, TestDatabase, TestServer};

/// What the texts of the server depend on; the rest is for the order of the rows.
const SETTINGS: &str = "set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres'; set bytea_output = 'hex'; \
    set lc_monetary = 'C'; set extra_float_digits = 1; set xmloption = content; set search_path = ''; \
    set synchronize_seqscans = off; set max_parallel_workers_per_gather = 0;\n";

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// Fills `plain` with a column of every type, and `many` with one of its arrays; the first column is the number of the row.
fn fill(database: &TestDatabase, folder: &Path, rows: u64, random: &mut Random) {
    let major = database.server().major;
    let sorts: Vec<&Sort> = SORTS.iter().filter(|sort| sort.since <= major).collect();
    for (table, suffix) in [("plain", ""), ("many", "[]")] {
        let columns: Vec<String> =
            sorts.iter().enumerate().map(|(at, sort)| format!("c{at} {}{suffix}", sort.name)).collect();
        let path = folder.join(table);
        let mut file = BufWriter::new(std::fs::File::create(&path).unwrap());
        file.write_all(SIGNATURE).unwrap();
        for row in 0..rows {
            let place = Place { major, row };
            file.write_all(&(sorts.len() as u16 + 1).to_be_bytes()).unwrap();
            file.write_all(&field(Some((row as i32).to_be_bytes().to_vec()))).unwrap();
            for sort in &sorts {
                let value = match suffix {
                    "" => (random.below(50) > 0 || row < 10_000).then(|| sort.value(random, &place)),
                    _ => sort.array(random, &place),
                };
                file.write_all(&field(value)).unwrap();
            }
        }
        file.write_all(&[0xff, 0xff]).unwrap();
        file.into_inner().unwrap();
        database.sql(&format!(
            "create table {table} (id int, {});\n\\copy {table} from '{}' (format binary)\n",
            columns.join(", "),
            path.display()
        ));
        std::fs::remove_file(&path).unwrap();
    }
}

/// Columns of `plain`, by the names of their types.
fn column(name: &str, major: u32) -> String {
    let sorts = SORTS.iter().filter(|sort| sort.since <= major);
    format!("c{}", sorts.map(|sort| sort.name).position(|found| found == name).unwrap())
}

/// Tables of ranges, of the user's types, and of types without a binary form, from the values in `plain`.
fn derive(database: &TestDatabase) {
    let major = database.server().major;
    let of = |name: &str| column(name, major);
    let (int4, int8, numeric, text) = (of("int4"), of("int8"), of("numeric"), of("text"));
    let (date, timestamp, timestamptz) = (of("date"), of("timestamp"), of("timestamptz"));
    let (float8, json, boxes, inet) = (of("float8"), of("json"), of("box"), of("inet"));
    let bounds = "(array['[)', '(]', '()', '[]'])[1 + p.id % 4]";
    let pair = |column: &str| {
        // Infinite and empty ones, too.
        format!(
            "case p.id % 7 when 0 then null else least(p.{column}, q.{column}) end, \
             case p.id % 11 when 0 then null when 1 then least(p.{column}, q.{column}) \
             else greatest(p.{column}, q.{column}) end"
        )
    };
    let small = |column: &str| pair(column).replace(&format!(".{column}"), &format!(".{column} / 2"));
    let days = pair(&date).replace(&format!("p.{date}"), "p.d").replace(&format!("q.{date}"), "q.d");
    let texts = pair(&text)
        .replace(&format!("p.{text}"), &format!("p.{text} collate \"C\""))
        .replace(&format!("q.{text}"), &format!("q.{text} collate \"C\""));
    database.sql(&format!(
        "create type textrange as range (subtype = text, collation = \"C\");
        create type \"Boxes, many\" as (b box[], \"quoted \"\" name\" text);
        create table pairs as select p.*, greatest(least(p.{date}, '5000000-1-1'), '4000-1-1 BC') as d from plain p;
        create table ranges as select p.id, int4range({}, {bounds}) i4, int8range({}, {bounds}) i8,
            numrange({}, {bounds}) n, daterange({days}, {bounds}) d, tsrange({}, {bounds}) t, tstzrange({}, {bounds}) tz,
            textrange({texts}, {bounds}) x
        from pairs p join pairs q on q.id = (p.id * 7 + 3) % (select count(*) from pairs);
        drop table pairs;
        create table range_arrays as select id, array[i4, null] i4, array[n, n] n, array[array[tz], array[tz]] tz, array[x, x] x
        from ranges;",
        small(&int4),
        small(&int8),
        pair(&numeric),
        pair(&timestamp),
        pair(&timestamptz),
    ));
    if major >= 14 {
        database.sql(
            "create table multiranges as
            select p.id, int4multirange(p.i4, q.i4) i4, int8multirange(p.i8, q.i8) i8, nummultirange(p.n, q.n) n,
                datemultirange(p.d, q.d) d, tsmultirange(p.t, q.t) t, tstzmultirange(p.tz, q.tz) tz,
                textmultirange(p.x, q.x) x, array[nummultirange(p.n), null] many
            from ranges p join ranges q on q.id = p.id + 1",
        );
    }
    database.sql(&format!(
        "create type mood as enum ('sad', 'so so', 'it''s \"great\"', 'NULL', '');
        create domain positive as int check (value > 0 or value is null);
        create domain texts as text[];
        create type inner_type as (a int, \"b c\" text, c numeric[], d timestamptz);
        create type outer_type as (e mood, i inner_type, l inner_type[], p positive, t texts, f float8, j json, b bool);
        create type dropped as (a int, gone int, z text); alter type dropped drop attribute gone;
        create domain outer_domain as outer_type;
        create type nothing as ();
        create table users as
        select id, m as mood, array[m, null] as moods, (abs(id) + 1)::positive as p, array[(id + 1)::positive] as ps,
            array[{text}, 'x']::texts as t, array[array[{text}]::texts]::texts[] as ts, i as inner_one, array[i, null, i] as inners,
            row(m, i, array[i, null], id + 1, array[{text}], {float8}, {json}, id % 2 = 0)::outer_type as outer_one,
            row(null, null, null, null, null, null, null, null)::outer_domain as empty,
            array[row(m, i, array[i], null, null, null, null, null)::outer_type]::outer_domain[] as outers,
            row(id, {text})::dropped as dropped, row()::nothing as nothing,
            array[row(array[{boxes}, null, {boxes}], {text})::\"Boxes, many\"] as boxes
        from (
            select *, (enum_range(null::mood))[1 + id % 5] m,
                row({int4}, {text}, array[{numeric}, null], {timestamptz})::inner_type i
            from plain
        ) p;
        create table words as
        select id, xmlelement(name e, regexp_replace({text}, '[[:cntrl:]]', '', 'g')) as x,
            array[xmlelement(name \"a.b\", id)] as xs,
            pg_class.oid::regclass as c, pg_type.oid::regtype as t, array[pg_type.oid::regtype] as types,
            (array(select oid from pg_proc order by oid))[1 + id % 2000]::regprocedure as p,
            (array(select oid from pg_proc order by oid))[1 + id % 2000]::regproc as pp,
            (array(select oid from pg_operator order by oid))[1 + id % 700]::regoperator as o,
            (array(select oid from pg_operator order by oid))[1 + id % 700]::regoper as oo,
            'simple'::regconfig as config, 'simple'::regdictionary as dict, 'postgres'::regrole as role,
            'pg_catalog'::regnamespace as space,
            case when {text} <> '' then plainto_tsquery('simple', {text}) && phraseto_tsquery('simple', {text}) end as q,
            'b & !(c <-> ''it''''s'') | d:AB*'::tsquery as q2,
            makeaclitem(10, 10, 'SELECT', id % 2 = 0) as acl, array[makeaclitem(0, 10, 'UPDATE', false)] as acls,
            format('%s %s', id % 30000, -(id % 7))::int2vector as i2, ''::oidvector as none, '1 2 3'::oidvector as o3,
            {float8} as f, {inet} as i, {timestamptz} as tz
        from plain
        join (select oid, row_number() over (order by oid) n from pg_class where oid < 16384) pg_class
            on pg_class.n = 1 + id % 300
        join (select oid, row_number() over (order by oid) n from pg_type where oid < 16384) pg_type
            on pg_type.n = 1 + id % 300"
    ));
}

/// The first lines that differ, and how many do.
fn compare(what: &str, server: &[u8], ours: &[u8]) -> Option<String> {
    if server == ours {
        return None;
    }
    let lines =
        |bytes: &[u8]| -> Vec<Vec<u8>> { bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect() };
    let (server, ours) = (lines(server), lines(ours));
    let differ: Vec<usize> =
        (0..server.len().max(ours.len())).filter(|at| server.get(*at) != ours.get(*at)).collect();
    let show = |lines: &[Vec<u8>], at: usize| {
        let fields = |lines: &[Vec<u8>]| -> Vec<Vec<u8>> {
            lines
                .get(at)
                .map_or(Vec::new(), |line| line.split(|byte| *byte == b'\t').map(<[u8]>::to_vec).collect())
        };
        fields(lines)
    };
    let mut text = format!("{what}: {} of {} lines differ\n", differ.len(), server.len());
    for at in differ.into_iter().take(3) {
        for (one, other) in show(&server, at).iter().zip(&show(&ours, at)).filter(|(a, b)| a != b).take(3) {
            let (one, other) = (String::from_utf8_lossy(one), String::from_utf8_lossy(other));
            text.push_str(&format!("line {}\n  server {one:.300}\n  ours   {other:.300}\n", at + 1));
        }
    }
    Some(text)
}

/// Compares all formats of all tables, and returns the number of values of each table.
fn compare_all(cli: &TestCli, database: &TestDatabase, formats: &[&str]) -> u64 {
    let tables = database.sql(
        "select relname || ' ' || relnatts from pg_class \
         where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1",
    );
    let (mut values, mut differences) = (0, Vec::new());
    for line in tables.lines() {
        let (table, columns) = line.rsplit_once(' ').unwrap();
        for format in formats {
            let file = cli.path("server");
            let (what, options) = match *format {
                "copy" => (format!("public.{table}"), ""),
                "csv" => (format!("public.{table}"), "(format csv, header)"),
                // Characters that JSON does not have, so that nothing is quoted.
                "jsonl" => (
                    format!("(select row_to_json(whole) from public.{table} whole)"),
                    "(format csv, quote e'\\x01', delimiter e'\\x02')",
                ),
                _ => (format!("public.{table}"), "(format binary)"),
            };
            database.sql(&format!("{SETTINGS}\\copy {what} to '{}' {options}\n", file.display()));
            let server = std::fs::read(&file).unwrap();
            let ours = cat(cli, table, format);
            differences.extend(compare(&format!("{table} as {format}"), &server, &ours));
        }
        let rows: u64 = database.sql(&format!("select count(*) from {table}")).trim().parse().unwrap();
        values += rows * columns.parse::<u64>().unwrap();
    }
    assert!(differences.is_empty(), "on {}:\n{}", database.server().major, differences.join("\n"));
    values
}

/// The rows of a table, as bytes.
fn cat(cli: &TestCli, table: &str, format: &str) -> Vec<u8> {
    let output = cli.command(["cat", "a.pgark", table, "--format", format]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{table} as {format}: {stderr}");
    output.stdout
}

/// So many values of each type: what was asked for, or enough to meet every special value.
fn count(of_newest: u64, server: &TestServer) -> u64 {
    let wanted = std::env::var("PGARK_TEST_VALUES").ok().map(|wanted| wanted.parse().unwrap());
    let is_end = matches!(server.major, 12 | 18);
    wanted.filter(|_| is_end).unwrap_or(if is_end { of_newest } else { 1000 })
}

/// Values of every type on one server, from rows in binary form and in text form.
fn values_on(major: u32) {
    let Some(server) = TestServer::of(major) else { return };
    let database = TestDatabase::create_with(&server, "cat", "encoding 'UTF8' lc_collate 'C' lc_ctype 'C'");
    let cli = TestCli::new();
    let mut random = Random::new("values");
    let rows = count(7000, &server);
    fill(&database, cli.folder(), rows, &mut random);
    derive(&database);
    cli.succeed(["dump", &database.conninfo(), "-f", "a.pgark"]).unwrap();
    let list = cli.succeed(["list", "a.pgark"]).unwrap().stdout;
    let binary = list.lines().filter(|line| line.ends_with("  binary")).count();
    assert!(binary >= 3, "{list}");
    let values = compare_all(&cli, &database, &["copy", "csv", "jsonl"]);
    println!("{major}: {rows} values of each type, {values} values, 0 differ");
    // Text rows are read, too, to be printed as CSV and JSON.
    if rows <= 1000 {
        cli.succeed(["dump", &database.conninfo(), "-f", "a.pgark", "--force", "--copy-format", "text"])
            .unwrap();
        compare_all(&cli, &database, &["copy", "csv", "jsonl"]);
    }
}

macro_rules! values {
    ($($name:ident = $major:literal;)*) => {
        $(#[test] fn $name() { values_on($major) })*
    };
}

values! {
    values_are_printed_as_12_prints_them = 12;
    values_are_printed_as_13_prints_them = 13;
    values_are_printed_as_14_prints_them = 14;
    values_are_printed_as_15_prints_them = 15;
    values_are_printed_as_16_prints_them = 16;
    values_are_printed_as_17_prints_them = 17;
    values_are_printed_as_18_prints_them = 18;
}
