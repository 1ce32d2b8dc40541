//! Optimizer statistics (pg_class, pg_stats; objects.md §39): read by the session that holds the locks, which has
//! nothing else to do while the workers copy. A dump without them is still whole, so what cannot be read is a warning.

use std::collections::HashMap;

use serde::Deserialize;

use super::error::Error;
use super::outline::Outline;
use super::output::Records;
use crate::archive::{Draft, Encoder, RecordType};
use crate::catalog::gated;
use crate::manifest::{ColumnStatistics, RelationStatistics, Statistics, StatisticsTotal};
use crate::object::{Database, Kind};
use crate::server::{self, Class, Session};
use crate::sql::literal;
use crate::version::Version;

/// Columns of relations that one statement asks for. With the default target a column is some kilobytes.
const COLUMNS_PER_QUERY: usize = 500;
/// JSON bytes after which a record ends.
const RECORD_BYTES: usize = 1 << 20;
/// JSON bytes of one column, at most: a record may have 64 MiB.
const COLUMN_BYTES_MAX: usize = 32 << 20;
/// zstd level.
const LEVEL: i32 = 3;

const RELATIONS: &str = "
select
    c.oid as oid,
    n.nspname as schema,
    c.relname as name,
    c.relnatts as natts,
    c.relkind in ('i', 'I') as is_index,
    c.relpages as relpages,
    c.reltuples::text as reltuples,
    c.relallvisible as relallvisible,
    c.relallfrozen as relallfrozen, --@ 18..
    -- Only expressions have statistics of their own; their columns have made-up names.
    case when i.indexprs is not null then array(
        select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 order by a.attnum
    ) end as expressions
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_index i on i.indexrelid = c.oid
where c.relkind in ('r', 'p', 'm', 'f', 'i', 'I') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'";

#[derive(Debug, Deserialize)]
struct Relation {
    oid: u32,
    schema: String,
    name: String,
    natts: i16,
    is_index: bool,
    #[serde(default)]
    expressions: Option<Vec<String>>,
    #[serde(flatten)]
    statistics: RelationStatistics,
}

impl Relation {
    /// How many columns may have statistics.
    fn columns(&self) -> usize {
        if self.is_index && self.expressions.is_none() { 0 } else { self.natts.unsigned_abs().into() }
    }
}

/// What was sent.
#[derive(Debug, Default)]
pub struct Carried {
    /// How many.
    pub total: StatisticsTotal,
    /// What could not be read.
    pub warnings: Vec<String>,
}

/// The relations that have entries: their OID, and the number of the entry.
pub fn relations_of(database: &Database, entries: &[Outline]) -> HashMap<u32, u32> {
    // A constraint's entry makes its index, too.
    let indexes: HashMap<u32, u32> = database.keys.iter().map(|key| (key.oid, key.index_oid)).collect();
    let relation = |entry: &Outline| match entry.kind {
        Kind::Table | Kind::ForeignTable | Kind::MaterializedView | Kind::Index => Some(entry.object.oid),
        Kind::Key => indexes.get(&entry.object.oid).copied(),
        _ => None,
    };
    entries.iter().filter_map(|entry| Some((relation(entry)?, entry.id))).collect()
}

/// Reads the statistics of `relations` ([`relations_of`]) and sends them as records.
///
/// # Errors
/// A lost connection; [`Error::Cancelled`] when the writer has failed.
pub async fn send(session: &Session, ids: &HashMap<u32, u32>, records: &Records) -> Result<Carried, Error> {
    let mut sender = Sender { records, carried: Carried::default(), next: Statistics::default(), bytes: 0 };
    // Text that has no equivalent in UTF-8 is an error, and must not end the transaction of the locks.
    session.batch("SAVEPOINT statistics").await?;
    let relations = match relations(session, ids).await {
        Ok(relations) => relations,
        Err(error) => {
            sender.left_out(session, "statistics", error).await?;
            Vec::new()
        }
    };
    for relation in &relations {
        sender.carried.total.relations += 1;
        // No text but a number: the size hardly varies.
        sender.bytes += 100;
        sender.next.relations.push(relation.statistics.clone());
        sender.flush_if_full().await?;
    }
    let with_columns: Vec<&Relation> = relations.iter().filter(|relation| relation.columns() > 0).collect();
    let mut rest = with_columns.as_slice();
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(batch_len(rest));
        rest = after;
        match columns(session, batch).await {
            Ok(columns) => sender.columns(columns, batch).await?,
            Err(error) => {
                let what = format!(
                    "statistics of the columns of {} relation(s), {} and so on",
                    batch.len(),
                    batch[0].name
                );
                sender.left_out(session, &what, error).await?;
            }
        }
    }
    session.batch("RELEASE statistics").await?;
    sender.flush().await?;
    Ok(sender.carried)
}

/// The relations that have entries, in the order of those.
async fn relations(session: &Session, ids: &HashMap<u32, u32>) -> Result<Vec<Relation>, server::Error> {
    let version = session.version;
    let sql = gated(RELATIONS, version, false).expect("invariant: the query is for all servers");
    let mut relations: Vec<Relation> = session.fetch(&sql).await?;
    relations.retain_mut(|relation| {
        let id = ids.get(&relation.oid);
        relation.statistics.id = id.copied().unwrap_or(0);
        // Before 14 a relation that was never counted has 0 rows, as an empty one has.
        if !version.at_least(14) && relation.statistics.reltuples == "0" {
            relation.statistics.reltuples = "-1".to_owned();
        }
        id.is_some()
    });
    relations.sort_unstable_by_key(|relation| relation.statistics.id);
    Ok(relations)
}

