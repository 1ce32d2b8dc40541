//! What goes wrong between pgark and a server.

use std::fmt;

use tokio_postgres::error::{DbError, ErrorPosition};

use super::pooler::Pooler;
use super::tls::TlsFailure;
use super::{conninfo, row};

/// An error of this module.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The connection parameters cannot be used.
    #[error(transparent)]
    Conninfo(#[from] conninfo::Error),
    /// No address could be connected to.
    #[error("{}", lines(.0))]
    Connect(Vec<Attempt>),
    /// The server rejected a statement.
    #[error("{}{server}", prefix(.context))]
    Rejected {
        /// What the statement was for.
        context: String,
        /// The server's answer.
        server: Box<ServerError>,
        /// The statement was waiting for a lock.
        locking: bool,
    },
    /// The connection is gone.
    #[error("{}the connection to the server was lost: {cause}", prefix(.context))]
    Lost {
        /// What was going on.
        context: String,
        /// Why, as far as it is known.
        cause: String,
        /// The error by which the server took its leave.
        server: Option<Box<ServerError>>,
    },
    /// The server and pgark do not understand each other, or the session is used wrongly.
    #[error("{}{problem}", prefix(.context))]
    Protocol {
        /// What was going on.
        context: String,
        /// What is wrong.
        problem: String,
    },
    /// A row does not have the expected columns.
    #[error("{}{source}", prefix(.context))]
    Row {
        /// What was read.
        context: String,
        /// What is wrong.
        source: row::Error,
    },
}

/// How an error is to be treated; the command line makes its exit code of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The parameters are wrong.
    Usage,
    /// Cannot connect: name, network, timeout, too many connections. Trying again may help.
    Connect,
    /// Authentication, TLS or permission.
    Access,
    /// The server went away, or cancelled the work: shutdown, timeout, recovery conflict.
    Lost,
    /// The server rejected a statement.
    Rejected,
    /// A lock could not be had.
    Lock,
    /// The operation cannot be safe there.
    Refused,
    /// Anything else.
    Internal,
}

/// An error as the server reports it (documentation: "Error and Notice Message Fields").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerError {
    /// `ERROR`, `FATAL`, `PANIC`, perhaps translated.
    pub severity: String,
    /// SQLSTATE.
    pub code: String,
    /// Message.
    pub message: String,
    /// DETAIL.
    pub detail: Option<String>,
    /// HINT.
    pub hint: Option<String>,
    /// CONTEXT: where in functions, or in which line of a COPY.
    pub context: Option<String>,
    /// Character position in the statement, from 1.
    pub position: Option<u32>,
    /// The statement that the server made itself, if the error is in one.
    pub internal_query: Option<String>,
    /// Schema of the object.
    pub schema: Option<String>,
    /// Table.
    pub table: Option<String>,
    /// Column.
    pub column: Option<String>,
    /// Constraint.
    pub constraint: Option<String>,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (SQLSTATE {})", self.message, self.code)
    }
}

impl ServerError {
    /// The session cannot go on after this.
    pub(super) fn ends_session(error: &DbError) -> bool {
        use tokio_postgres::error::Severity::{Fatal, Panic};
        matches!(error.parsed_severity(), Some(Fatal | Panic))
    }

    fn is_fatal(&self) -> bool {
        matches!(self.severity.as_str(), "FATAL" | "PANIC")
    }
}

impl From<&DbError> for ServerError {
    fn from(error: &DbError) -> Self {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let (position, internal_query) = match error.position() {
            Some(ErrorPosition::Original(position)) => (Some(*position), None),
            Some(ErrorPosition::Internal { position, query }) => (Some(*position), Some(query.clone())),
            None => (None, None),
        };
        let severity = if Self::ends_session(error) { "FATAL" } else { error.severity() };
        Self {
            severity: severity.to_owned(),
            code: error.code().code().to_owned(),
            message: error.message().to_owned(),
            detail: own(error.detail()),
            hint: own(error.hint()),
            context: own(error.where_()),
            position,
            internal_query,
            schema: own(error.schema()),
            table: own(error.table()),
            column: own(error.column()),
            constraint: own(error.constraint()),
        }
    }
}

/// One failed attempt to connect to one address.
#[derive(Debug)]
pub struct Attempt {
    /// `server at "db1" (10.0.0.1), port 5432`, `server on socket "/tmp/.s.PGSQL.5432"`.
    pub target: String,
    /// Why it failed.
    pub failure: Failure,
}

