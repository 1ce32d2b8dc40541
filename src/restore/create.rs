//! `-C`: the database itself.
//!
//! It is made under another name, filled, and given everything else that a database has. Its own name comes last, so
//! what carries it is whole.

use super::ddl::{Work, acl_sql};
use super::error::{Error, Remains};
use super::plan::{Making, Omit, Replacing};
use super::replace::Replaced;
use super::{Create, Failure, Options};
use crate::context::Context;
use crate::event::Event;
use crate::manifest::{Acl, Begin, Database};
use crate::object::acl::database_grants;
use crate::server::settings::{Scope, Writing};
use crate::server::{Server, Session};
use crate::sql::{ident, literal};
use crate::version::Version;

/// What the name has at its end until the database is whole.
const SUFFIX: &str = "__restoring";
/// Longest name that the server does not cut, bytes: NAMEDATALEN - 1.
const NAME_MAX: usize = 63;

/// A database that a restore makes.
#[derive(Clone, Debug)]
pub struct NewDatabase {
    server: Server,
    pub(super) name: String,
    pub(super) database: Database,
    /// GRANT and REVOKE that lead from what a database is born with; they name it as it is called meanwhile.
    pub(super) acl: Vec<Acl>,
    pub(super) building: String,
    pub(super) options: Create,
    pub(super) omit: Omit,
    /// The database that steps aside for it, if there is one and that is wanted.
    pub(super) replaced: Option<Replaced>,
    /// A database of its name may step aside.
    pub(super) clean: bool,
    /// Sessions of others on that one are ended then.
    pub(super) terminate: bool,
    keep_going: bool,
}

impl NewDatabase {
    /// The database of an archive, on the server of `server`, whose own database is only where to connect to.
    ///
    /// # Errors
    /// Privileges that cannot be read.
    pub fn new(
        server: &Server,
        begin: &Begin,
        database: &Database,
        options: &Options,
        omit: Omit,
        create: Create,
    ) -> Result<Self, Error> {
        let name = begin.source.database.clone();
        let acl = database_grants(
            &building_name(&name),
            database,
            Version::from_num(begin.source.server_version_num),
        );
        let acl = acl
            .map_err(|error| Error::Rows { label: format!("database {name}"), reason: error.to_string() })?;
        Ok(Self {
            server: server.clone(),
            building: building_name(&name),
            name,
            database: database.clone(),
            acl,
            options: create,
            omit,
            replaced: None,
            clean: options.clean,
            terminate: options.terminate,
            keep_going: options.keep_going,
        })
    }

    /// Where it is.
    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    /// Its name, now and when it is whole.
    pub fn making(&self) -> Making {
        let replaces = self.replaced.as_ref().map(|old| Replacing {
            aside: old.aside.clone(),
            terminate: self.terminate,
            sessions: old.guests.clone(),
        });
        Making { name: self.name.clone(), building: self.building.clone(), replaces }
    }

    /// How messages name it: `app@db1:5432/app`.
    pub fn target(&self) -> String {
        self.server.in_database(&self.name, &self.database.encoding).target()
    }

    /// Makes it, empty, and says where.
    ///
    /// # Errors
    /// Those of the server; the user's. It is not there then.
    pub async fn make(&self, ctx: &Context, session: &Session) -> Result<Server, Error> {
        ctx.event(Event::Phase { name: "database", items: 1 });
        let sql = self.statement(session.version.major());
        let result = until_answered(ctx, session, async { session.batch(&sql).await }).await;
        let cancelled = ctx.cancel.is_cancelled();
        match result {
            Ok(()) if cancelled => Err(self.unfinished(Error::Cancelled).await),
            Ok(()) => Ok(self.server.in_database(&self.building, &self.database.encoding)),
            Err(_) if cancelled => Err(Error::Cancelled),
            Err(source) => Err(Error::CreateDatabase { database: self.name.clone(), sql, source }),
        }
    }

    fn statement(&self, major: u16) -> String {
        let name = ident(&self.building);
        let owner = match self.omit.owner {
            true => String::new(),
            false => format!("OWNER = {} ", ident(&self.database.owner)),
        };
        format!(
            "CREATE DATABASE {name} WITH {owner}{}",
            self.database.options(major, !self.options.target_locale)
        )
    }

    /// What the database has besides its settings and limits: for a session on it, since the server keeps such texts in
    /// the encoding of the database that they came from.
    pub fn properties(&self) -> Vec<Work> {
        let database = &self.database;
        let name = &self.building;
        let mut works = Vec::new();
        let mut add = |what: &str, sql: Vec<String>| {
            if !sql.is_empty() {
                let label = format!("{what} of database {}", ident(&self.name));
                works.push(Work { id: 0, label, sql });
            }
        };
        if !self.omit.comments {
            add("comment", database.comment_sql(name).into_iter().collect());
        }
        if !self.omit.labels {
            add("security labels", database.labels.iter().map(|label| label.sql(name)).collect());
        }
        if !self.omit.privileges {
            add("privileges", acl_sql(&self.acl, &self.server.conninfo().own_role()));
        }
        works
    }

