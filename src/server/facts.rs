//! What a server says about itself.

use super::{Error, Pooler, Session};
use crate::version::Version;

/// Facts about the server, asked for once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// `server_version_num`.
    pub version: Version,
    /// `server_version` as the server words it: `16.4 (Debian 16.4-1)`.
    pub version_text: String,
    /// The database's encoding.
    pub encoding: String,
    /// The server is a standby.
    pub in_recovery: bool,
    /// Transactions cannot write, as things are.
    pub read_only: bool,
    /// The acting role is a superuser.
    pub superuser: bool,
    /// `system_identifier` of the cluster, where the role may see it.
    pub system_identifier: Option<String>,
    /// The process of the first session as `pg_backend_pid()` says.
    pub backend_pid: i32,
    /// What is between us and the server, as far as it can be told.
    pub pooler: Option<Pooler>,
}

impl Facts {
    /// Asks, and tells the session its server's version, its role's rank and its process.
    pub(super) async fn ask(session: &mut Session) -> Result<Self, Error> {
        let row = session
            .texts(
                "SELECT pg_catalog.current_setting('server_version_num'), \
                 pg_catalog.current_setting('server_version'), \
                 pg_catalog.current_setting('server_encoding'), \
                 pg_catalog.pg_is_in_recovery(), \
                 pg_catalog.current_setting('transaction_read_only'), \
                 pg_catalog.current_setting('is_superuser'), \
                 pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute'), \
                 pg_catalog.pg_backend_pid()",
            )
            .await?;
        let mut row = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || row.next().unwrap_or_default();
        let num = next();
        let version = num.parse().map(Version::from_num).map_err(|_| Error::Protocol {
            context: String::new(),
            problem: format!("the server's version \"{num}\" is not a number"),
        })?;
        let mut facts = Self {
            version,
            version_text: next(),
            encoding: next(),
            in_recovery: next() == "t",
            read_only: next() == "on",
            superuser: next() == "on",
            system_identifier: None,
            backend_pid: 0,
            pooler: None,
        };
        let may_identify = next() == "t";
        facts.backend_pid = next().parse().unwrap_or_default();
        if may_identify {
            let row = session.texts("SELECT system_identifier FROM pg_catalog.pg_control_system()").await?;
            facts.system_identifier = row.into_iter().next().flatten();
        }
        session.version = version;
        session.superuser = facts.superuser;
        session.backend_pid = facts.backend_pid;
        Ok(facts)
    }
}
