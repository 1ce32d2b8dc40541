//! Tables whose rows come in one transaction, since their keys lead around or their triggers are not to fire. What that
//! transaction changes it puts back itself: whatever fails, the tables are as they were.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ddl::Work;
use super::error::Error;
use super::load::load_unit;
use super::run::Run;
use super::standing::{Key, Trigger};
use super::units::Unit;
use crate::archive::ArchiveFile;
use crate::server::Session;

/// Checks whatever waits for the end of the transaction: no table may be altered before.
const CHECK: &str = "SET CONSTRAINTS ALL IMMEDIATE";

/// Such tables, and what is done around their rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// The entries of the rows, ascending; at least one.
    pub entries: Vec<u32>,
    before: Vec<String>,
    behind: Vec<String>,
}

/// Rows that have come into each of them.
pub type Arrived = BTreeMap<u32, u64>;

impl Bundle {
    /// In which `keys` wait until all rows are in, and `triggers` do not fire.
    pub fn new<'a>(
        entries: Vec<u32>,
        keys: impl IntoIterator<Item = &'a Key>,
        triggers: impl IntoIterator<Item = &'a Trigger>,
    ) -> Self {
        let mut bundle = Self { entries, behind: vec![CHECK.to_owned()], ..Self::default() };
        let mut waits = false;
        for key in keys {
            waits = true;
            if !key.deferrable {
                let alter = format!("ALTER TABLE {} ALTER CONSTRAINT {}", key.table(), key.name());
                bundle.before.push(format!("{alter} DEFERRABLE"));
                bundle.behind.push(format!("{alter} NOT DEFERRABLE"));
            }
        }
        for trigger in triggers {
            let (table, name) = (trigger.table(), trigger.name());
            let enable = match trigger.enabled.as_str() {
                "A" => "ENABLE ALWAYS",
                "R" => "ENABLE REPLICA",
                _ => "ENABLE",
            };
            // A partition has its parent's triggers under the same names, enabled or not on its own account.
            bundle.before.push(format!("ALTER TABLE ONLY {table} DISABLE TRIGGER {name}"));
            bundle.behind.push(format!("ALTER TABLE ONLY {table} {enable} TRIGGER {name}"));
        }
        if waits {
            bundle.before.push("SET CONSTRAINTS ALL DEFERRED".to_owned());
        }
        bundle
    }

    /// Whether the rows of an entry are among them.
    pub fn has(&self, entry: u32) -> bool {
        self.entries.binary_search(&entry).is_ok()
    }

    /// Takes in the rows of further entries.
    pub fn join(&mut self, entries: impl IntoIterator<Item = u32>) {
        self.entries.extend(entries);
        self.entries.sort_unstable();
        self.entries.dedup();
    }

    /// Begins the transaction, unless all of the restore is one.
    ///
    /// # Errors
    /// A statement that the server rejects; the transaction is undone then.
    pub async fn begin(&self, run: &Run, session: &Session) -> Result<(), Error> {
        let begin = if session.is_whole() { CHECK } else { "BEGIN" };
        let sql = [&[begin.to_owned()], &self.before[..]].concat();
        match self.work(run, sql).run(session).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.undone(run, session, error).await),
        }
    }

    /// Checks what had to wait, puts everything back, and commits.
    ///
    /// # Errors
    /// Rows that violate a key, or are not as many as in the archive; the transaction is undone then.
    pub async fn commit(&self, run: &Run, session: &Session, arrived: Arrived) -> Result<(), Error> {
        let commit = (!session.is_whole()).then(|| "COMMIT".to_owned());
        let work = self.work(run, self.behind.iter().cloned().chain(commit).collect());
        let rows = |id: u32| arrived.get(&id).copied().unwrap_or(0);
        let complete = self.entries.iter().try_for_each(|id| run.complete(*id, rows(*id)));
        let done = match complete {
            Ok(()) => work.run(session).await,
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            return Err(self.undone(run, session, error).await);
        }
        arrived.into_iter().for_each(|(entry, rows)| run.arrived(entry, rows));
        Ok(())
    }

    /// Undoes the transaction after an error, which becomes one of all its tables. One that is all of the restore is undone
    /// by whoever began it.
    pub async fn undone(&self, run: &Run, session: &Session, error: Error) -> Error {
        if session.is_whole() {
            return error;
        }
        // If this fails, the session is lost, which the next statement finds.
        let _lost = session.batch("ROLLBACK").await;
        let tables = self.entries.iter().map(|id| run.entry(*id).label.clone()).collect();
        Error::Together { tables, source: Box::new(error) }
    }

    /// Records that none of it is there, when the restore keeps going.
    ///
    /// # Errors
    /// The failure itself when it does not.
    pub fn failed(&self, run: &Run, error: Error) -> Result<(), Error> {
        let first = run.entry(self.entries[0]);
        run.failed(first.id, &first.label, error)?;
        self.entries[1..].iter().for_each(|id| run.skipped(run.entry(*id), first));
        Ok(())
    }

    fn work(&self, run: &Run, sql: Vec<String>) -> Work {
        let id = self.entries[0];
        Work { id, label: run.entry(id).label.clone(), sql }
    }

    /// Loads all rows of its tables from a file, where they are `units`.
    ///
    /// # Errors
    /// What was rejected; nothing of it is there then.
    pub async fn load(
        &self,
        run: &Run,
        file: &Arc<ArchiveFile>,
        session: &mut Session,
        units: &[Unit],
    ) -> Result<(), Error> {
        self.begin(run, session).await?;
        let mut arrived = Arrived::new();
        for unit in units {
            run.pass().await;
            let entry = run.entry(unit.entry);
            match load_unit(session, file, unit, entry, &run.encoding, &run.ctx.meter).await {
                Ok(rows) => *arrived.entry(entry.id).or_default() += rows,
                Err(error) => return Err(self.undone(run, session, error).await),
            }
        }
        self.commit(run, session, arrived).await
    }
}

#[cfg(test)]
mod tests {
    use super::Bundle;
    use crate::restore::standing::{Key, Trigger};

    #[test]
    fn what_is_changed_is_put_back() {
        let key = |name: &str, deferrable: bool| -> Key {
            serde_json::from_value(serde_json::json!({
                "schema": "app", "table": "a b", "name": name, "from": [1], "to": [2],
                "deferrable": deferrable, "owned": true,
            }))
            .unwrap()
        };
        let trigger: Trigger = serde_json::from_value(serde_json::json!({
            "schema": "app", "table": "t", "name": "Touch", "entries": [1], "enabled": "A",
            "owned": true, "internal": false,
        }))
        .unwrap();
        let bundle = Bundle::new(vec![1, 2], &[key("k", false), key("l", true)], [&trigger]);
        assert_eq!(
            bundle.before,
            [
                "ALTER TABLE app.\"a b\" ALTER CONSTRAINT k DEFERRABLE",
                "ALTER TABLE ONLY app.t DISABLE TRIGGER \"Touch\"",
                "SET CONSTRAINTS ALL DEFERRED",
            ]
        );
        assert_eq!(
            bundle.behind,
            [
                "SET CONSTRAINTS ALL IMMEDIATE",
                "ALTER TABLE app.\"a b\" ALTER CONSTRAINT k NOT DEFERRABLE",
                "ALTER TABLE ONLY app.t ENABLE ALWAYS TRIGGER \"Touch\"",
            ]
        );
        assert_eq!(Bundle::new(vec![1], [], [&trigger]).before.len(), 1);
    }
}
