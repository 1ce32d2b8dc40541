//! What can stop a restore.

use thiserror::Error;

use super::obstacle::Obstacle;

/// Why a restore did not start, or stopped.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The server.
    #[error(transparent)]
    Server(#[from] crate::server::Error),
    /// The archive: not found, damaged, truncated.
    #[error(transparent)]
    Archive(#[from] crate::archive::Error),
    /// A statement was rejected.
    #[error("cannot restore {label}")]
    Statement {
        /// The entry.
        label: String,
        /// The statement.
        sql: String,
        /// What the server said.
        #[source]
        source: crate::server::Error,
    },
    /// Rows were rejected.
    #[error("cannot load {label}")]
    Load {
        /// The entry.
        label: String,
        /// What the server said.
        #[source]
        source: crate::server::Error,
    },
    /// Rows that come in one transaction: none of them are there.
    #[error("{source}")]
    Together {
        /// The entries.
        tables: Vec<String>,
        /// What went wrong.
        source: Box<Error>,
    },
    /// The frames of an archive contradict each other.
    #[error("the archive's rows of {label} are malformed: {reason}")]
    Rows {
        /// The entry.
        label: String,
        /// In which way.
        reason: String,
    },
    /// Names that the selection asks for and the archive does not have.
    #[error(transparent)]
    Selection(#[from] crate::selection::SelectionError),
    /// Names that the archive should call otherwise and does not have, or that cannot be one.
    #[error(transparent)]
    Mapping(#[from] crate::mapping::Error),
    /// A schema that should get another name is not made.
    #[error("schema \"{0}\" is not among what is restored, so it cannot get another name")]
    SchemaNotMade(String),
    /// A schema that should get another name, or one that has that name, is there.
    #[error("the target has a schema \"{0}\"")]
    SchemaThere(String),
    /// The target has objects already.
    #[error("the target database is not empty: it has {}", .0.join(", "))]
    NotEmpty(Vec<String>),
    /// Objects that are not in the archive hang on what would be dropped.
    #[error("other objects depend on what would be dropped")]
    Dependents(Vec<String>),
    /// Others use what would be dropped.
    #[error("cannot drop {label}: others use it")]
    InUse {
        /// The entry.
        label: String,
        /// Who is connected to the database.
        sessions: Vec<String>,
        /// What the server said.
        #[source]
        source: crate::server::Error,
    },
    /// What is dropped cannot be had again if the rest of a pipe is damaged.
    #[error(
        "-c cannot drop anything for an archive from a pipe: whether it is whole is known at its end only"
    )]
    CleanFromPipe,
    /// The target lacks what the archive needs.
    #[error("the target lacks what the archive needs: {}", .0.join("; "))]
    Lacks(Vec<String>),
    /// The database cannot be made.
    #[error(transparent)]
    Obstacle(#[from] Obstacle),
    /// The server refused to make the database.
    #[error("cannot create the database \"{database}\"")]
    CreateDatabase {
        /// Its name.
        database: String,
        /// The statement.
        sql: String,
        /// What the server said.
        #[source]
        source: crate::server::Error,
    },
    /// A database was made, and is not what it should be.
    #[error("{source}")]
    Unfinished {
        /// The name that it has.
        database: String,
        /// What is left of it.
        remains: Remains,
        /// Why.
        source: Box<Error>,
    },
    /// Something could not be restored, and all of it or nothing is wanted.
    #[error("not everything could be restored")]
    NotAll(Vec<super::Failure>),
    /// Roles that were missing had been made, and stay.
    #[error("{source}")]
    RolesStay {
        /// Their names.
        roles: Vec<String>,
        /// Why it stopped.
        source: Box<Error>,
    },
    /// The transaction of everything was undone.
    #[error("{0}")]
    RolledBack(Box<Error>),
    /// A session got no answer for too long.
    #[error("no sign of life from the server for {} s", .limit.as_secs_f64())]
    Stalled {
        /// How long.
        limit: std::time::Duration,
        /// Which session, with the server's process.
        session: String,
        /// What it was doing.
        doing: String,
    },
    /// Fewer or more rows arrived than the archive has.
    #[error("{label}: {arrived} row(s) arrived, the archive has {expected}")]
    Count {
        /// The entry.
        label: String,
        /// Rows that arrived.
        arrived: u64,
        /// Rows in the archive.
        expected: u64,
        /// The table was there before, and may have triggers.
        standing: bool,
    },
    /// Globals are wanted of an archive that has none.
    #[error("the archive has no globals: roles, memberships, tablespaces")]
    NoGlobals,
    /// Privileges that pgark does not understand.
    #[error("cannot compare privileges on parameters and tablespaces")]
    Acl(#[from] crate::object::acl::AclError),
    /// The target cannot be written.
    #[error("the target is read-only: {0}")]
    ReadOnly(&'static str),
    /// The user said no, or nobody could be asked.
    #[error("not confirmed")]
    NotConfirmed,
    /// The user stopped it.
    #[error("interrupted")]
    Cancelled,
    /// A part of the program ended without a word.
    #[error("a worker ended unexpectedly: {0}")]
    Worker(String),
}

/// What a restore that failed leaves of the database that it made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remains {
    /// It was removed.
    Nothing,
    /// It stays, with a part of what should be in it.
    Part,
    /// Everything arrived in it; what it lacks are its name and limits, which these statements give it.
    Whole(String),
}

impl Error {
    /// Nothing more can arrive after this, even when the restore keeps going.
    pub fn is_fatal(&self) -> bool {
        use crate::server::Class;
        match self {
            Self::Statement { source, .. } | Self::Load { source, .. } => {
                matches!(source.class(), Class::Lost | Class::Connect | Class::Internal)
            }
            Self::Count { .. } | Self::Rows { .. } => false,
            Self::Together { source, .. } => source.is_fatal(),
            _ => true,
        }
    }

    /// The server chose this session to end a deadlock: `deadlock_detected`.
    pub fn is_deadlock(&self) -> bool {
        matches!(self, Self::Statement { source, .. } if source.sqlstate() == Some("40P01"))
    }

    /// What a statement names does not exist: function, table, column, other object, schema.
    pub fn lacks_object(&self) -> bool {
        let Self::Statement { source, .. } = self else { return false };
        matches!(source.sqlstate(), Some("42883" | "42P01" | "42703" | "42704" | "3F000"))
    }

    /// Why, in one line: everything below the error, which itself only says what could not be restored. An error with
    /// nothing below it is its own reason.
    pub fn reason(&self) -> String {
        if let Self::Together { source, .. } = self {
            return match **source {
                // The table that it names need not be the one that is asked about.
                Self::Load { .. } => format!("{source}: {}", source.reason()),
                _ => source.reason(),
            };
        }
        let mut causes = Vec::new();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        if causes.is_empty() { self.to_string() } else { causes.join(": ") }
    }
}
