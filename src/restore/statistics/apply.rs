//! The functions of 18 that take statistics. They only warn of most problems, and say false.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::records::Records;
use crate::manifest::{ColumnStatistics, RelationStatistics, Statistics};
use crate::restore::error::Error;
use crate::restore::run::Run;
use crate::server::{self, Class, Session};
use crate::sql::literal;

/// The first major that has the functions.
const MAJOR: u16 = 18;
/// Calls of one statement. Each locks its relation until the end of it.
const CALLS_MAX: usize = 200;
/// So many problems are told one by one.
const PROBLEMS_MAX: usize = 5;

/// Whether the target takes statistics.
pub fn are_taken(session: &Session) -> bool {
    session.version.at_least(MAJOR)
}

/// What is known of the relations of the target.
#[derive(Debug, Default)]
pub struct Known {
    /// Entries whose size is known.
    pub counted: HashSet<u32>,
    /// Entries of whose columns something is known.
    pub columns: HashSet<u32>,
    /// Entries of which something could not be restored, and why, the first time.
    pub problems: BTreeMap<u32, String>,
}

/// One call of a function.
trait Call: Serialize {
    /// The entry.
    fn id(&self) -> u32;
}

impl Call for RelationStatistics {
    fn id(&self) -> u32 {
        self.id
    }
}

impl Call for ColumnStatistics {
    fn id(&self) -> u32 {
        self.id
    }
}

/// A call, with the relation's name in the target.
#[derive(Serialize)]
struct Named<'a, T> {
    schemaname: &'a str,
    relname: &'a str,
    #[serde(flatten)]
    call: &'a T,
}

/// `pg_restore_relation_stats` for each object of a JSON array, a literal: parameters cannot hold bytes that are no
/// UTF-8. A NULL counts as an argument that is not there.
fn relations_sql(source: u32, calls: &str) -> String {
    format!(
        "SELECT pg_catalog.pg_restore_relation_stats('version', {source}, 'schemaname', v.schemaname,
            'relname', v.relname, 'relpages', v.relpages, 'reltuples', v.reltuples,
            'relallvisible', v.relallvisible, 'relallfrozen', v.relallfrozen) AS done
        FROM pg_catalog.json_to_recordset({calls}::json) v (schemaname text, relname text, relpages integer,
            reltuples real, relallvisible integer, relallfrozen integer)"
    )
}

/// `pg_restore_attribute_stats` likewise.
fn columns_sql(source: u32, calls: &str) -> String {
    let arguments = ColumnStatistics::ARGUMENTS.iter();
    let pairs: String = arguments.clone().map(|(name, _)| format!(", '{name}', v.{name}")).collect();
    let columns: String = arguments.map(|(name, ty)| format!(", {name} {ty}")).collect();
    format!(
        "SELECT pg_catalog.pg_restore_attribute_stats('version', {source}, 'schemaname', v.schemaname,
            'relname', v.relname, 'attname', v.attname, 'attnum', v.attnum, 'inherited', v.inherited{pairs}) AS done
        FROM pg_catalog.json_to_recordset({calls}::json) v (schemaname text, relname text, attname text,
            attnum smallint, inherited boolean{columns})"
    )
}

/// Hands over all statistics of the archive.
///
/// # Errors
/// A damaged record; a lost connection.
pub async fn restore(
    run: &Run,
    session: &Session,
    mut records: Records,
    source: u32,
) -> Result<Known, Error> {
    let mut known = Known::default();
    // What the server said before this is not about statistics.
    run.server_warnings(session);
    while let Some(statistics) = records.next().await? {
        let Statistics { relations: of_relations, columns: of_columns } = statistics;
        for calls in of_relations.chunks(CALLS_MAX) {
            let done =
                call(run, session, |calls| relations_sql(source, calls), calls, &mut known.problems).await?;
            known.counted.extend(done);
        }
        for calls in of_columns.chunks(CALLS_MAX) {
            let done =
                call(run, session, |calls| columns_sql(source, calls), calls, &mut known.problems).await?;
            known.columns.extend(done);
        }
    }
    report(run, &known.problems);
    Ok(known)
}

/// Makes some calls in one statement; where one fails, each in its own, to know which and why. The entries of those
/// that succeeded.
async fn call<T: Call>(
    run: &Run,
    session: &Session,
    sql: impl Fn(&str) -> String,
    calls: &[T],
    problems: &mut BTreeMap<u32, String>,
) -> Result<Vec<u32>, Error> {
    let there =
        |call: &&T| run.catalog.entries.get(call.id() as usize - 1).is_some() && !run.has_failed(call.id());
    let calls: Vec<&T> = calls.iter().filter(|call| call.id() > 0).filter(there).collect();
    let all = send(run, session, &sql, &calls).await;
    if let Ok(results) = &all
        && results.iter().all(|done| *done)
    {
        return Ok(calls.iter().map(|call| call.id()).collect());
    }
    // The warnings of a statement do not say which call they are about; a call can be made again.
    session.take_notices();
    let mut succeeded = Vec::new();
    for (at, call) in calls.iter().enumerate() {
        if matches!(&all, Ok(results) if results.get(at) == Some(&true)) {
            succeeded.push(call.id());
            continue;
        }
        let said = match send(run, session, &sql, &[*call]).await {
            Ok(results) if results == [true] => {
                succeeded.push(call.id());
                continue;
            }
            Ok(_) => {
                let notices = session.take_notices();
                notices.last().map_or_else(|| "not accepted".to_owned(), |notice| notice.message.clone())
            }
            Err(error) if matches!(error.class(), Class::Rejected | Class::Access | Class::Lock) => {
                error.to_string()
            }
            Err(error) => return Err(error.into()),
        };
        problems.entry(call.id()).or_insert(said);
    }
    Ok(succeeded)
}

async fn send<T: Call>(
    run: &Run,
    session: &Session,
    sql: impl Fn(&str) -> String,
    calls: &[&T],
) -> Result<Vec<bool>, server::Error> {
    #[derive(Deserialize)]
    struct Row {
        #[serde(default)]
        done: Option<bool>,
    }
    let named: Vec<Named<'_, T>> = calls
        .iter()
        .map(|call| {
            let entry = run.entry(call.id());
            Named {
                schemaname: entry.schema.as_deref().unwrap_or_default(),
                relname: &entry.name,
                call: *call,
            }
        })
        .collect();
    let json = serde_json::to_string(&named).expect("invariant: texts and numbers are JSON");
    let rows: Vec<Row> = session.fetch(&sql(&literal(&json))).await?;
    Ok(rows.into_iter().map(|row| row.done == Some(true)).collect())
}

fn report(run: &Run, problems: &BTreeMap<u32, String>) {
    for (id, problem) in problems.iter().take(PROBLEMS_MAX) {
        run.warn(format!("cannot restore all statistics of {}: {problem}", run.entry(*id).label));
    }
    if let Some(more @ 1..) = problems.len().checked_sub(PROBLEMS_MAX) {
        run.warn(format!("cannot restore all statistics of {more} more"));
    }
}
