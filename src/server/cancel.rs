//! Cancel requests.

use std::time::Duration;

use tokio_postgres::CancelToken;

use super::connect::Endpoint;
use super::error::{Attempt, Error, Failure};
use super::negotiated::Negotiated;

/// A server that does not answer must not hold up a cancellation.
const PATIENCE: Duration = Duration::from_secs(10);

/// Cancels what a session is doing, from another task and over a connection of its own.
#[derive(Clone)]
pub struct CancelHandle {
    pub(super) token: CancelToken,
    pub(super) endpoint: Endpoint,
}

impl std::fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CancelHandle").field("endpoint", &self.endpoint).finish()
    }
}

impl CancelHandle {
    /// Asks the server to cancel the session's current statement, which then fails with 57014. The server does not
    /// say whether there was anything to cancel. The request goes to the same address and through the same TLS as
    /// the session.
    ///
    /// # Errors
    /// If the request could not be delivered within ten seconds.
    pub async fn cancel(&self) -> Result<(), Error> {
        let sent = tokio::time::timeout(PATIENCE, self.send()).await;
        sent.unwrap_or(Err(Failure::Timeout))
            .map_err(|failure| Error::Connect(vec![Attempt { target: self.endpoint.to_string(), failure }]))
    }

    async fn send(&self) -> Result<(), Failure> {
        let stream = self.endpoint.open().await?;
        let sent = self.token.cancel_query_raw(stream, Negotiated::default()).await;
        sent.map_err(|error| Failure::Protocol(super::session::chain(&error)))
    }
}
