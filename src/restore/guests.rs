//! Other people's sessions on a database: who they are, and how they are ended.

use std::time::Duration;

use serde::Deserialize;

use super::error::Error;
use crate::server::Session;
use crate::sql::literal;

/// How long after one look the next one follows, while sessions are being ended: new ones may come.
const PAUSE: Duration = Duration::from_millis(100);

/// A session of somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Guest {
    pid: i32,
    role: String,
    application: String,
    /// This role may end it.
    pub endable: bool,
}

/// Whatever keeps a database from being renamed. Workers of a query go with it, those of autovacuum by themselves.
const IS_GUEST: &str = "a.pid <> pg_catalog.pg_backend_pid()
    and a.backend_type not in ('autovacuum worker', 'parallel worker')";

impl Guest {
    /// Those on a database.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn read(session: &Session, database: &str) -> Result<Vec<Self>, crate::server::Error> {
        Self::read_on(session, &literal(database)).await
    }

    /// Those on the database of the session.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn read_here(session: &Session) -> Result<Vec<Self>, crate::server::Error> {
        Self::read_on(session, "current_database()").await
    }

    async fn read_on(session: &Session, database: &str) -> Result<Vec<Self>, crate::server::Error> {
        // documentation: pg_terminate_backend
        let sql = format!(
            "select a.pid, coalesce(a.usename::text, a.backend_type) as role,
                coalesce(a.application_name, '') as application,
                me.rolsuper or not coalesce(o.rolsuper, true) and (pg_catalog.pg_has_role(o.oid, 'USAGE')
                    or pg_catalog.pg_has_role('pg_signal_backend', 'USAGE')) as endable
            from pg_catalog.pg_stat_activity a left join pg_catalog.pg_roles o on o.oid = a.usesysid
                join pg_catalog.pg_roles me on me.rolname = current_user
            where a.datname = {database} and {IS_GUEST} order by a.pid"
        );
        session.fetch(&sql).await
    }

    /// How messages name it: `pid 4711, role app (psql)`.
    pub fn words(&self) -> String {
        match self.application.as_str() {
            "" => format!("pid {}, role {}", self.pid, self.role),
            application => format!("pid {}, role {} ({application})", self.pid, self.role),
        }
    }
}

/// Does something that waits until nobody else is on a database, while `session`, another one, ends whoever is. The
/// processes `ours` stay.
///
/// # Errors
/// Those of the work; the server's, for who may not be ended.
pub async fn ending_guests<T>(
    session: &Session,
    database: &str,
    ours: &[i32],
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let sql = format!(
        "SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a
        WHERE a.datname = {} AND {IS_GUEST} AND a.pid <> ALL ('{{{}}}')",
        literal(database),
        ours.iter().map(i32::to_string).collect::<Vec<_>>().join(",")
    );
    let ending = async {
        loop {
            if let Err(error) = session.batch(&sql).await {
                return Error::from(error);
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::select! {
        done = work => done,
        error = ending => Err(error),
    }
}
