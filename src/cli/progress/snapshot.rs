//! The counters at one moment, and what follows from them. Pure but for the reading.

use std::time::Duration;

use pgark::event::Meter;

/// What is known at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// `dump`, `restore`, `verify`.
    pub command: &'static str,
    /// What is going on.
    pub phase: &'static str,
    /// Since the phase began.
    pub elapsed: Duration,
    /// Raw bytes of rows expected: an estimate for a dump.
    pub expected: u64,
    /// Raw bytes so far.
    pub raw: u64,
    /// Archive bytes so far.
    pub stored: u64,
    /// Items.
    pub items: u64,
    /// Items done.
    pub items_done: u64,
    /// What each worker is doing; empty = nothing.
    pub workers: Vec<String>,
}

impl Snapshot {
    /// Reads the counters.
    pub fn take(meter: &Meter, command: &'static str, phase: &'static str, elapsed: Duration) -> Self {
        let raw = Meter::get(&meter.raw_bytes);
        Self {
            command,
            phase,
            elapsed,
            // What is there already was to be expected.
            expected: Meter::get(&meter.expected_bytes).max(raw),
            raw,
            stored: Meter::get(&meter.stored_bytes),
            items: Meter::get(&meter.items),
            items_done: Meter::get(&meter.items_done),
            workers: meter.workers(),
        }
    }

    /// Whether rows are on their way, so that bytes are what counts.
    pub fn moves_rows(&self) -> bool {
        matches!(self.phase, "data" | "verify") && self.expected > 0 && !self.rows_are_in()
    }

    /// A restore knows how many bytes there are; what it still does then is the rest.
    fn rows_are_in(&self) -> bool {
        self.command == "restore" && self.raw >= self.expected
    }

    /// What to call that which is going on. Indexes follow their tables at once, so that is no phase of its own.
    pub fn title(&self) -> &'static str {
        match self.phase {
            "" => "connecting",
            "data" if self.rows_are_in() => "post-data",
            phase => phase,
        }
    }

    /// What is done, from 0 to 1. An estimate never says that everything is.
    pub fn share(&self) -> f64 {
        let (done, of) =
            if self.expected > 0 { (self.raw, self.expected) } else { (self.items_done, self.items) };
        if of == 0 { 0.0 } else { (done as f64 / of as f64).min(0.999) }
    }

    /// Raw bytes per second in this phase.
    pub fn rate(&self) -> u64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds < 0.05 { 0 } else { (self.raw as f64 / seconds) as u64 }
    }

    /// The time that is left, once there is something to judge by.
    pub fn remaining(&self) -> Option<Duration> {
        let rate = self.rate();
        if !self.moves_rows() || rate == 0 || self.elapsed < Duration::from_secs(1) {
            return None;
        }
        Some(Duration::from_secs((self.expected - self.raw) / rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_that_was_too_low_grows() {
        let meter = Meter::default();
        Meter::add(&meter.expected_bytes, 100);
        Meter::add(&meter.raw_bytes, 500);
        let snapshot = Snapshot::take(&meter, "dump", "data", Duration::from_secs(5));
        assert_eq!((snapshot.expected, snapshot.rate()), (500, 100));
        assert!(snapshot.share() < 1.0);
        assert_eq!(snapshot.remaining(), Some(Duration::ZERO));
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        let snapshot = Snapshot::default();
        assert_eq!((snapshot.share(), snapshot.rate(), snapshot.remaining()), (0.0, 0, None));
    }
}