/// Why an attempt to connect failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The name has no address.
    #[error("could not translate host name to address: {0}")]
    Resolve(std::io::Error),
    /// The network said no.
    #[error("{0}")]
    Network(std::io::Error),
    /// `connect_timeout` is over.
    #[error("timeout expired")]
    Timeout,
    /// TLS could not be agreed upon.
    #[error("{0}")]
    Tls(TlsFailure),
    /// The command that should print the password did not.
    #[error("password command {0}")]
    PasswordCommand(String),
    /// A pooler gives the session of this client to others, too.
    #[error("{0}")]
    Pooler(Pooler),
    /// The server wants a password and none is known.
    #[error("fe_sendauth: no password supplied")]
    NoPassword,
    /// The server and pgark have no authentication method in common.
    #[error("authentication: {0}")]
    Authentication(String),
    /// The server refused the session.
    #[error("{server}{}", from_file(.password_file))]
    Server {
        /// What it said.
        server: Box<ServerError>,
        /// The file that the refused password came from.
        password_file: Option<std::path::PathBuf>,
    },
    /// The session may not take on the role that it is to work as.
    #[error("{0}")]
    Role(Box<ServerError>),
    /// The server is not of the kind that `target_session_attrs` asks for.
    #[error("{0}")]
    WrongKind(&'static str),
    /// What answers there does not speak the protocol.
    #[error("{0}")]
    Protocol(String),
}

fn from_file(file: &Option<std::path::PathBuf>) -> String {
    file.as_ref()
        .map(|file| format!("; password retrieved from file \"{}\"", file.display()))
        .unwrap_or_default()
}

impl Failure {
    /// A problem with TLS of no particular kind.
    pub(super) fn tls(text: impl Into<String>) -> Self {
        Self::Tls(text.into().into())
    }

    /// Whether the next address may be better: network trouble, and a server that is starting up or shutting down.
    pub(super) fn try_next(&self) -> bool {
        match self {
            Self::Resolve(_) | Self::Network(_) | Self::Timeout | Self::WrongKind(_) => true,
            Self::Server { server, .. } => server.code == "57P03",
            Self::Tls(_)
            | Self::NoPassword
            | Self::PasswordCommand(_)
            | Self::Authentication(_)
            | Self::Role(_)
            | Self::Pooler(_)
            | Self::Protocol(_) => false,
        }
    }

    /// The server does not take the password. Some ways of authentication have no code of their own for that (PAM).
    pub(super) fn is_refused_password(&self) -> bool {
        matches!(self, Self::Server { server, .. } if matches!(server.code.as_str(), "28P01" | "28000"))
    }

    fn class(&self) -> Class {
        match self {
            Self::Resolve(_) | Self::Network(_) | Self::Timeout | Self::WrongKind(_) | Self::Protocol(_) => {
                Class::Connect
            }
            Self::Tls(_)
            | Self::NoPassword
            | Self::PasswordCommand(_)
            | Self::Authentication(_)
            | Self::Role(_) => Class::Access,
            Self::Pooler(_) => Class::Refused,
            Self::Server { server, .. } => match server.code.as_str() {
                // Wrong password, no entry in pg_hba.conf, no such database, not permitted to connect.
                code if code.starts_with("28") || code == "3D000" || code == "42501" => Class::Access,
                _ => Class::Connect,
            },
        }
    }
}

impl Error {
    /// Adds what was being done, before what is already said: `table public.orders`.
    #[must_use]
    pub fn context(mut self, what: impl fmt::Display) -> Self {
        if let Self::Rejected { context, .. }
        | Self::Lost { context, .. }
        | Self::Protocol { context, .. }
        | Self::Row { context, .. } = &mut self
        {
            *context = if context.is_empty() { what.to_string() } else { format!("{what}: {context}") };
        }
        self
    }

    /// Says that the statement was one that waits for a lock, so that its cancellation counts as "lock not obtained".
    #[must_use]
    pub fn while_locking(mut self) -> Self {
        if let Self::Rejected { locking, .. } = &mut self {
            *locking = true;
        }
        self
    }

    /// The server's own report, if there is one.
    pub fn server(&self) -> Option<&ServerError> {
        match self {
            Self::Rejected { server, .. } => Some(server),
            Self::Lost { server, .. } => server.as_deref(),
            Self::Connect(attempts) => match &attempts.last()?.failure {
                Failure::Server { server, .. } => Some(server),
                _ => None,
            },
            _ => None,
        }
    }

