//! Room for an archive, where its place is known. What an archive will take is not: rows are smaller than their tables where
//! those have dead rows, larger where the server compresses them, and go through zstd.
//!
//! The sizes of single tables are not asked for: that waits for whoever has a table locked.

use std::path::Path;

use serde::Deserialize;

use super::{Concerns, Finding, Level};
use crate::archive::free_bytes;
use crate::server::{Error, Session};

#[derive(Deserialize)]
struct Sizes {
    /// Of everything in the database.
    database: String,
    /// Without its indexes.
    rows: i64,
    rows_pretty: String,
}

const SIZES: &str = "
select pg_size_pretty(d.size) as database, d.size - i.size as rows, pg_size_pretty(d.size - i.size) as rows_pretty
from (select pg_database_size(current_database()) as size) d,
    (
        select coalesce(sum(greatest(c.relpages, 0)::int8), 0)::int8 * current_setting('block_size')::int8 as size
        from pg_class c where c.relkind = 'i'
    ) i";

/// The size of the database, and with `output` what is free there.
pub async fn check(session: &Session, output: Option<&Path>) -> Result<Vec<Finding>, Error> {
    let Some(sizes) = session.fetch::<Sizes>(SIZES).await?.pop() else { return Ok(Vec::new()) };
    let of = format!("the database has {}, {} without indexes", sizes.database, sizes.rows_pretty);
    let finding = Finding { concerns: Concerns::Dump, ..Finding::ok("disk", of.clone()) };
    let Some(path) = output else { return Ok(vec![finding]) };
    let free = match free_bytes(path) {
        Ok(free) => free,
        Err(error) => {
            let what = format!("nothing can be written there: {error}");
            return Ok(vec![
                Finding::new("disk", Level::Blocks, Concerns::Dump, what)
                    .remedy("name a folder that exists, or make it"),
            ]);
        }
    };
    let what = format!("{of}; {} MB are free at {}", free >> 20, path.display());
    if i64::try_from(free).is_ok_and(|free| free < sizes.rows) {
        return Ok(vec![Finding::new("disk", Level::Warning, Concerns::Dump, what).remedy(
            "an archive often takes a third of that, but not always: write elsewhere, or -f - to a pipe",
        )]);
    }
    Ok(vec![Finding { what, ..finding }])
}
