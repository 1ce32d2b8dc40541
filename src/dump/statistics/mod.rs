//! Optimizer statistics (pg_class, pg_stats; objects.md §39): read by the session that holds the locks, which has
//! nothing else to do while the workers copy, and by workers that find no more rows to copy. A dump without them is
//! still whole, so what cannot be read is a warning.

mod sender;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;
use tokio::sync::SetOnce;

use super::error::Error;
use super::outline::Outline;
use super::output::Records;
use crate::catalog::gated;
use crate::manifest::{ColumnStatistics, RelationStatistics, StatisticsTotal};
use crate::object::{Database, Kind};
use crate::server::{self, Session};
use crate::sql::literal;
use crate::version::Version;
use sender::Sender;

/// Columns of relations that one statement asks for. With the default target a column is some kilobytes.
const COLUMNS_PER_QUERY: usize = 500;

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

impl Carried {
    /// With what another session has sent.
    pub fn and(mut self, other: Self) -> Self {
        self.total.relations += other.total.relations;
        self.total.columns += other.total.columns;
        self.warnings.extend(other.warnings);
        self
    }
}

/// The statistics of a dump, which all its sessions read together.
#[derive(Debug)]
pub struct Reading {
    /// Entries by the OID of their relation ([`relations_of`]).
    ids: HashMap<u32, u32>,
    /// Known when the leader has asked.
    batches: SetOnce<Batches>,
}

/// Relations with columns, and how they are cut into what one statement asks for.
#[derive(Debug, Default)]
struct Batches {
    relations: Vec<Relation>,
    cuts: Vec<Range<usize>>,
    /// The next one to take.
    next: AtomicUsize,
}

impl Reading {
    /// Of these relations ([`relations_of`]).
    pub fn new(ids: HashMap<u32, u32>) -> Self {
        Self { ids, batches: SetOnce::new() }
    }

    /// Reads what the relations are, and their columns until none is left. For one session, the others
    /// [`help`](Self::help).
    ///
    /// # Errors
    /// A lost connection; [`Error::Cancelled`] when the writer has failed.
    pub async fn lead(&self, session: &Session, records: &Records) -> Result<Carried, Error> {
        let mut sender = Sender::begin(session, records).await?;
        let relations = match relations(session, &self.ids).await {
            Ok(relations) => relations,
            Err(error) => {
                sender.left_out("statistics", error).await?;
                Vec::new()
            }
        };
        for relation in &relations {
            sender.relation(relation).await?;
        }
        // Nobody else sets it.
        let _ = self.batches.set(Batches::new(relations));
        self.columns(sender).await
    }

    /// Reads columns until none is left.
    ///
    /// # Errors
    /// As [`lead`](Self::lead).
    pub async fn help(&self, session: &Session, records: &Records) -> Result<Carried, Error> {
        if self.batches.wait().await.is_empty() {
            return Ok(Carried::default());
        }
        self.columns(Sender::begin(session, records).await?).await
    }

    async fn columns(&self, mut sender: Sender<'_>) -> Result<Carried, Error> {
        sender.by_index().await?;
        let batches = self.batches.wait().await;
        while let Some(batch) = batches.take() {
            match columns(sender.session, batch).await {
                Ok(rows) => sender.columns(rows, batch).await?,
                Err(error) => {
                    let what = format!(
                        "statistics of the columns of {} relation(s), {} and so on",
                        batch.len(),
                        batch[0].name
                    );
                    sender.left_out(&what, error).await?;
                }
            }
        }
        sender.end().await
    }
}

impl Batches {
    fn new(mut relations: Vec<Relation>) -> Self {
        relations.retain(|relation| relation.columns() > 0);
        let (mut cuts, mut start) = (Vec::new(), 0);
        while start < relations.len() {
            let end = start + batch_len(&relations[start..]);
            cuts.push(start..end);
            start = end;
        }
        Self { relations, cuts, next: AtomicUsize::new(0) }
    }

    fn take(&self) -> Option<&[Relation]> {
        let cut = self.cuts.get(self.next.fetch_add(1, Ordering::Relaxed))?;
        Some(&self.relations[cut.clone()])
    }

    /// Whether all were taken.
    fn is_empty(&self) -> bool {
        self.next.load(Ordering::Relaxed) >= self.cuts.len()
    }
}

fn batch_len(relations: &[Relation]) -> usize {
    let mut columns = 0;
    let fits = relations.iter().take_while(|relation| {
        columns += relation.columns();
        columns <= COLUMNS_PER_QUERY
    });
    fits.count().max(1)
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

/// A row of pg_stats.
#[derive(Debug, Deserialize)]
struct Row {
    schemaname: String,
    tablename: String,
    #[serde(flatten)]
    column: ColumnStatistics,
}

/// The rows of pg_stats of some relations, in the order of their entries. The view shows what the role may select; where
/// policies filter rows for it, nothing.
async fn columns(session: &Session, batch: &[Relation]) -> Result<Vec<ColumnStatistics>, server::Error> {
    let rows: Vec<Row> = session.fetch(&columns_query(session.version, batch)).await?;
    let name = |relation: &'_ Relation| (relation.schema.clone(), relation.name.clone());
    let ids: HashMap<(String, String), u32> =
        batch.iter().map(|relation| (name(relation), relation.statistics.id)).collect();
    // Tables of other schemas may have the same name.
    let of_batch = |row: Row| {
        let id = *ids.get(&(row.schemaname, row.tablename))?;
        Some(ColumnStatistics { id, ..row.column })
    };
    let mut columns: Vec<ColumnStatistics> = rows.into_iter().filter_map(of_batch).collect();
    columns.sort_unstable_by(|a, b| (a.id, &a.attname, a.inherited).cmp(&(b.id, &b.attname, b.inherited)));
    Ok(columns)
}

/// Names stand in the statement, since parameters cannot hold bytes that are no UTF-8.
fn columns_query(version: Version, batch: &[Relation]) -> String {
    let arguments = ColumnStatistics::ARGUMENTS.iter().map(|(name, _)| *name);
    let known = arguments.filter(|name| version.at_least(17) || !name.starts_with("range_"));
    let texts: String = known.map(|name| format!(", s.{name}::text as {name}")).collect();
    let names: Vec<String> = batch.iter().map(|relation| literal(&relation.name)).collect();
    // To join the relations would take the server longer than the statistics themselves.
    format!(
        "select s.schemaname as schemaname, s.tablename as tablename, s.attname as attname,
            s.inherited as inherited{texts}
        from pg_stats s where s.tablename = any (array[{}]::name[])",
        names.join(",")
    )
}

#[cfg(test)]
mod tests {
    use super::{Batches, Relation, columns_query};
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
        let batches = Batches::new(relations.into());
        let taken: Vec<usize> = std::iter::from_fn(|| batches.take()).map(<[Relation]>::len).collect();
        assert_eq!((taken, batches.is_empty()), (vec![2, 1, 1], true));
    }

    #[test]
    fn ranges_are_asked_for_where_the_view_has_them() {
        let relation = relation(1);
        let query =
            |major: u32| columns_query(Version::from_num(major * 10_000), std::slice::from_ref(&relation));
        assert_eq!([16, 17, 18].map(|major| query(major).contains("range_empty_frac")), [false, true, true]);
    }
}
