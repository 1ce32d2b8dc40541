//! Errors of `restore -C`: what stands in the way of a database, and what is left of one.

use pgark::restore::{Obstacle, Remains};
use pgark::sql::ident;

use super::hint::psql;
use super::{Report, Scene};
use crate::cli::exit;

/// Sessions that are named; of more than that only the number is.
const SESSIONS_SHOWN: usize = 10;

impl Report {
    /// A database that is not made.
    pub fn obstacle(obstacle: &Obstacle, scene: &Scene<'_>) -> Self {
        let report = Self::new(exit::REFUSED, obstacle);
        match obstacle {
            Obstacle::Exists(name) => {
                let sql =
                    format!("ALTER DATABASE {} RENAME TO {}", ident(name), ident(&format!("{name}_old")));
                report.hint(format!("give that one another name first: {}", statement(scene, &sql))).hint(
                    "or replace it: -c -C makes the new one beside it, and drops the old one when the new one is whole",
                )
            }
            Obstacle::Current(_) => report.hint("name another database to connect to: -d postgres"),
            Obstacle::MayNotReplace(_) => {
                Self { code: exit::ACCESS, ..report }.hint("connect as a superuser or as its owner: -U")
            }
            Obstacle::Aside { aside, .. } => {
                let sql = format!("DROP DATABASE {}", ident(aside));
                report.hint(format!("remove it: {}", statement(scene, &sql)))
            }
            Obstacle::Held { .. } => report.hint("drop them in that database first"),
            Obstacle::InUse { sessions, .. } => of_each(report, sessions).hint(
                "--terminate-connections ends them when the new database is whole, or let them disconnect",
            ),
            Obstacle::MayNotEnd { sessions, .. } => of_each(Self { code: exit::ACCESS, ..report }, sessions)
                .hint("connect as a superuser, or GRANT pg_signal_backend to the role"),
            Obstacle::Leftover { database, sessions } => {
                let report = match sessions {
                    0 => report.cause("nobody is at work on it"),
                    sessions => report.cause(format!("sessions on it: {sessions}")),
                };
                let sql = format!("DROP DATABASE {}", ident(database));
                report.hint(format!("if no other restore is running, remove it: {}", statement(scene, &sql)))
            }
            Obstacle::MayNotCreate(role) => Self { code: exit::ACCESS, ..report }.hint(format!(
                "connect as a role that may (-U postgres), or ALTER ROLE {} CREATEDB",
                ident(role)
            )),
            Obstacle::MayNotGive { role, owner } => Self { code: exit::ACCESS, ..report }.hint(format!(
                "connect as a superuser (-U postgres), GRANT {} TO {}, or leave out owners: -O",
                ident(owner),
                ident(role)
            )),
            _ => report,
        }
    }

    /// What is left of the database, and what to do with it.
    pub fn remaining(self, remains: &Remains, database: &str, scene: &Scene<'_>) -> Self {
        let building = ident(database);
        match remains {
            Remains::Nothing => {
                self.place(format!("the unfinished database {building} was removed; the server is as before"))
            }
            Remains::Part => self
                .place(format!("the unfinished database {building} stays"))
                .hint(format!("remove it: {}", statement(scene, &format!("DROP DATABASE {building}")))),
            Remains::Whole(sql) => self
                .place(format!("everything arrived in the database {building}"))
                .hint(format!("give it its name: {}", statement(scene, sql))),
        }
    }
}

/// One line for each of the first sessions.
fn of_each(report: Report, sessions: &[String]) -> Report {
    let mut report = sessions.iter().take(SESSIONS_SHOWN).fold(report, Report::cause);
    if sessions.len() > SESSIONS_SHOWN {
        report = report.cause(format!("and {} more", sessions.len() - SESSIONS_SHOWN));
    }
    report
}

/// A command that runs a statement where the restore was connected to.
fn statement(scene: &Scene<'_>, sql: &str) -> String {
    match scene.conninfo {
        Some(conninfo) => psql(conninfo, &conninfo.dbname, sql),
        None => sql.to_owned(),
    }
}
