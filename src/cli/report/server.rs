//! Errors of the server and of the way to it.

use std::io::ErrorKind;

use pgark::server::{Attempt, Class, Conninfo, Error, Failure, ServerError};
use pgark::sql::ident;

use super::hint::{create_database, flags, psql};
use super::{Report, Scene, tls};
use crate::cli::connect::PasswordFrom;
use crate::cli::exit;

/// Exit code of a class.
const fn code(class: Class) -> u8 {
    match class {
        Class::Usage => exit::USAGE,
        Class::Connect => exit::CONNECT,
        Class::Access => exit::ACCESS,
        Class::Lost => exit::LOST,
        Class::Rejected => exit::REJECTED,
        Class::Lock => exit::LOCK,
        Class::Refused => exit::REFUSED,
        Class::Internal => exit::UNEXPECTED,
    }
}

impl Report {
    /// What the server said, or why it could not be asked.
    pub fn server(error: &Error, scene: &Scene<'_>) -> Self {
        let code = code(error.class());
        match error {
            Error::Conninfo(error) => Self::new(code, error).hint(
                "a connection is named like psql's: app, \"host=db1 dbname=app\", postgresql://db1/app",
            ),
            Error::Connect(attempts) => connect(attempts, code, scene),
            Error::Rejected { context, server, .. } => {
                let what = if context.is_empty() { "the server rejected a statement" } else { context };
                if is_recovery_conflict(server, scene) {
                    return recovery_conflict(server, context, scene);
                }
                Self::new(code, what).said(server).rejected(server, scene)
            }
            Error::Lost { context, server: Some(server), .. } if is_recovery_conflict(server, scene) => {
                recovery_conflict(server, context, scene)
            }
            Error::Lost { context, cause, server } => {
                let context = if context.is_empty() { String::new() } else { format!("{context}: ") };
                let report = Self::new(code, format!("{context}the connection to the server was lost"));
                let report = match server {
                    Some(server) => report.said(server),
                    None => report.cause(cause),
                };
                report.hint("see the server's log for the reason; then run again")
            }
            other => Self::unexpected(other),
        }
    }

    /// The server's words: message and SQLSTATE, DETAIL, CONTEXT, HINT.
    pub(super) fn said(mut self, server: &ServerError) -> Self {
        self = self.cause(server);
        if let Some(detail) = &server.detail {
            self = self.cause(format!("detail: {detail}"));
        }
        if let Some(context) = &server.context {
            self = self.place(context);
        }
        if let Some(hint) = &server.hint {
            self = self.hint(format!("the server says: {hint}"));
        }
        self
    }

    /// What to do about a statement that was rejected.
    pub(super) fn rejected(self, server: &ServerError, scene: &Scene<'_>) -> Self {
        let Some(conninfo) = scene.conninfo else { return self };
        let role = ident(conninfo.acting_role());
        match server.code.as_str() {
            "42501" if server.message.contains("row-level security") => {
                self.hint(format!("use a role that sees every row: ALTER ROLE {role} BYPASSRLS"))
            }
            "42501" if scene.command == "dump" => self.hint(format!(
                "let the role read everything: GRANT pg_read_all_data TO {role} (from PostgreSQL 14 on; \
                 before: GRANT SELECT on what the message names), or dump as a superuser with -U"
            )),
            "42501" => self.hint("restore as the owner of the database or as a superuser (-U), or leave out \
                owners and grants with -O -x"),
            "53100" => self.hint("the server's disk is full: make room there, then run again"),
            "53200" => self.hint("raise max_locks_per_transaction on the server if it ran out of shared memory"),
            "57014" => self.hint("somebody cancelled the statement at the server: run again"),
            // Sessions of a restore have an empty search_path, as pg_dump's have: an index, a constraint or a view may call a
            // function that counts on another.
            "42P01" | "42704" | "42883" if scene.command == "restore" && server.context.is_some() => self.hint(
                "a function names something without its schema: in the source, ALTER FUNCTION … SET search_path, or \
                 write the schema; then dump again (--keep-going restores everything else)",
            ),
            // A feature, a clause, a parameter of a newer server.
            "0A000" | "42601" | "22023" if scene.command == "restore" => {
                self.hint("the target may be older than the source: see the versions in the plan")
            }
            _ => self,
        }
    }
}

/// A standby has to apply what the primary sends, and ended us since we were in the way. The server's texts may be
/// translated, its codes are not.
fn is_recovery_conflict(server: &ServerError, scene: &Scene<'_>) -> bool {
    match server.code.as_str() {
        "40001" => scene.command == "dump",
        "40P01" => server.message.contains("recovery"),
        _ => false,
    }
}

/// With its three remedies (documentation: "Handling Query Conflicts").
fn recovery_conflict(server: &ServerError, context: &str, scene: &Scene<'_>) -> Report {
    let report = Report::new(
        exit::LOST,
        format!("the standby cancelled the {}: conflict with recovery", scene.command),
    );
    let report = if context.is_empty() { report } else { report.place(context) };
    report
        .said(&ServerError { hint: None, ..server.clone() })
        .hint("dump from the primary: name its host")
        .hint(
            "or let the standby wait: a larger max_standby_streaming_delay there (-1: as long as the dump takes); \
             its replay then lags",
        )
        .hint(
            "or have the primary keep what the standby still reads: hot_standby_feedback = on at the standby; it does \
             not help against locks (DDL, VACUUM that truncates: vacuum_truncate = off)",
        )
        .hint("--retries 2 begins again by itself, with a new snapshot and a new file")
}

