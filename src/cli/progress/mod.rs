//! What the user sees while an operation runs.

use std::io::IsTerminal;
use std::sync::Arc;

use pgark::context::Context;
use pgark::event::{Event, Observer};

use super::arguments::{self, Talk};
use super::stdio::{say, visible};

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A bar that is redrawn.
    Bar,
    /// Lines for a log.
    Plain,
    /// JSON lines.
    Json,
    /// Warnings only.
    None,
    /// Nothing at all.
    Quiet,
}

impl Form {
    /// What the flags and the terminal say.
    pub fn of(talk: &Talk) -> Self {
        use arguments::Progress;
        match talk.progress {
            _ if talk.quiet => Self::Quiet,
            Progress::Auto if std::io::stderr().is_terminal() => Self::Bar,
            Progress::Auto | Progress::Plain => Self::Plain,
            Progress::Bar => Self::Bar,
            Progress::Json => Self::Json,
            Progress::None => Self::None,
        }
    }
}

/// The progress of one operation.
pub struct Progress {
    form: Form,
}

/// Shows progress until it is finished.
pub struct Painter;

impl Painter {
    /// Removes the bar.
    pub fn finish(self) {}
}

impl Progress {
    pub fn new(_: &'static str, form: Form) -> Self {
        Self { form }
    }

    pub fn context(self: &Arc<Self>) -> Context {
        Context::new(Arc::clone(self) as Arc<dyn Observer>)
    }

    pub fn paint(self: &Arc<Self>, _: &Context) -> Painter {
        Painter
    }
}

impl Observer for Progress {
    fn event(&self, event: &Event) {
        if let (Event::Warning(text), true) = (event, self.form != Form::Quiet) {
            say(&format!("warning: {}", visible(text)));
        }
    }
}
