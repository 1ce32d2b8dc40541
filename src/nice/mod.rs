//! `--nice`: work pauses while the server suffers.
//!
//! A session of its own looks at the server once a second ([`Watch`]), [`Judge`] makes of what it sees a pause or an end
//! of one, and the workers pass a [`Gate`] before each piece of work. No pause outlasts its limit, and a watch that has
//! ended leaves the gate open.

mod gate;
mod judge;
mod watch;

pub use gate::Gate;
pub use judge::{Judge, Limits, Load, Turn};
pub use watch::{Watch, Watching};
