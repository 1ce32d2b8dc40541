//! What a target that need not be empty has already, for a restore of a part: what that part needs, and what is in its
//! way.

use std::collections::HashSet;

use serde::Deserialize;

use crate::manifest::{Catalog, Missing, Section};
use crate::selection::leave_out;
use crate::server::{Error, Session};

/// The names on a target.
#[derive(Debug, Default)]
pub struct Present {
    names: HashSet<(String, String, String)>,
}

#[derive(Deserialize)]
struct Row {
    class: String,
    schema: String,
    name: String,
}

const NAMES: &str = "
select 'schema' as class, '' as schema, n.nspname as name from pg_namespace n
union all select 'extension', '', e.extname from pg_extension e
union all
select 'relation', n.nspname, c.relname
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and n.nspname !~ '^pg_'
union all
select 'type', n.nspname, t.typname
from pg_type t join pg_namespace n on n.oid = t.typnamespace
where n.nspname !~ '^pg_'
union all
select distinct 'routine', n.nspname, p.proname
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname !~ '^pg_'";

/// What names of a kind share a space with.
fn class(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "schema" => "schema",
        "extension" => "extension",
        "table" | "foreign_table" | "view" | "materialized_view" | "sequence" => "relation",
        "enum" | "composite" | "domain" | "range" | "base_type" => "type",
        "function" | "procedure" | "aggregate" => "routine",
        _ => return None,
    })
}

impl Present {
    /// Asks the target.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn read(session: &Session) -> Result<Self, Error> {
        let rows: Vec<Row> = session.fetch(NAMES).await?;
        Ok(Self { names: rows.into_iter().map(|row| (row.class, row.schema, row.name)).collect() })
    }

    /// That of a new database.
    pub fn fresh() -> Self {
        Self { names: [("schema".to_owned(), String::new(), "public".to_owned())].into() }
    }

    fn has(&self, kind: &str, schema: Option<&str>, name: &str) -> bool {
        let schema = schema.unwrap_or_default().to_owned();
        class(kind).is_none_or(|class| self.names.contains(&(class.to_owned(), schema, name.to_owned())))
    }

    /// What is needed and not there, one line each.
    pub fn lacks(&self, missing: &[Missing]) -> Vec<String> {
        let lacking = missing.iter().filter(|what| !self.has(&what.kind, what.schema.as_deref(), &what.name));
        lacking.map(|what| format!("{} (needed by {})", what.label, what.needed_by)).collect()
    }

    /// What the entries would make and is there already. A schema that is there stays as it is; it is returned apart.
    pub fn in_the_way(&self, catalog: &mut Catalog) -> (Vec<String>, Vec<String>) {
        let (mut in_the_way, mut schemas) = (Vec::new(), Vec::new());
        for entry in &mut catalog.entries {
            let is_made = !entry.left_out && entry.section == Section::PreData && !entry.ddl.is_empty();
            if !is_made || !self.has(&entry.kind, entry.schema.as_deref(), &entry.name) {
                continue;
            }
            match entry.kind.as_str() {
                "schema" => {
                    schemas.push(entry.label.clone());
                    leave_out(entry);
                }
                // That of another source may be an overload.
                "extension" | "function" | "procedure" | "aggregate" => {}
                kind if class(kind).is_some() => in_the_way.push(entry.label.clone()),
                _ => {}
            }
        }
        (in_the_way, schemas)
    }
}