    /// SQLSTATE, if the server reported an error.
    pub fn sqlstate(&self) -> Option<&str> {
        self.server().map(|server| server.code.as_str())
    }

    /// A password is asked for and none was known: ask the user and try once again.
    pub fn needs_password(&self) -> bool {
        matches!(self, Self::Connect(attempts)
            if attempts.last().is_some_and(|a| matches!(a.failure, Failure::NoPassword)))
    }

    /// How this error is to be treated.
    pub fn class(&self) -> Class {
        match self {
            Self::Conninfo(_) => Class::Usage,
            Self::Connect(attempts) => {
                attempts.last().map_or(Class::Connect, |attempt| attempt.failure.class())
            }
            Self::Lost { .. } => Class::Lost,
            Self::Rejected { server, locking, .. } => match server.code.as_str() {
                "40P01" if server.message.contains("recovery") => Class::Lost,
                // Not available; deadlock.
                "55P03" | "40P01" => Class::Lock,
                "57014" if *locking => Class::Lock,
                // Cancelled; recovery conflict on a standby; ended by a timeout or by the administrator.
                "57014" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03" | "25P04" => Class::Lost,
                // What reads meets no serialization failure but a standby's recovery conflict.
                "40001" => Class::Lost,
                "42501" => Class::Access,
                code if code.starts_with("28") => Class::Access,
                code if code.starts_with("08") || server.is_fatal() => Class::Lost,
                _ => Class::Rejected,
            },
            Self::Protocol { .. } | Self::Row { .. } => Class::Internal,
        }
    }
}

fn prefix(context: &str) -> String {
    if context.is_empty() { String::new() } else { format!("{context}: ") }
}

fn lines(attempts: &[Attempt]) -> String {
    let lines = attempts.iter().map(|a| format!("connection to {} failed: {}", a.target, a.failure));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected(code: &str, severity: &str) -> Error {
        let server = ServerError { code: code.into(), severity: severity.into(), ..ServerError::default() };
        Error::Rejected { context: String::new(), server: Box::new(server), locking: false }
    }

    #[test]
    fn sqlstates_decide_the_class() {
        for (code, class) in [
            ("42601", Class::Rejected),
            ("23505", Class::Rejected),
            ("42501", Class::Access),
            ("55P03", Class::Lock),
            ("40P01", Class::Lock),
            ("57014", Class::Lost),
            ("57P01", Class::Lost),
            ("25P03", Class::Lost),
            ("08006", Class::Lost),
            ("40001", Class::Lost),
        ] {
            assert_eq!(rejected(code, "ERROR").class(), class, "{code}");
        }
        assert_eq!(rejected("XX000", "FATAL").class(), Class::Lost);
        assert_eq!(rejected("57014", "ERROR").while_locking().class(), Class::Lock);
    }

    #[test]
    fn a_failed_connection_has_the_class_of_its_last_attempt() {
        let server = |code: &str| Failure::Server {
            server: Box::new(ServerError { code: code.into(), ..ServerError::default() }),
            password_file: None,
        };
        for (failure, class, next) in [
            (Failure::Timeout, Class::Connect, true),
            (Failure::NoPassword, Class::Access, false),
            (Failure::tls(""), Class::Access, false),
            (Failure::PasswordCommand(String::new()), Class::Access, false),
            (server("28P01"), Class::Access, false),
            (server("3D000"), Class::Access, false),
            (server("53300"), Class::Connect, false),
            (server("57P03"), Class::Connect, true),
        ] {
            assert_eq!(failure.try_next(), next, "{failure:?}");
            let first = Attempt { target: "a".into(), failure: Failure::Timeout };
            let error = Error::Connect(vec![first, Attempt { target: "b".into(), failure }]);
            assert_eq!(error.class(), class, "{error}");
        }
    }

    #[test]
    fn texts_name_the_object_and_the_password_file() {
        let error = rejected("22012", "ERROR").context("row 3").context("table t");
        assert!(error.to_string().starts_with("table t: row 3: "), "{error}");
        let server = ServerError { message: "no".into(), code: "28P01".into(), ..ServerError::default() };
        let failure = Failure::Server { server: Box::new(server), password_file: Some("/p".into()) };
        assert_eq!(failure.to_string(), "no (SQLSTATE 28P01); password retrieved from file \"/p\"");
    }
}
