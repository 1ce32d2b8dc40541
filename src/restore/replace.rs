//! `-c -C`: a database that another one of its name steps aside for.
//!
//! Until the new one is whole, nothing happens to the old one. Then both get other names in one transaction, so that there
//! is always a whole database of that name. ALTER DATABASE … RENAME lets nobody in while it waits for those who are there
//! to leave (RenameDatabase and CountOtherDBBackends of dbcommands.c and procarray.c: five seconds), so that nothing has to
//! be put back when it fails.

use serde::Deserialize;

use super::Failure;
use super::create::{NewDatabase, other_name};
use super::error::Error;
use super::guests::{Guest, ending_guests};
use super::obstacle::Obstacle;
use crate::server::Session;
use crate::sql::{ident, literal};

/// What the old database's name has at its end until it is dropped.
const SUFFIX: &str = "__replaced";

/// The old database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    name: String,
    /// The name that it has between stepping aside and going.
    pub aside: String,
    is_template: bool,
    /// Others' sessions on it are ended.
    terminate: bool,
    /// Those that are there, in words.
    pub guests: Vec<String>,
}

#[derive(Deserialize)]
struct Facts {
    is_template: bool,
    is_owner: bool,
    is_current: bool,
    aside: bool,
    slots: Vec<String>,
    subscriptions: i64,
    prepared: Vec<String>,
}

impl Replaced {
    /// Looks at the database of that name. `Err` inside: why it cannot be replaced.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn read(
        session: &Session,
        name: &str,
        terminate: bool,
    ) -> Result<Result<Self, Obstacle>, Error> {
        let aside = other_name(name, SUFFIX);
        let membership = if session.version.at_least(16) { "USAGE" } else { "MEMBER" };
        let (quoted, quoted_aside) = (literal(name), literal(&aside));
        let facts: Vec<Facts> = session
            .fetch(&format!(
                "select d.datistemplate as is_template, me.rolsuper or pg_has_role(d.datdba, '{membership}') as is_owner,
                    d.datname = current_database() as is_current,
                    exists (select 1 from pg_database a where a.datname = {quoted_aside}) as aside,
                    array(select s.slot_name::text from pg_replication_slots s where s.datoid = d.oid) as slots,
                    (select count(*) from pg_subscription s where s.subdbid = d.oid) as subscriptions,
                    array(select p.gid from pg_prepared_xacts p where p.database = d.datname) as prepared
                from pg_database d join pg_roles me on me.rolname = current_user where d.datname = {quoted}"
            ))
            .await?;
        let database = name.to_owned();
        let Some(facts) = facts.into_iter().next() else { return Ok(Err(Obstacle::Exists(database))) };
        let guests = Guest::read(session, name).await?;
        let mut held: Vec<String> = Vec::new();
        held.extend(facts.slots.iter().map(|slot| format!("replication slot \"{slot}\"")));
        held.extend(facts.prepared.iter().map(|gid| format!("prepared transaction '{gid}'")));
        if facts.subscriptions > 0 {
            held.push(format!("{} subscription(s)", facts.subscriptions));
        }
        let in_words = |guests: &mut dyn Iterator<Item = &Guest>| guests.map(Guest::words).collect();
        let obstacle = if facts.is_current {
            Some(Obstacle::Current(database))
        } else if !facts.is_owner {
            Some(Obstacle::MayNotReplace(database))
        } else if facts.aside {
            Some(Obstacle::Aside { database, aside: aside.clone() })
        } else if !held.is_empty() {
            Some(Obstacle::Held { database, by: held })
        } else if !terminate && !guests.is_empty() {
            Some(Obstacle::InUse { database, sessions: in_words(&mut guests.iter()) })
        } else if guests.iter().any(|guest| !guest.endable) {
            let others = &mut guests.iter().filter(|guest| !guest.endable);
            Some(Obstacle::MayNotEnd { database, sessions: in_words(others) })
        } else {
            None
        };
        Ok(match obstacle {
            Some(obstacle) => Err(obstacle),
            None => Ok(Self {
                name: name.to_owned(),
                aside,
                is_template: facts.is_template,
                terminate,
                guests: in_words(&mut guests.iter()),
            }),
        })
    }

    /// The statements by which it steps aside; before those that give the new one its name, in the same transaction.
    pub fn step_aside(&self) -> Vec<String> {
        let mut sql = vec![format!("ALTER DATABASE {} RENAME TO {}", ident(&self.name), ident(&self.aside))];
        if self.is_template {
            sql.push(format!("ALTER DATABASE {} IS_TEMPLATE = false", ident(&self.aside)));
        }
        sql
    }

    /// The last statement; it cannot be in a transaction.
    fn drop_sql(&self) -> String {
        format!("DROP DATABASE {}", ident(&self.aside))
    }

    /// Does what renames both, while whoever is on the old one is sent away, if that is wanted.
    ///
    /// # Errors
    /// Those of the work; those of the server.
    pub async fn while_it_steps_aside(
        &self,
        new: &NewDatabase,
        work: impl Future<Output = Result<(), Error>>,
    ) -> Result<(), Error> {
        if !self.terminate {
            return work.await;
        }
        let other = new.server().connect_another().await?;
        ending_guests(&other, &self.name, &[], work).await
    }

    /// Drops it when it has stepped aside. If that fails, the new one is whole nevertheless.
    pub async fn drop_now(&self, session: &Session) -> Option<Failure> {
        // Before 13 nobody can be sent away; nor does anybody know the name.
        let force = if session.version.at_least(13) { " WITH (FORCE)" } else { "" };
        let dropped = session.batch(&format!("{}{force}", self.drop_sql())).await;
        dropped.err().map(|error| Failure {
            label: format!("dropping what database {} was before", ident(&self.name)),
            reason: format!("it is called {} now: {error}; run {}", ident(&self.aside), self.drop_sql()),
        })
    }
}
