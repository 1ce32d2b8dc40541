//! The first signal lets the operation clean up; the second, or too long a cleaning, ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::exit;

/// Cleaning up may take so long.
const CLEANING_MAX: Duration = Duration::from_secs(5);

/// An operation that does not end by itself is dropped after this, which removes its file.
const GRACE: Duration = Duration::from_secs(4);

/// Lets an operation clean up after `cancel`; `None` when it takes too long, as when a server does not answer.
pub async fn with_grace<T>(cancel: &CancellationToken, operation: impl Future<Output = T>) -> Option<T> {
    let overdue = async {
        cancel.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = operation => Some(ended),
        () = overdue => None,
    }
}

/// Which signal came.
#[derive(Clone, Debug, Default)]
pub struct Signals(Arc<AtomicU8>);

impl Signals {
    /// Cancels `cancel` at the first SIGINT, SIGTERM or SIGHUP from now on.
    pub fn watch(&self, cancel: CancellationToken) {
        let came = self.clone();
        // With a handler, a limit on file sizes is an error of write(2), and not the end of the process.
        let _ = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()));
        tokio::spawn(async move {
            let (Ok(mut int), Ok(mut term)) =
                (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
            else {
                return;
            };
            // nohup has its reasons.
            let mut hangup = if hangup_is_ignored() { None } else { signal(SignalKind::hangup()).ok() };
            let mut next = async || {
                let hangup = async {
                    match &mut hangup {
                        Some(hangup) => hangup.recv().await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    _ = int.recv() => 2,
                    _ = term.recv() => 15,
                    _ = hangup => 1,
                }
            };
            let number = next().await;
            came.0.store(number, Ordering::Relaxed);
            cancel.cancel();
            // Whatever comes first.
            let _ = tokio::time::timeout(CLEANING_MAX, next()).await;
            end(exit::SIGNAL + number);
        });
    }

    /// The exit code of a stopped operation; `None` when no signal came.
    pub fn code(&self) -> Option<u8> {
        let number = self.0.load(Ordering::Relaxed);
        (number > 0).then(|| exit::SIGNAL + number)
    }
}

#[expect(clippy::exit, reason = "the user has asked twice, or the server does not answer")]
fn end(code: u8) {
    std::process::exit(code.into());
}

/// SIGHUP is bit 0 of `SigIgn` (proc(5)).
#[expect(
    clippy::disallowed_methods,
    reason = "asking the kernel for the disposition otherwise takes unsafe code"
)]
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}
