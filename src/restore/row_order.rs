//! How rows come into tables that are there already: the target's own keys decide, which may be others than the source's.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::arrange::{Circle, Tie, arrange, entries_of};
use super::bundle::Bundle;
use super::family::FEW;
use super::privileges::some;
use super::room::look_for_room;
use super::standing::{Key, Standing, Trigger, forget_order};
use super::units::Unit;
use super::whole::locks_of_rows;
use crate::manifest::Catalog;
use crate::preflight::LockTable;
use crate::server::{Error, Session};

/// What was found, and what follows.
#[derive(Debug, Default)]
pub struct RowOrder {
    /// Tables whose rows come in one transaction. From a pipe there is one bundle at most.
    pub bundles: Vec<Arc<Bundle>>,
    /// `from` comes after `to`, or the bundles that they are in.
    pub waits: Vec<Tie>,
    /// Tables whose rows come by one COPY, however many parts they are: keys are checked at its end.
    whole: BTreeSet<u32>,
    /// What the role lacks for it, one line each.
    pub lacks: Vec<String>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// What is done to the tables of each bundle.
    pub words: Vec<String>,
}

/// A bundle with all its rows.
pub type Together = (Arc<Bundle>, Vec<Unit>);

/// How rows are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// They come as they come, not in an order of ours.
    pub from_pipe: bool,
    /// Triggers do not fire.
    pub silent: bool,
}

impl RowOrder {
    /// Asks the target about the tables that are there, and arranges the rows that come into them.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn read(session: &Session, catalog: &mut Catalog, wish: Wish) -> Result<Self, Error> {
        let Some(standing) = Standing::of(catalog) else { return Ok(Self::default()) };
        forget_order(catalog);
        let (keys, triggers) = (standing.keys(session).await?, standing.triggers(session).await?);
        let mut order = Self::new(&keys, &triggers, wish);
        order.look_for_room(session, catalog).await?;
        Ok(order)
    }

    /// The largest bundle has to fit into the server's lock table.
    async fn look_for_room(&mut self, session: &Session, catalog: &Catalog) -> Result<(), Error> {
        let locks = |bundle: &Arc<Bundle>| {
            locks_of_rows(catalog, bundle.entries.iter().map(|id| &catalog.entries[*id as usize - 1]))
        };
        let locks = self.bundles.iter().map(locks).max().unwrap_or(0);
        if locks >= FEW {
            let table = LockTable::read_for(session, locks, 1).await?;
            let words = table.words_of(&format!("{locks} locks for rows that come in one transaction"));
            look_for_room(&table, &words, "", &mut self.warnings, &mut self.lacks);
        }
        Ok(())
    }

    /// Pure.
    fn new(keys: &[Key], triggers: &[Trigger], wish: Wish) -> Self {
        let mut order = Self::default();
        let disabled = if wish.silent { triggers } else { order.warn_of(triggers) };
        let mut ties: Vec<Tie> =
            keys.iter().map(|key| Tie { from: key.from.clone(), to: key.to.clone() }).collect();
        // Whoever disables a trigger has its table alone.
        ties.extend(disabled.iter().map(|of| Tie { from: of.entries.clone(), to: of.entries.clone() }));
        let circles = match wish.from_pipe {
            true => Vec::from_iter(all_of(&ties)),
            false => {
                let arranged = arrange(&ties);
                order.waits = arranged.waits;
                arranged.circles
            }
        };
        for circle in circles {
            let triggers: Vec<&Trigger> =
                circle.ties.iter().filter_map(|at| disabled.get(at.checked_sub(keys.len())?)).collect();
            let mut keys: Vec<&Key> = circle.ties.iter().filter_map(|at| keys.get(*at)).collect();
            order.whole.extend(&circle.entries);
            if circle.entries.len() == 1 && !wish.from_pipe {
                keys.clear();
            }
            if keys.is_empty() && triggers.is_empty() {
                continue;
            }
            keys.iter().for_each(|key| order.may_wait(key, wish));
            triggers.iter().for_each(|trigger| order.may_be_disabled(trigger));
            order.words.push(words(&circle.entries, &keys, &triggers));
            order.bundles.push(Arc::new(Bundle::new(circle.entries, keys, triggers)));
        }
        order
    }

    /// Triggers that fire; none is disabled.
    fn warn_of<'a>(&mut self, triggers: &[Trigger]) -> &'a [Trigger] {
        if !triggers.is_empty() {
            let names = shown(triggers.iter().map(|trigger| (trigger.name(), trigger.table())));
            self.warnings.push(format!(
                "triggers of the target fire for the rows that come: {names}; -a --disable-triggers keeps them from it"
            ));
        }
        &[]
    }

    fn may_wait(&mut self, key: &Key, wish: Wish) {
        if key.deferrable || key.owned {
            return;
        }
        let (table, name) = (key.table(), key.name());
        let why = match wish.from_pipe {
            true => "rows from a pipe come in no order (from a file they would)",
            false => "it leads around in a circle",
        };
        self.lacks.push(format!(
            "ownership of table {table}, whose foreign key {name} has to wait for rows, since {why}: restore as its owner, \
             or let that run ALTER TABLE {table} ALTER CONSTRAINT {name} DEFERRABLE"
        ));
    }

    fn may_be_disabled(&mut self, trigger: &Trigger) {
        let (table, name) = (trigger.table(), trigger.name());
        if !trigger.owned {
            self.lacks.push(format!(
                "ownership of table {table}, whose trigger {name} is not to fire: restore as its owner"
            ));
        } else if trigger.internal {
            self.lacks.push(format!(
                "privilege to disable trigger {name} of partition {table}, which before PostgreSQL 15 only superusers have: \
                 restore as one, or disable it beforehand"
            ));
        }
    }

    /// Units that are loaded by themselves, and those of each bundle. Rows that come by one COPY are one unit.
    pub fn divide(&self, units: Vec<Unit>) -> (Vec<Unit>, Vec<Together>) {
        let mut together: Vec<Together> =
            self.bundles.iter().map(|bundle| (Arc::clone(bundle), Vec::new())).collect();
        let of: HashMap<u32, usize> = together
            .iter()
            .enumerate()
            .flat_map(|(at, (bundle, _))| bundle.entries.iter().map(move |entry| (*entry, at)))
            .collect();
        let mut alone = Vec::new();
        for unit in units {
            let place = match of.get(&unit.entry) {
                Some(at) => &mut together[*at].1,
                None => &mut alone,
            };
            match place.last_mut() {
                Some(last) if last.entry == unit.entry && self.whole.contains(&unit.entry) => last.join(unit),
                _ => place.push(unit),
            }
        }
        (alone, together)
    }
}

