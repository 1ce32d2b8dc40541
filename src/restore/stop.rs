//! What ends the work of sessions from outside: the user, and `--stall-timeout`.

use std::time::Duration;

use super::error::Error;
use crate::context::Context;
use crate::server::Running;

/// Does something on sessions; when the user, a server that says nothing any more, or an error stops it, so do they.
///
/// # Errors
/// Those of the work; [`Error::Cancelled`], [`Error::Stalled`].
pub async fn unless_stopped<T>(
    ctx: &Context,
    stall_timeout: Option<Duration>,
    running: &Running,
    what: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let result = tokio::select! {
        result = what => result,
        () = ctx.cancel.cancelled() => Err(Error::Cancelled),
        error = stalled(ctx, running, stall_timeout) => Err(error),
    };
    if result.is_err() {
        running.cancel().await;
    }
    result
}

/// `--stall-timeout`; without it, never.
async fn stalled(ctx: &Context, running: &Running, limit: Option<Duration>) -> Error {
    let Some(limit) = limit else { return std::future::pending().await };
    let (session, doing) = running.stalled(limit).await.words(&ctx.meter.workers());
    Error::Stalled { limit, session, doing }
}
