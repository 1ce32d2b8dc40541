//! What can go wrong when an archive is looked at.

/// Why an archive cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error(transparent)]
    Archive(#[from] crate::archive::Error),
    /// It was dumped without globals.
    #[error("the archive has no globals: roles, memberships, tablespaces")]
    NoGlobals,
    /// Its privileges cannot be understood.
    #[error("cannot read the privileges of schema public, a tablespace or a parameter")]
    Acl(#[from] crate::object::acl::AclError),
    /// The system gives no random bytes.
    #[error("cannot make a random key: {0}")]
    Random(String),
}
