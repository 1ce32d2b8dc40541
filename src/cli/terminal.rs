//! The terminal: whether it takes colour, and leaving it as it was.

use std::io::IsTerminal;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// Whether stderr takes colour: it is a terminal, it is no dumb one, and nobody said otherwise
/// (<https://no-color.org>).
#[expect(clippy::disallowed_methods, reason = "the command line is an edge: it reads the environment")]
pub fn has_colour() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    std::io::stderr().is_terminal()
        && !set("NO_COLOR")
        && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
}

/// The settings of the terminal before a prompt: it switches the echo off, and may be left by a signal. Dropped, they
/// are put back.
#[derive(Debug)]
pub struct Saved(Option<Termios>);

impl Saved {
    /// Remembers them.
    pub fn take() -> Self {
        Self(tcgetattr(rustix::stdio::stdin()).ok())
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        if let Some(settings) = &self.0 {
            // A terminal that is gone needs nothing.
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, settings);
        }
    }
}
