//! What every operation is given: where to report, when to stop.

#![expect(clippy::disallowed_methods, reason = "the owner of the clock")]

use std::sync::Arc;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use crate::event::{Event, Meter, Observer, Silent};

/// Passed first to every operation; nothing else is global.
#[derive(Clone)]
pub struct Context {
    /// Receives events.
    pub observer: Arc<dyn Observer>,
    /// Progress counters.
    pub meter: Arc<Meter>,
    /// Cancelled when the user wants the operation to stop; it then cleans up and returns an error.
    pub cancel: CancellationToken,
}

impl Context {
    /// A context that reports to `observer`.
    pub fn new(observer: Arc<dyn Observer>) -> Self {
        Self { observer, meter: Arc::default(), cancel: CancellationToken::new() }
    }

    /// A context that reports to nobody.
    pub fn silent() -> Self {
        Self::new(Arc::new(Silent))
    }

    /// A point in time, to measure from.
    pub fn now(&self) -> Instant {
        Instant::now()
    }

    /// The time of day, UTC, RFC 3339.
    pub fn timestamp(&self) -> String {
        jiff::Timestamp::now().to_string()
    }

    /// Reports an event.
    pub fn event(&self, event: Event) {
        self.observer.event(&event);
    }

    /// Reports a warning.
    pub fn warn(&self, text: impl Into<String>) {
        self.event(Event::Warning(text.into()));
    }
}