fn connect(attempts: &[Attempt], code: u8, scene: &Scene<'_>) -> Report {
    let what = match scene.conninfo {
        Some(conninfo) => format!("cannot connect to {}", conninfo.redacted()),
        None => "cannot connect".to_owned(),
    };
    let mut report = Report::new(code, what);
    for attempt in attempts {
        report = report.cause(format!("connection to {} failed: {}", attempt.target, attempt.failure));
    }
    let (Some(Attempt { target, failure }), Some(conninfo)) = (attempts.last(), scene.conninfo) else {
        return report;
    };
    // The same address was tried before, with TLS or without.
    let before: Vec<&Failure> = attempts[..attempts.len() - 1]
        .iter()
        .filter(|attempt| attempt.target == *target)
        .map(|attempt| &attempt.failure)
        .collect();
    let remedies: Vec<String> =
        before.iter().filter_map(|failure| tls::remedy_before(failure, conninfo)).collect();
    let in_clear = matches!(failure, Failure::Server { server, .. } if tls::is_refused_in_clear(server));
    if in_clear && !remedies.is_empty() {
        return remedies.into_iter().fold(report, Report::hint);
    }
    match failure {
        Failure::Server { server, password_file } => {
            for (name, text) in [("detail", &server.detail), ("the server says", &server.hint)] {
                report = match text {
                    Some(text) => report.cause(format!("{name}: {text}")),
                    None => report,
                };
            }
            refused(report, server, password_file.is_some(), conninfo, scene)
        }
        Failure::Resolve(_) => report.hint("check the host name given with -h, in the URI or in PGHOST"),
        Failure::Network(error) => network(report, error, conninfo),
        Failure::Timeout => {
            report.hint(format!("is a firewall in between? try: pg_isready {}", flags(conninfo)))
        }
        Failure::Tls(tls) => report.hint(tls::remedy(tls.problem, conninfo)),
        Failure::PasswordCommand(_) => report.hint(
            "run the command in a shell: it must end with exit code 0, and its first line of output is the password",
        ),
        Failure::Pooler(pooler) => report.hint(tls::around(pooler, conninfo)),
        Failure::NoPassword => {
            report.hint("give the password with -W, in PGPASSWORD, or in ~/.pgpass (mode 600)")
        }
        Failure::Role(server) => {
            let (user, role) = (ident(&conninfo.user), ident(conninfo.acting_role()));
            match server.code.as_str() {
                "42501" => report.hint(format!("let it be taken on: GRANT {role} TO {user}")),
                _ => report.hint("name a role that is there with --role"),
            }
        }
        Failure::WrongKind(_) => report.hint("name a server of the kind that target_session_attrs asks for"),
        _ => report,
    }
}

fn network(report: Report, error: &std::io::Error, conninfo: &Conninfo) -> Report {
    let socket = conninfo.hosts.first().is_some_and(|host| host.socket().is_some());
    match error.kind() {
        ErrorKind::NotFound if socket => report.hint(format!(
            "no server listens on this socket: name the host with -h (and the port with -p), or try: \
             pg_isready {}",
            flags(conninfo)
        )),
        _ => {
            report.hint(format!("does the server run and listen there? try: pg_isready {}", flags(conninfo)))
        }
    }
}

/// The server answered and does not want us.
fn refused(
    mut report: Report,
    server: &ServerError,
    from_file: bool,
    conninfo: &Conninfo,
    scene: &Scene<'_>,
) -> Report {
    let dbname = &conninfo.dbname;
    if let Some(hint) = tls::wanted(server, conninfo) {
        report = report.hint(hint);
        // Who speaks TLS may find a line in pg_hba.conf.
        if tls::is_refused_in_clear(server) {
            return report;
        }
    }
    match server.code.as_str() {
        "28P01" => {
            let report = match scene.password_from {
                // The failure itself names the file.
                _ if from_file => report.hint(
                    "correct the line of the password file: host:port:database:user:password, first match wins",
                ),
                PasswordFrom::Prompt => report.place("password as typed"),
                PasswordFrom::Environment => report.place("password from PGPASSWORD"),
                PasswordFrom::Command => report.place("password from --password-command"),
                PasswordFrom::Elsewhere => report.place("password from the connection string"),
            };
            report.hint(format!("try: {}", psql(conninfo, dbname, "")))
        }
        // The server words it so for `peer`: the operating system's user is asked for.
        "28000" if server.message.contains("Peer authentication") => report.hint(format!(
            "run as the system's user of that name: sudo -u {} pgark {} …; or connect with a password: -h localhost",
            super::hint::shell(&conninfo.user),
            scene.command
        )),
        "28000" if server.message.contains("pg_hba.conf") => report.hint(format!(
            "the server has no rule for this client: its pg_hba.conf needs a line for database {}, user {}",
            ident(dbname),
            ident(&conninfo.user)
        )),
        "28000" if tls::wanted(server, conninfo).is_some() => report,
        "28000" => report.hint("name a role that may log in with -U"),
        "3D000" if scene.creates => {
            report.hint("with -C, -d names a database that exists, to connect to first: -d postgres")
        }
        "3D000" if scene.command == "restore" => {
            report.hint(format!("make it first: {}", create_database(scene, conninfo, dbname)))
        }
        "3D000" => report.hint(format!("see which there are: psql {} -l", flags(conninfo))),
        "42501" => report.hint(format!(
            "GRANT CONNECT ON DATABASE {} TO {}",
            ident(dbname),
            ident(&conninfo.user)
        )),
        "53300" => report.hint("the server has no free connection: run again later"),
        "57P03" => report.hint("the server is starting up or shutting down: run again later"),
        _ => report,
    }
}
