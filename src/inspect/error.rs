//! What can go wrong when an archive is looked at.

/// Why an archive cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error(transparent)]
    Archive(#[from] crate::archive::Error),
    /// Its privileges cannot be understood.
    #[error("cannot read the privileges of schema public")]
    Acl(#[from] crate::object::acl::AclError),
    /// The system gives no random bytes.
    #[error("cannot make a random key: {0}")]
    Random(String),
}
