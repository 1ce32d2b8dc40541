//! Why TLS could not be agreed upon.

use std::fmt;

/// What is wrong; decides what the user can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsProblem {
    /// The server has no TLS, or something in between says so.
    NotOffered,
    /// There are no root certificates to check the server's with.
    NoRoots,
    /// Nobody who is trusted has signed the server's certificate.
    UnknownIssuer,
    /// The server's certificate is for other hosts.
    WrongName,
    /// The server's certificate is not valid any more, or not yet.
    Expired,
    /// The server's certificate is revoked, or nobody can say.
    Revoked,
    /// The server does not accept the client's certificate, or misses one.
    ClientCertificate,
    /// Anything else.
    Other,
}

/// A problem with TLS, in words.
#[derive(Clone, Debug)]
pub struct TlsFailure {
    /// Its kind.
    pub problem: TlsProblem,
    text: String,
}

impl TlsFailure {
    pub(in crate::server) fn new(problem: TlsProblem, text: impl Into<String>) -> Self {
        Self { problem, text: text.into() }
    }
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T: Into<String>> From<T> for TlsFailure {
    fn from(text: T) -> Self {
        Self::new(TlsProblem::Other, text)
    }
}
