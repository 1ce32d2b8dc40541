//! The OIDs of catalogs in `src/object/id.rs` are those of the server.

use std::path::Path;

use crate::support::{TestDatabase, TestServer};

#[test]
fn catalogs_have_the_oids_that_the_server_gives_them() {
    let Some(server) = TestServer::newest() else { return };
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/object/id.rs")).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let ours: Vec<String> = lines
        .windows(2)
        .filter_map(|pair| {
            let name = pair[0].strip_prefix("/// ")?.split(';').next()?;
            let (_, oid) = pair[1].strip_suffix(");")?.split_once("Self = Self(")?;
            name.starts_with("pg_").then(|| format!("{name}|{oid}"))
        })
        .collect();
    assert!(ours.len() > 30, "the file is not read: {ours:?}");
    let database = TestDatabase::create(&server, "oids");
    let theirs =
        database.sql("select relname, oid from pg_class where relnamespace = 'pg_catalog'::regnamespace");
    let wrong: Vec<&String> =
        ours.iter().filter(|line| !theirs.lines().any(|found| found == *line)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
