//! What is in a database's tables, sequences and large objects, small enough to compare.

use std::collections::BTreeMap;

use super::database::TestDatabase;

/// The content of one table, sequence or large object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Rows; 1 for a sequence or a large object.
    pub rows: u64,
    /// Two sums of 64-bit hashes over the rows' text, whatever their order; a sequence's state; a large
    /// object's MD5, owner and privileges.
    pub hash: String,
}

/// Statements that print `key|rows|hash` for everything that holds data.
///
/// `(x.*)::text` is the whole row even when a column is called like the alias. Sums are numeric, so they
/// cannot overflow, and duplicates count. ONLY keeps a parent's rows apart from its children's.
const QUERIES: &str = r#"
set search_path = '';
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set timezone = 'UTC';
set extra_float_digits = 1;
set bytea_output = 'hex';
set row_security = off;

select format(
    case when c.relkind = 'm' and not c.relispopulated then 'select %1$L, 0, ''unpopulated'''
    else 'select %1$L, count(*),
        coalesce(sum(pg_catalog.hashtextextended((x.*)::text collate "C", 1)::numeric), 0) || ''/'' ||
        coalesce(sum(pg_catalog.hashtextextended((x.*)::text collate "C", 2)::numeric), 0)
        from only %2$I.%3$I as x' end,
    'table ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), n.nspname, c.relname)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and c.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
\gexec

select format('select %L, 1, last_value || ''/'' || is_called from %I.%I',
    'sequence ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), n.nspname, c.relname)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'S' and c.relpersistence <> 't'
\gexec

select 'large object ' || oid, 1, pg_catalog.md5(pg_catalog.lo_get(oid)) || '/' || pg_catalog.translate(
    pg_catalog.pg_get_userbyid(lomowner) || '/' || coalesce(lomacl::text, ''), '|' || chr(10), '!!')
from pg_catalog.pg_largeobject_metadata;
"#;

/// The content of every ordinary table, materialized view, sequence and large object, by `kind name`.
pub fn row_hashes(database: &TestDatabase) -> Result<BTreeMap<String, Content>, String> {
    let text = database.try_sql(QUERIES)?;
    let mut contents = BTreeMap::new();
    // A name may hold `|` or a line break, the numbers behind it never do: read from the end.
    let mut pending = String::new();
    for line in text.lines() {
        pending.push_str(line);
        let mut fields = pending.rsplitn(3, '|');
        if let (Some(hash), Some(Ok(rows)), Some(key)) =
            (fields.next(), fields.next().map(str::parse), fields.next())
        {
            contents.insert(key.to_owned(), Content { rows, hash: hash.to_owned() });
            pending.clear();
        } else {
            pending.push('\n');
        }
    }
    if pending.is_empty() { Ok(contents) } else { Err(format!("cannot read row hashes: {pending:?}")) }
}
