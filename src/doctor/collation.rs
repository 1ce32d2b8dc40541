//! Collations whose library has another version than when they were made: the order of indexes may be wrong.

use serde::Deserialize;

use super::{Concerns, Finding, Level};
use crate::catalog::gated;
use crate::server::{Error, Session};

#[derive(Deserialize)]
struct Row {
    text: String,
}

/// Collations of columns; others sort nothing.
const COLLATIONS: &str = "
select format('collation %s: made with %s, the library has %s', quote_ident(n.nspname) || '.' || quote_ident(c.collname),
        c.collversion, pg_collation_actual_version(c.oid)) as text
from pg_collation c join pg_namespace n on n.oid = c.collnamespace
where c.collversion is not null and c.collversion is distinct from pg_collation_actual_version(c.oid)
  and c.oid in (select a.attcollation from pg_attribute a where a.attcollation <> 0)
union all --@ 15..
select format('database %s: made with %s, the library has %s', quote_ident(d.datname), d.datcollversion, --@ 15..
        pg_database_collation_actual_version(d.oid)) --@ 15..
from pg_database d --@ 15..
where d.datname = current_database() and d.datcollversion is distinct from pg_database_collation_actual_version(d.oid) --@ 15..
order by 1";

/// Compares.
pub async fn check(session: &Session) -> Result<Vec<Finding>, Error> {
    let sql = gated(COLLATIONS, session.version, false).expect("invariant: the query is for all servers");
    let rows: Vec<Row> = session.fetch(&sql).await?;
    if rows.is_empty() {
        return Ok(vec![Finding::ok(
            "collations",
            "their libraries have the versions that they were made with",
        )]);
    }
    let what =
        "the server's locale library has changed: indexes on text may be out of order, and find too little";
    Ok(vec![
        Finding::new("collations", Level::Warning, Concerns::Dump, what)
            .items(rows.into_iter().map(|row| row.text).collect())
            .remedy(
                "REINDEX DATABASE, then ALTER COLLATION … REFRESH VERSION (the database: ALTER DATABASE …); a restore \
                 elsewhere builds every index anew",
            ),
    ])
}
