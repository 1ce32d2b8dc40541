//! Over a network each question costs its way there and back, so there must be no more of them for more objects.

use crate::support::{TestCli, TestDatabase, TestServer, Turns};

/// Tables with a key, an index, a sequence, a comment, a grant; a function and a type each.
fn objects(number: usize) -> String {
    format!(
        "do $$ begin for i in 1 .. {number} loop
            execute format('create type e%s as enum (''a'')', i);
            execute format('create table t%s (id serial primary key, e e%s, t text default ''x'')', i, i);
            execute format('create index on t%s (t)', i);
            execute format('comment on table t%s is ''x''', i);
            execute format('grant select on t%s to pgark_reader', i);
            execute format('create function f%s() returns int language sql as ''select 1''', i);
        end loop; end $$"
    )
}

#[test]
fn a_catalog_takes_as_many_for_many_objects_as_for_few() {
    for major in [12, 18] {
        let Some(server) = TestServer::of(major) else { continue };
        let turns = Turns::between(&server);
        let cli = TestCli::new();
        let mut taken = Vec::new();
        for number in [3, 600] {
            let database = TestDatabase::create(&server, "round_trips");
            database.sql(&objects(number));
            turns.take();
            let archive = format!("{number}.pgark");
            cli.succeed(["dump", "-s", "-j2", &turns.conninfo(database.name()), "-f", &archive]).unwrap();
            taken.push(turns.take());
        }
        println!("PostgreSQL {major}: {taken:?}");
        // Pipelined questions may meet an answer on their way, or not.
        assert!(taken[1] <= taken[0] + taken[0] / 4, "{taken:?}");
        assert!(taken[0] < 140, "{taken:?}");
    }
}
