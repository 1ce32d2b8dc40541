//! What stands in the way of making a database: asked before the first write.

use serde::Deserialize;
use thiserror::Error;

use super::create::NewDatabase;
use super::error::Error as RestoreError;
use super::plan::Needs;
use super::replace::Replaced;
use super::target::Target;
use crate::manifest::Database;
use crate::server::Session;
use crate::sql::{ident, literal};

/// Why a database is not made; known before the first write.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// There is one of that name.
    #[error("the database \"{0}\" exists already")]
    Exists(String),
    /// There is one of the name that it would have until it is whole. It is not removed unasked: somebody may be at
    /// work on it.
    #[error("the database \"{database}\" exists: another restore is running, or one was interrupted")]
    Leftover {
        /// The name.
        database: String,
        /// Sessions on it.
        sessions: i64,
    },
    /// The restore is connected to the database that it would replace.
    #[error("the database \"{0}\" is the one that is connected to, and cannot be replaced from there")]
    Current(String),
    /// The role does not own the database that would be replaced.
    #[error("only its owner or a superuser may replace the database \"{0}\"")]
    MayNotReplace(String),
    /// There is one of the name that the old database would have before it is dropped.
    #[error("the database \"{aside}\" exists: what an earlier restore replaced could not be dropped")]
    Aside {
        /// The name that is wanted.
        database: String,
        /// What is in the way.
        aside: String,
    },
    /// The server would not drop the old database.
    #[error("the database \"{database}\" cannot be replaced: it has {}", .by.join(", "))]
    Held {
        /// The name.
        database: String,
        /// Slots, subscriptions, prepared transactions.
        by: Vec<String>,
    },
    /// Others are connected to the database that would be replaced.
    #[error("the database \"{database}\" cannot be replaced: {} other session(s) on it", .sessions.len())]
    InUse {
        /// The name.
        database: String,
        /// Who they are.
        sessions: Vec<String>,
    },
    /// The role may not end others' sessions.
    #[error("this role may not end {} session(s) on the database \"{database}\"", .sessions.len())]
    MayNotEnd {
        /// The name.
        database: String,
        /// Who they are.
        sessions: Vec<String>,
    },
    /// The role is neither superuser nor CREATEDB.
    #[error("role \"{0}\" may not create databases")]
    MayNotCreate(String),
    /// The role cannot give a database to its owner.
    #[error("role \"{role}\" may not make \"{owner}\" the owner of a database")]
    MayNotGive {
        /// The restoring role.
        role: String,
        /// The owner in the source.
        owner: String,
    },
}

#[derive(Deserialize)]
struct Facts {
    role: String,
    may_create: bool,
    #[serde(default)]
    may_give: Option<bool>,
    exists: bool,
    building: bool,
    sessions: i64,
}

impl NewDatabase {
    /// Adds what the database itself needs of the server.
    pub fn add_needs(&self, needs: &mut Needs) {
        let database = &self.database;
        let label = || format!("database {}", ident(&self.name));
        if !self.omit.owner {
            needs.roles.entry(database.owner.clone()).or_insert_with(label);
        }
        if !self.omit.privileges {
            for role in self.acl.iter().flat_map(|acl| acl.sql.roles().chain(&acl.grantor)) {
                needs.roles.entry(role.clone()).or_insert_with(label);
            }
        }
        if !matches!(database.tablespace.as_str(), "" | "pg_default") {
            needs.tablespaces.entry(database.tablespace.clone()).or_insert_with(label);
        }
        if !self.omit.labels {
            for one in &database.labels {
                needs.label_providers.entry(one.provider.clone()).or_insert_with(label);
            }
        }
    }

    /// What the server lacks of the locale, one line each. It is asked with `lc_monetary`, which anybody may set to any
    /// locale that there is; what ICU knows shows itself only when the database is made.
    ///
    /// # Errors
    /// A lost connection.
    pub async fn lacks(&self, session: &Session) -> Result<Vec<String>, RestoreError> {
        const WAY_OUT: &str = "--target-locale takes the server's own";
        let mut lines = Vec::new();
        if self.options.target_locale {
            return Ok(lines);
        }
        if let Some((major, what)) =
            self.database.locale_needs().filter(|(major, _)| *major > session.version.major())
        {
            lines.push(format!("PostgreSQL {major} or newer ({what}; {WAY_OUT})"));
        }
        let Database { collate, ctype, .. } = &self.database;
        let both = [("LC_COLLATE", collate), ("LC_CTYPE", ctype)];
        for (category, locale) in both.into_iter().take(if collate == ctype { 1 } else { 2 }) {
            let sql = format!("BEGIN; SET LOCAL lc_monetary = {}; ROLLBACK", literal(locale));
            if let Err(error) = session.batch(&sql).await {
                session.batch("ROLLBACK").await?;
                if error.sqlstate() == Some("22023") {
                    lines.push(format!("locale \"{locale}\" ({category} of the database; {WAY_OUT})"));
                }
            }
        }
        Ok(lines)
    }

    /// The database that it replaces, if there is one and that is wanted. `Err` inside: what stands in the way of making it.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn way(
        &self,
        session: &Session,
        found: &Target,
    ) -> Result<Result<Option<Replaced>, Obstacle>, RestoreError> {
        // A member may only give what it can take the role's place in.
        let membership = if session.version.at_least(16) { "SET" } else { "MEMBER" };
        let (name, building, owner) =
            (literal(&self.name), literal(&self.building), literal(&self.database.owner));
        let rows: Vec<Facts> = session
            .fetch(&format!(
                "select current_user::text as role, r.rolsuper or r.rolcreatedb as may_create,
                    (select pg_has_role(o.oid, '{membership}') from pg_roles o where o.rolname = {owner}) as may_give,
                    exists (select 1 from pg_database d where d.datname = {name}) as exists,
                    exists (select 1 from pg_database d where d.datname = {building}) as building,
                    (select count(*) from pg_stat_activity a where a.datname = {building}) as sessions
                from pg_roles r where r.rolname = current_user"
            ))
            .await?;
        let Some(facts) = rows.into_iter().next() else { return Ok(Ok(None)) };
        let owner = &self.database.owner;
        let replaced = match (facts.exists, self.clean) {
            (false, _) => None,
            (true, false) => return Ok(Err(Obstacle::Exists(self.name.clone()))),
            (true, true) => match Replaced::read(session, &self.name, self.terminate).await? {
                Ok(old) => Some(old),
                Err(obstacle) => return Ok(Err(obstacle)),
            },
        };
        Ok(if facts.building {
            Err(Obstacle::Leftover { database: self.building.clone(), sessions: facts.sessions })
        } else if !facts.may_create {
            Err(Obstacle::MayNotCreate(facts.role))
        } else if !self.omit.owner && found.roles.contains(owner) && facts.may_give == Some(false) {
            Err(Obstacle::MayNotGive { role: facts.role, owner: owner.clone() })
        } else {
            Ok(replaced)
        })
    }
}
