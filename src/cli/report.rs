//! Errors as the user reads them.

use std::error::Error as _;
use std::fmt;
use std::path::Path;

use pgark::event::Meter;
use pgark::server::{self, Class, Conninfo};
use pgark::{archive, dump, restore, verify};

use super::connect::PasswordFrom;
use super::exit;
use super::stdio::visible;

/// What went wrong: `error:`, then `cause:`, `where:`, `hint:` lines as they apply.
#[derive(Debug)]
pub struct Report {
    /// Exit code.
    pub code: u8,
    what: String,
    lines: Vec<(&'static str, String)>,
}

/// What the command was about, for messages and hints.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scene<'a> {
    /// The server.
    pub conninfo: Option<&'a Conninfo>,
    /// Where the password came from.
    pub password_from: PasswordFrom,
    /// The archive.
    pub archive: Option<&'a Path>,
}

impl Report {
    /// A report without details.
    pub fn new(code: u8, what: impl fmt::Display) -> Self {
        Self { code, what: what.to_string(), lines: Vec::new() }
    }

    /// Adds why.
    #[must_use]
    pub fn cause(self, text: impl fmt::Display) -> Self {
        self.line("cause", text)
    }

    /// Adds where.
    #[must_use]
    pub fn place(self, text: impl fmt::Display) -> Self {
        self.line("where", text)
    }

    /// Adds what to do now.
    #[must_use]
    pub fn hint(self, text: impl fmt::Display) -> Self {
        self.line("hint", text)
    }

    fn line(mut self, label: &'static str, text: impl fmt::Display) -> Self {
        self.lines.push((label, text.to_string()));
        self
    }

    pub fn unexpected(what: impl fmt::Display) -> Self {
        Self::new(exit::UNEXPECTED, what).hint("this is a mistake in pgark: please report it")
    }

    pub fn interrupted() -> Self {
        Self::new(exit::SIGNAL + 2, "interrupted")
    }

    pub fn no_prompt(error: &std::io::Error) -> Self {
        Self::new(exit::ACCESS, "cannot ask for the password").cause(error)
    }

    pub fn dump(error: &dump::Error, scene: &Scene<'_>) -> Self {
        use dump::Error as E;
        match error {
            E::Server(error) => Self::server(error, scene),
            E::Archive(error) => Self::archive(error, scene),
            E::Cancelled => Self::interrupted(),
            E::Unsupported(_) => Self::new(exit::REFUSED, error),
            E::RowSecurity(_) => Self::new(exit::ACCESS, error),
            E::Lock { .. } => Self::new(exit::LOCK, error),
            other => with_sources(Self::unexpected(other), other),
        }
    }

    pub fn restore(error: &restore::Error, scene: &Scene<'_>, _: &Meter) -> Self {
        use restore::Error as E;
        match error {
            E::Server(error) => Self::server(error, scene),
            E::Archive(error) => Self::archive(error, scene),
            E::Statement { source, .. } | E::Load { source, .. } => {
                let inner = Self::server(source, scene);
                Self { what: error.to_string(), ..inner }.cause(source)
            }
            E::Cancelled => Self::interrupted(),
            E::NotEmpty(_) | E::Lacks(_) | E::ReadOnly(_) | E::NotConfirmed => {
                Self::new(exit::REFUSED, error)
            }
            other => with_sources(Self::unexpected(other), other),
        }
    }

    pub fn verify(error: &verify::Error, scene: &Scene<'_>) -> Self {
        match error {
            verify::Error::Archive(error) => Self::archive(error, scene),
            verify::Error::Failed(failure) => Self::new(exit::ARCHIVE, failure),
            verify::Error::Cancelled => Self::interrupted(),
        }
    }

    pub fn archive(error: &archive::Error, scene: &Scene<'_>) -> Self {
        use archive::{Error as E, StoreError};
        let code = match error {
            E::Store(StoreError::NotFound { .. }) => exit::NOT_FOUND,
            E::Store(StoreError::Exists { .. }) => exit::REFUSED,
            E::Store(_) | E::Io { .. } => exit::IO,
            E::Refused { .. } | E::Encode { .. } => exit::UNEXPECTED,
            _ => exit::ARCHIVE,
        };
        let what = match scene.archive {
            Some(path) if !matches!(error, E::Store(_)) => format!("{}: {error}", path.display()),
            _ => error.to_string(),
        };
        with_sources(Self::new(code, what), error)
    }

    pub fn server(error: &server::Error, _: &Scene<'_>) -> Self {
        let code = match error.class() {
            Class::Usage => exit::USAGE,
            Class::Connect => exit::CONNECT,
            Class::Access => exit::ACCESS,
            Class::Lost => exit::LOST,
            Class::Rejected => exit::REJECTED,
            Class::Lock => exit::LOCK,
            Class::Internal => exit::UNEXPECTED,
        };
        Self::new(code, error)
    }
}

fn with_sources(mut report: Report, error: &dyn std::error::Error) -> Report {
    let mut source = error.source();
    while let Some(cause) = source {
        report = report.cause(cause);
        source = cause.source();
    }
    report
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", visible(&self.what))?;
        for (label, text) in &self.lines {
            writeln!(f, "  {:<6} {}", format!("{label}:"), visible(text))?;
        }
        Ok(())
    }
}