    /// Gives it its name, and the limits that would have hindered the restore or the removal: one transaction, in which
    /// another database of that name steps aside. That one is dropped then; what went wrong with it is returned.
    ///
    /// # Errors
    /// Those of the server; it still has its other name then. The user's; it is removed then.
    pub async fn finish(&self, ctx: &Context) -> Result<Option<Failure>, Error> {
        let work = Work { id: 0, label: format!("database {}", ident(&self.name)), sql: self.last() };
        let session = async {
            // The session that made it may have been cut off in the meantime, as idle ones are.
            let session = self.server.connect_another().await?;
            session.set_up_writing(Scope::Session, Writing::default()).await?;
            session.batch("SET synchronous_commit = on").await?;
            self.end_kept_sessions(&session).await?;
            Ok(session)
        };
        let whole = |error| self.remaining(Remains::Whole(work.sql.join("; ")), error);
        let session: Session = session.await.map_err(whole)?;
        // Waits until the last session has left the databases, 5 seconds at most for each.
        let renamed = until_answered(ctx, &session, async {
            match &self.replaced {
                Some(old) => old.while_it_steps_aside(self, work.run(&session)).await,
                None => work.run(&session).await,
            }
        });
        match renamed.await {
            Ok(()) => {}
            Err(_) if ctx.cancel.is_cancelled() => return Err(self.unfinished(Error::Cancelled).await),
            Err(error) => return Err(whole(error)),
        }
        Ok(match &self.replaced {
            Some(old) => old.drop_now(&session).await,
            None => None,
        })
    }

    /// The last statements.
    fn last(&self) -> Vec<String> {
        let (building, name) = (ident(&self.building), ident(&self.name));
        let mut sql: Vec<String> = self.replaced.iter().flat_map(Replaced::step_aside).collect();
        sql.push(format!("ALTER DATABASE {building} RENAME TO {name}"));
        let limit = self.database.connection_limit;
        if limit >= 0 {
            sql.push(format!("ALTER DATABASE {name} CONNECTION LIMIT = {limit}"));
        }
        if self.database.is_template {
            sql.push(format!("ALTER DATABASE {name} IS_TEMPLATE = true"));
        }
        if self.server.facts().pooler.is_some() {
            sql.push(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS = true"));
        }
        sql
    }

    /// Removes what was made, unless the user goes on after errors; says what remains.
    pub async fn unfinished(&self, source: Error) -> Error {
        let remains = match self.keep_going || self.remove().await.is_err() {
            true => Remains::Part,
            false => Remains::Nothing,
        };
        self.remaining(remains, source)
    }

    /// The error of a restore that left a database under the other name, or removed it.
    fn remaining(&self, remains: Remains, source: Error) -> Error {
        Error::Unfinished { database: self.building.clone(), remains, source: Box::new(source) }
    }

    /// A pooler keeps sessions after their clients have left. Nobody but this restore has any business in this database,
    /// and one with sessions cannot be renamed.
    async fn end_kept_sessions(&self, session: &Session) -> Result<(), Error> {
        if self.server.facts().pooler.is_none() {
            return Ok(());
        }
        // It would make new ones.
        let closed = format!("ALTER DATABASE {} ALLOW_CONNECTIONS = false", ident(&self.building));
        session.batch(&closed).await?;
        let sql = "RESET ROLE;
            SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a
            WHERE a.usename = session_user AND a.datname";
        let own_role = self.server.conninfo().own_role();
        Ok(session.batch(&format!("{sql} = {}; {own_role}", literal(&self.building))).await?)
    }

    async fn remove(&self) -> Result<(), Error> {
        let session = self.server.connect_another().await?;
        self.end_kept_sessions(&session).await?;
        // Sessions of this restore may still be at work; only older servers have to wait for them.
        let force = if session.version.at_least(13) { " WITH (FORCE)" } else { "" };
        Ok(session.batch(&format!("DROP DATABASE {}{force}", ident(&self.building))).await?)
    }
}

/// Waits for a session's answer, also when the user asks to stop: whoever stops waiting would not know whether it has come
/// to be. The statement is cancelled then.
async fn until_answered<T, E>(
    ctx: &Context,
    session: &Session,
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let stop = async {
        ctx.cancel.cancelled().await;
        let _ = session.cancel_handle().cancel().await;
        std::future::pending::<std::convert::Infallible>().await
    };
    tokio::select! {
        result = answer => result,
        never = stop => match never {},
    }
}

/// The name that a database has until it is whole.
fn building_name(name: &str) -> String {
    other_name(name, SUFFIX)
}

/// A name with an end, which is another than the name, and not too long.
pub(super) fn other_name(name: &str, suffix: &str) -> String {
    let mut end = name.len().min(NAME_MAX - suffix.len());
    while !name.is_char_boundary(end) || name[end..] == *suffix {
        end -= 1;
    }
    format!("{}{suffix}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::{NAME_MAX, building_name};

    #[test]
    fn the_other_name_is_another_and_not_too_long() {
        assert_eq!(building_name("app"), "app__restoring");
        assert_eq!(building_name(""), "__restoring");
        assert_eq!(building_name("app__restoring"), "app__restoring__restoring");
        for name in ["ä".repeat(31), "x".repeat(63), format!("{}__restoring", "x".repeat(52))] {
            let building = building_name(&name);
            assert!(building.len() <= NAME_MAX && building != name, "{building}");
            assert!(building.ends_with("__restoring"), "{building}");
        }
    }
}
