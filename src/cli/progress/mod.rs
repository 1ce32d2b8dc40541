//! What the user sees while an operation runs: a bar, lines for a log, or JSON lines, all on stderr.
//!
//! The bar is a painter of a few lines instead of a crate: it only ever shows the operation's counters.

mod bar;
mod lines;
mod snapshot;

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pgark::context::Context;
use pgark::event::{Event, Observer};
use serde_json::json;

use self::snapshot::Snapshot;
use super::arguments::{self, Talk};
use super::stdio::visible;

/// Ten pictures a second look alive and cost nothing.
const BAR_EVERY: Duration = Duration::from_millis(100);
/// Lines for a log.
const PLAIN_EVERY: Duration = Duration::from_secs(30);
/// Lines for a program.
const JSON_EVERY: Duration = Duration::from_secs(1);

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A bar that is redrawn.
    Bar,
    /// `key=value` lines now and then.
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
    #[expect(clippy::disallowed_methods, reason = "TERM says what the terminal can do")]
    pub fn of(talk: &Talk) -> Self {
        use arguments::Progress;
        let can_draw =
            || std::io::stderr().is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb");
        match talk.progress {
            Progress::Json => Self::Json,
            _ if talk.quiet => Self::Quiet,
            Progress::Auto if can_draw() => Self::Bar,
            Progress::Auto | Progress::Plain => Self::Plain,
            Progress::Bar => Self::Bar,
            Progress::None => Self::None,
        }
    }

    /// How often something is shown, if ever.
    fn every(self) -> Option<Duration> {
        match self {
            Self::Bar => Some(BAR_EVERY),
            Self::Plain => Some(PLAIN_EVERY),
            Self::Json => Some(JSON_EVERY),
            Self::None | Self::Quiet => None,
        }
    }
}

/// The progress of one operation: takes its events, shows its counters.
#[derive(Debug)]
pub struct Progress {
    command: &'static str,
    form: Form,
    verbose: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Lines of the bar that are on the screen.
    painted: usize,
    phase: &'static str,
    phase_since: Instant,
}

impl Progress {
    /// For the command as its flags say.
    #[expect(clippy::disallowed_methods, reason = "a rate needs a clock")]
    pub fn new(command: &'static str, talk: &Talk) -> Arc<Self> {
        let state = State { painted: 0, phase: "", phase_since: Instant::now() };
        Arc::new(Self { command, form: Form::of(talk), verbose: talk.verbose, state: Mutex::new(state) })
    }

    /// How progress is shown.
    pub fn form(&self) -> Form {
        self.form
    }

    /// A context that reports here.
    pub fn context(self: &Arc<Self>) -> Context {
        Context::new(Arc::clone(self) as Arc<dyn Observer>)
    }

    /// Shows the counters of `ctx` until the painter is finished or dropped.
    pub fn paint(self: &Arc<Self>, ctx: &Context) -> Painter {
        let Some(every) = self.form.every() else { return Painter(None) };
        let (stop, stopped) = channel::<()>();
        let (progress, meter) = (Arc::clone(self), Arc::clone(&ctx.meter));
        let thread = std::thread::spawn(move || {
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                let mut state = progress.state();
                let snapshot =
                    Snapshot::take(&meter, progress.command, state.phase, state.phase_since.elapsed());
                progress.show(&mut state, &snapshot);
            }
            erase(&mut progress.state());
        });
        Painter(Some((stop, thread)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn show(&self, state: &mut State, snapshot: &Snapshot) {
        match self.form {
            Form::Bar => {
                let (columns, rows) = terminal_size();
                let picture = bar::picture(snapshot, columns, rows);
                erase(state);
                state.painted = picture.len();
                write(&format!("{}\n", picture.join("\n")));
            }
            Form::Plain => write(&format!("{}\n", lines::plain(snapshot, &now()))),
            Form::Json => write(&format!("{}\n", lines::json(snapshot, &now()))),
            Form::None | Form::Quiet => {}
        }
    }

    /// A line above the bar, which comes back with its next picture.
    fn line(&self, text: &str) {
        erase(&mut self.state());
        write(&format!("{text}\n"));
    }

    fn json_event(&self, event: &Event) {
        let mut json = match event {
            Event::Connected { target, version } => {
                json!({"event": "connected", "target": target, "version": version})
            }
            Event::Phase { name, items } => json!({"event": "phase", "name": name, "items": items}),
            Event::Warning(text) => json!({"event": "warning", "text": text}),
            Event::Detail(text) => json!({"event": "detail", "text": text}),
            _ => return,
        };
        json["time"] = now().into();
        json["command"] = self.command.into();
        self.line(&json.to_string());
    }
}

impl Observer for Progress {
    #[expect(clippy::disallowed_methods, reason = "a rate needs a clock")]
    fn event(&self, event: &Event) {
        if let Event::Phase { name, .. } = event {
            let mut state = self.state();
            (state.phase, state.phase_since) = (name, Instant::now());
        }
        match (self.form, event) {
            (Form::Quiet, _) => {}
            (Form::Json, event) => self.json_event(event),
            (_, Event::Warning(text)) => self.line(&format!("warning: {}", visible(text))),
            // The plan of a restore says it already.
            (Form::Bar, Event::Connected { target, version }) if self.command != "restore" => {
                let version = visible(version);
                self.line(&format!(
                    "pgark {}  {}  PostgreSQL {version}",
                    env!("CARGO_PKG_VERSION"),
                    visible(target)
                ));
            }
            (_, Event::Detail(text)) if self.verbose => self.line(&visible(text)),
            (Form::Plain | Form::None, Event::Phase { name, items }) if self.verbose => {
                self.line(&format!("{} {} phase={name} items={items}", now(), self.command));
            }
            _ => {}
        }
    }
}

/// Shows progress until it is finished or dropped.
#[derive(Debug)]
pub struct Painter(Option<(Sender<()>, JoinHandle<()>)>);

impl Painter {
    /// Removes the bar.
    pub fn finish(self) {}
}

impl Drop for Painter {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            drop(stop);
            // A painter that died has nothing to say.
            let _ = thread.join();
        }
    }
}

fn erase(state: &mut State) {
    if state.painted > 0 {
        write(&format!("\r\u{1b}[{}A\u{1b}[J", state.painted));
        state.painted = 0;
    }
}

/// Progress that nobody sees stops nothing.
fn write(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

fn terminal_size() -> (usize, usize) {
    match rustix::termios::tcgetwinsize(rustix::stdio::stderr()) {
        Ok(size) if size.ws_col > 0 => (size.ws_col.into(), size.ws_row.into()),
        _ => (80, 24),
    }
}

/// The time, UTC, to the second.
#[expect(clippy::disallowed_methods, reason = "a line in a log says when it was written")]
pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
