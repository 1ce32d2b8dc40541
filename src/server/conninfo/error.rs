//! Why connection parameters cannot be used.

/// Connection parameters that cannot be used. The texts are close to libpq's, so that people find them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A word without `=` in a keyword/value string.
    #[error("missing \"=\" after \"{0}\" in connection string (a value with spaces needs single quotes)")]
    MissingEquals(String),
    /// A quote that never ends.
    #[error("unterminated quoted string in connection string")]
    OpenQuote,
    /// A URI that cannot be read.
    #[error("invalid connection URI: {0}")]
    Uri(String),
    /// Percent-encoding that cannot be read.
    #[error("invalid percent-encoded text in connection URI: \"{0}\"")]
    Percent(String),
    /// A parameter that nobody knows.
    #[error("unknown connection parameter \"{key}\"{}", .nearest.map(|n| format!(", did you mean \"{n}\"?")).unwrap_or_default())]
    Unknown {
        /// As written.
        key: String,
        /// The known name that is nearest to it.
        nearest: Option<&'static str>,
    },
    /// A parameter that asks for a protection which pgark does not have. Ignoring it would weaken the connection.
    #[error("connection parameter \"{key}\" is not supported: {reason}")]
    Unsupported {
        /// The parameter.
        key: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// A value outside of what is allowed.
    #[error("invalid value for connection parameter \"{key}\": \"{value}\"")]
    Value {
        /// The parameter.
        key: &'static str,
        /// As written.
        value: String,
    },
    /// Lists of different lengths.
    #[error("could not match {found} {what} to {hosts} hosts")]
    Mismatch {
        /// "port numbers", "host addresses".
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many hosts there are.
        hosts: usize,
    },
    /// A mode that checks less than another parameter needs.
    #[error("weak sslmode \"{mode}\" may not be used with {with}")]
    WeakMode {
        /// `sslmode`.
        mode: &'static str,
        /// What it does not go with, and what does.
        with: &'static str,
    },
    /// A service that no file defines.
    #[error("definition of service \"{0}\" not found")]
    NoService(String),
    /// A service file that cannot be used.
    #[error("service file \"{}\"{}: {problem}", .path.display(), .line.map(|n| format!(", line {n}")).unwrap_or_default())]
    ServiceFile {
        /// The file.
        path: std::path::PathBuf,
        /// Line from 1.
        line: Option<usize>,
        /// What is wrong. Never a piece of the line.
        problem: String,
    },
    /// No user given and the operating system knows none.
    #[error("no user name given, and the name of the operating system's user cannot be found out")]
    NoUser,
}
