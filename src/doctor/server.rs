//! The server itself: its version, what is between it and us, the settings that role and database have for sessions.

use serde::Deserialize;

use super::{Concerns, Finding, Level};
use crate::server::{Conninfo, Error, Facts, Session};
use crate::version::{MAJOR_MAX, MAJOR_MIN};

#[derive(Deserialize)]
struct Setting {
    name: String,
    value: String,
    whose: String,
}

/// What role and database set, and what would end long work. The last one of a name is in force.
const TIMEOUTS: &str = "
select split_part(item, '=', 1) as name, split_part(item, '=', 2) as value,
    case when s.setrole = 0 then 'database ' || quote_ident(current_database())
        when s.setdatabase = 0 then 'role ' || quote_ident(session_user)
        else 'role ' || quote_ident(session_user) || ' in this database' end as whose
from pg_db_role_setting s, unnest(s.setconfig) item
where s.setdatabase in (0, (select d.oid from pg_database d where d.datname = current_database()))
  and s.setrole in (0, (select r.oid from pg_roles r where r.rolname = session_user))
  and split_part(item, '=', 1) in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
    'idle_session_timeout', 'transaction_timeout')
  and split_part(item, '=', 2) !~ '^0[a-z]*$'
order by 1, s.setrole <> 0, s.setdatabase <> 0";

/// Version, pooler, timeouts.
pub async fn check(session: &Session, facts: &Facts, conninfo: &Conninfo) -> Result<Vec<Finding>, Error> {
    let mut findings = reached(facts, conninfo);
    let timeouts: Vec<Setting> = session.fetch(TIMEOUTS).await?;
    findings.push(match timeouts.is_empty() {
        true => Finding::ok("timeouts", "none is set for the role or the database"),
        false => Finding::ok("timeouts", "set for others; pgark switches them off in its own sessions")
            .items(
                timeouts.iter().map(|set| format!("{} = {} ({})", set.name, set.value, set.whose)).collect(),
            ),
    });
    Ok(findings)
}

/// What is known as soon as there is a session.
pub fn reached(facts: &Facts, conninfo: &Conninfo) -> Vec<Finding> {
    vec![version(facts), pooler(facts, conninfo)]
}

fn version(facts: &Facts) -> Finding {
    let major = facts.version.major();
    let what = format!("PostgreSQL {}", facts.version_text);
    if major < MAJOR_MIN {
        return Finding::new("version", Level::Blocks, Concerns::Both, format!("{what} is too old"))
            .remedy("dump it with the pg_dump of its own version");
    }
    if major > MAJOR_MAX {
        return Finding::new(
            "version",
            Level::Warning,
            Concerns::Both,
            format!("{what} is newer than any this pgark knows: a dump fails if it holds what is unknown"),
        )
        .remedy("use a newer pgark");
    }
    Finding::ok("version", what)
}

/// What was found out, or else what the connection string says.
fn pooler(facts: &Facts, conninfo: &Conninfo) -> Finding {
    if let Some(pooler) = &facts.pooler {
        if !pooler.is_in_the_way() {
            let what = format!("{pooler}: dumps and restores can go through it");
            return Finding::ok("pooler", what);
        }
        let remedy = match &pooler.server {
            Some((Some(address), port)) => {
                format!("name the server itself; the pooler reaches it at -h {address} -p {port}")
            }
            _ => "name the server's own host and port".to_owned(),
        };
        return Finding::new("pooler", Level::Blocks, Concerns::Both, pooler.to_string())
            .remedy(format!("{remedy}; or pool_mode = session for this database"));
    }
    match conninfo.pooler {
        true => Finding::new(
            "pooler",
            Level::Warning,
            Concerns::Both,
            "the connection string says that a pooler is in between",
        )
        .remedy("name the server's own host and port"),
        false => Finding::ok("pooler", "none is in between"),
    }
}
