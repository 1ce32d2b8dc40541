//! How rows come into tables that are there already: the target's own keys decide, which may be others than the source's.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::arrange::{Circle, Tie, arrange};
use super::bundle::Bundle;
use super::standing::{Key, Standing, Trigger, forget_order};
use super::units::Unit;
use crate::manifest::Catalog;
use crate::server::{Error, Session};

/// So many keys, or triggers, are named.
const SHOWN_MAX: usize = 5;

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
        Ok(Self::new(&keys, &triggers, wish))
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
    pub fn divide(&self, units: Vec<Unit>) -> (Vec<Unit>, Vec<(Arc<Bundle>, Vec<Unit>)>) {
        let mut together: Vec<(Arc<Bundle>, Vec<Unit>)> =
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
    let mut words = format!("the rows of {} table(s), in one transaction", entries.len());
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

fn shown(names: impl ExactSizeIterator<Item = (String, String)>) -> String {
    let more = names.len().saturating_sub(SHOWN_MAX);
    let names: Vec<String> =
        names.take(SHOWN_MAX).map(|(name, table)| format!("{name} on {table}")).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

/// One circle of everything, if there is anything.
fn all_of(ties: &[Tie]) -> Option<Circle> {
    let entries: BTreeSet<u32> =
        ties.iter().flat_map(|tie| tie.from.iter().chain(&tie.to)).copied().collect();
    let circle = Circle { entries: entries.into_iter().collect(), ties: (0..ties.len()).collect() };
    (!circle.entries.is_empty()).then_some(circle)
}
