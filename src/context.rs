//! What every operation is given: where to report, when to stop.

use std::sync::Arc;

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

    /// Reports an event.
    pub fn event(&self, event: Event) {
        self.observer.event(&event);
    }

    /// Reports a warning.
    pub fn warn(&self, text: impl Into<String>) {
        self.event(Event::Warning(text.into()));
    }
}
