//! The only door to PostgreSQL: connection parameters, TLS, sessions, COPY streams, cancel, errors with SQLSTATE.
//!
//! The client library speaks the protocol; COPY does not go through it (see `tap`).

pub mod conninfo;
pub mod row;
pub mod settings;

mod authentication;
mod cancel;
mod connect;
mod copy_in;
mod copy_out;
mod error;
mod exposure;
mod facts;
#[cfg(test)]
mod fake;
mod frame;
mod home;
mod negotiated;
mod outgoing;
mod password_command;
mod peer;
mod pooler;
mod relay;
mod running;
mod session;
mod tap;
mod tls;
mod transport;
mod whole;

pub use cancel::CancelHandle;
pub use connect::Server;
pub use conninfo::Conninfo;
pub use copy_in::CopyIn;
pub use copy_out::CopyOut;
pub use error::{Attempt, Class, Error, Failure, ServerError};
pub use facts::Facts;
pub use frame::{Assembler, Buffers, Format, Frame, Violation};
pub use password_command::PasswordCommand;
pub use pooler::{Pooler, Pooling};
pub use running::{Running, Stalled};
pub use session::Session;
pub use tls::{TlsFailure, TlsProblem};