fn words(entries: &[u32], keys: &[&Key], triggers: &[&Trigger]) -> String {
    let mut words = match entries.len() {
        1 => "the rows of 1 table, in one transaction".to_owned(),
        tables => format!("the rows of {tables} tables, in one transaction"),
    };
    if !keys.is_empty() {
        let names = shown(keys.iter().map(|key| (key.name(), key.table())));
        words = format!("{words}; foreign keys wait for its end: {names}");
    }
    if !triggers.is_empty() {
        let names = shown(triggers.iter().map(|trigger| (trigger.name(), trigger.table())));
        words = format!("{words}; triggers do not fire: {names}");
    }
    words
}

fn shown(names: impl Iterator<Item = (String, String)>) -> String {
    some(&names.map(|(name, table)| format!("{name} on {table}")).collect::<Vec<_>>())
}

/// One circle of everything, if there is anything.
fn all_of(ties: &[Tie]) -> Option<Circle> {
    let circle = Circle { entries: entries_of(ties), ties: (0..ties.len()).collect() };
    (!circle.entries.is_empty()).then_some(circle)
}

#[cfg(test)]
mod tests {
    use super::{Key, RowOrder, Trigger, Wish};
    use crate::restore::arrange::Tie;
    use crate::restore::units::Unit;

    fn key(name: &str, from: &[u32], to: &[u32], deferrable: bool) -> Key {
        serde_json::from_value(serde_json::json!({
            "schema": "s", "table": format!("of_{name}"), "name": name, "from": from, "to": to,
            "deferrable": deferrable, "owned": false,
        }))
        .unwrap()
    }

    fn trigger(entries: &[u32]) -> Trigger {
        serde_json::from_value(serde_json::json!({
            "schema": "s", "table": "t", "name": "loud", "entries": entries, "enabled": "O",
            "owned": true, "internal": false,
        }))
        .unwrap()
    }

    fn bundles(order: &RowOrder) -> Vec<Vec<u32>> {
        order.bundles.iter().map(|bundle| bundle.entries.clone()).collect()
    }

    fn units(order: &RowOrder) -> (Vec<(u32, u64)>, Vec<usize>) {
        let units = [1, 1, 2, 9, 9, 9].map(|entry| Unit { entry, bytes: 1, ..Unit::default() });
        let (alone, together) = order.divide(units.to_vec());
        let alone = alone.iter().map(|unit| (unit.entry, unit.bytes)).collect();
        (alone, together.iter().map(|(_, units)| units.len()).collect())
    }

    #[test]
    fn from_a_file_only_circles_come_together() {
        let keys = [key("a", &[1], &[2], false), key("self", &[9], &[9], false)];
        let wish = Wish { from_pipe: false, silent: false };
        let order = RowOrder::new(&keys, &[trigger(&[1])], wish);
        assert_eq!((bundles(&order), order.warnings.len(), order.lacks.len()), (vec![], 1, 0));
        assert_eq!(order.waits, [Tie { from: vec![1], to: vec![2] }]);
        // What leads to itself is one COPY, which needs no right.
        assert_eq!(units(&order), (vec![(1, 1), (1, 1), (2, 1), (9, 3)], vec![]));

        let circle = [&keys[..], &[key("b", &[2], &[1], true)]].concat();
        let order = RowOrder::new(&circle, &[trigger(&[9])], Wish { silent: true, ..wish });
        let mut found = bundles(&order);
        found.sort_unstable();
        assert_eq!((found, order.warnings.len()), (vec![vec![1, 2], vec![9]], 0));
        assert!(matches!(&order.lacks[..], [lack] if lack.contains("foreign key a has to wait")));
        let (alone, mut together) = units(&order);
        together.sort_unstable();
        assert_eq!((alone, together), (vec![], vec![1, 2]));
    }

    #[test]
    fn from_a_pipe_all_that_is_tied_comes_together() {
        let keys = [key("a", &[1], &[2], true), key("self", &[9], &[9], false)];
        let order = RowOrder::new(&keys, &[], Wish { from_pipe: true, silent: false });
        assert_eq!((bundles(&order), order.waits.len(), order.lacks.len()), (vec![vec![1, 2, 9]], 0, 1));
        let untied = RowOrder::new(&[], &[trigger(&[1])], Wish { from_pipe: true, silent: false });
        assert!(untied.bundles.is_empty());
    }
}
