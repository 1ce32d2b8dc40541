//! What older servers have and a newer one refuses to be told.

use crate::support::{TestCli, TestDatabase, TestServer, content_diff, row_hashes};

#[test]
fn unlogged_partitioned_tables_are_logged_on_18() {
    let Some(newest) = TestServer::newest().filter(|server| server.major >= 18) else { return };
    for server in TestServer::all().into_iter().filter(|server| server.major < 18) {
        let (source, target) =
            (TestDatabase::create(&server, "unlogged"), TestDatabase::create(&newest, "unlogged"));
        source.sql(
            "create unlogged table parted (k integer primary key, v text) partition by list (k);
            create unlogged table part partition of parted for values in (1, 2);
            create unlogged table sub partition of parted for values in (3, 4) partition by list (k);
            create table logged partition of sub for values in (3);
            create unlogged table plain (a integer);
            insert into parted select i, 'v' || i from generate_series(1, 3) i",
        );
        let cli = TestCli::new();
        cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
        cli.succeed(["restore", "a.pgark", "-d", &target.conninfo(), "--yes"]).unwrap();
        assert_eq!(
            target.sql("select relname, relpersistence from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by 1"),
            "logged|p\npart|u\nparted|p\nplain|u\nsub|p\n",
            "from {}",
            server.major
        );
        let differences = content_diff(&row_hashes(&source).unwrap(), &row_hashes(&target).unwrap());
        assert!(differences.is_empty(), "from {}: {}", server.major, differences.join("\n"));
    }
}