fn batch_len(relations: &[&Relation]) -> usize {
    let mut columns = 0;
    let fits = relations.iter().take_while(|relation| {
        columns += relation.columns();
        columns <= COLUMNS_PER_QUERY
    });
    fits.count().max(1)
}

/// The rows of pg_stats of some relations. The view shows what the role may select; where policies filter rows for it,
/// nothing.
async fn columns(session: &Session, batch: &[&Relation]) -> Result<Vec<ColumnStatistics>, server::Error> {
    session.fetch(&columns_query(session.version, batch)).await
}

/// Names stand in the statement, since parameters cannot hold bytes that are no UTF-8.
fn columns_query(version: Version, batch: &[&Relation]) -> String {
    let arguments = ColumnStatistics::ARGUMENTS.iter().map(|(name, _)| *name);
    let known = arguments.filter(|name| version.at_least(17) || !name.starts_with("range_"));
    let texts: String = known.map(|name| format!(", s.{name}::text as {name}")).collect();
    let list = |text: &dyn Fn(&Relation) -> String| {
        batch.iter().map(|relation| text(relation)).collect::<Vec<_>>().join(",")
    };
    let ids = list(&|relation| relation.statistics.id.to_string());
    let schemas = list(&|relation| literal(&relation.schema));
    let names = list(&|relation| literal(&relation.name));
    // The second condition on the name is the one that finds the index of pg_class.
    format!(
        "select u.id as id, s.attname as attname, s.inherited as inherited{texts}
        from pg_stats s
        join unnest(array[{ids}]::oid[], array[{schemas}]::name[], array[{names}]::name[]) u (id, schema, name)
            on s.schemaname = u.schema and s.tablename = u.name
        where s.tablename = any (array[{names}]::name[])
        order by u.id, s.attname, s.inherited"
    )
}

/// Cuts statistics into records.
struct Sender<'a> {
    records: &'a Records,
    carried: Carried,
    next: Statistics,
    bytes: usize,
}

impl Sender<'_> {
    async fn columns(&mut self, columns: Vec<ColumnStatistics>, batch: &[&Relation]) -> Result<(), Error> {
        let by_id: HashMap<u32, &Relation> =
            batch.iter().map(|relation| (relation.statistics.id, *relation)).collect();
        for mut column in columns {
            let expressions = by_id.get(&column.id).and_then(|relation| relation.expressions.as_ref());
            if let Some(names) = expressions {
                let at = names.iter().position(|name| Some(name) == column.attname.as_ref());
                column.attnum = at.and_then(|at| i16::try_from(at + 1).ok());
                column.attname = None;
            }
            let bytes = serde_json::to_vec(&column).map_or(usize::MAX, |json| json.len());
            if bytes > COLUMN_BYTES_MAX {
                let name = column.attname.unwrap_or_default();
                self.carried
                    .warnings
                    .push(format!("the statistics of column {name} are too large to be carried"));
                continue;
            }
            self.bytes += bytes;
            self.carried.total.columns += 1;
            self.next.columns.push(column);
            self.flush_if_full().await?;
        }
        Ok(())
    }

    async fn flush_if_full(&mut self) -> Result<(), Error> {
        if self.bytes >= RECORD_BYTES { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let statistics = std::mem::take(&mut self.next);
        if std::mem::take(&mut self.bytes) == 0 {
            return Ok(());
        }
        let encoded = tokio::task::spawn_blocking(move || Encoder::new(LEVEL)?.encode_json(&statistics));
        let payload = encoded.await.map_err(|_| Error::Worker("compressing statistics".to_owned()))??;
        self.records.send(Draft::json(RecordType::Statistics, payload)).await
    }

    /// Goes on after an error that says nothing of the connection.
    async fn left_out(&mut self, session: &Session, what: &str, error: server::Error) -> Result<(), Error> {
        if !matches!(error, server::Error::Row { .. })
            && !matches!(error.class(), Class::Rejected | Class::Access)
        {
            return Err(error.context("reading statistics").into());
        }
        session.batch("ROLLBACK TO statistics").await?;
        self.carried.warnings.push(format!("{what} are not carried: {error}"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Relation, batch_len, columns_query};
    use crate::version::Version;

    fn relation(natts: i16) -> Relation {
        Relation {
            oid: 0,
            schema: String::new(),
            name: String::new(),
            natts,
            is_index: false,
            expressions: None,
            statistics: crate::manifest::RelationStatistics::default(),
        }
    }

    #[test]
    fn a_batch_has_so_many_columns_and_never_none() {
        let relations = [200, 300, 1, 1600].map(relation);
        let relations: Vec<&Relation> = relations.iter().collect();
        assert_eq!(batch_len(&relations), 2);
        assert_eq!(batch_len(&relations[2..]), 1);
        assert_eq!(batch_len(&relations[3..]), 1);
    }

    #[test]
    fn ranges_are_asked_for_where_the_view_has_them() {
        let relation = relation(1);
        let query = |major: u32| columns_query(Version::from_num(major * 10_000), &[&relation]);
        assert_eq!([16, 17, 18].map(|major| query(major).contains("range_empty_frac")), [false, true, true]);
    }
}
