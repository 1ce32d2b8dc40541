//! When to pause, and when to go on. Pure.

use std::time::Duration;

use serde::Deserialize;

/// So many looks in a row have to agree: a single one may hit a moment.
const LOOKS: u32 = 2;

/// What is too much, and how long a pause may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Replay lag beyond that of the beginning.
    pub lag: Duration,
    /// Sessions of others at work beyond those of the beginning.
    pub active: u32,
    /// The longest pause.
    pub pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { lag: Duration::from_secs(10), active: 4, pause: Duration::from_secs(300) }
    }
}

/// What the server has to bear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
pub struct Load {
    /// How far replicas are behind (a standby: it or its own), seconds; `None` without any.
    #[serde(default)]
    pub lag: Option<f64>,
    /// Sessions of other clients that run a statement.
    pub active: i64,
}

/// What changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// A pause begins: why.
    Pause(String),
    /// It has helped, after so long.
    Eased(Duration),
    /// It has not helped for as long as a pause may be: what there is now counts as normal.
    Overdue(Duration),
}

/// Decides.
#[derive(Clone, Debug)]
pub struct Judge {
    limits: Limits,
    /// The load at the beginning.
    start: Load,
    /// What nobody pauses for: that, or what a pause did not help against.
    normal: Load,
    /// When the pause began, if there is one.
    since: Option<Duration>,
    /// Looks in a row that speak for a change.
    looks: u32,
}

impl Judge {
    /// For a server that had this load before the work began.
    pub fn new(limits: Limits, start: Load) -> Self {
        Self { limits, start, normal: start, since: None, looks: 0 }
    }

    /// Takes what was seen at a time; times count from any point.
    pub fn look(&mut self, now: Duration, load: Load) -> Option<Turn> {
        let Some(since) = self.since else {
            self.normal = self.start.max(self.normal.min(load));
            let why = self.too_much(load, 1.0);
            self.looks = if why.is_empty() { 0 } else { self.looks + 1 };
            if self.looks < LOOKS {
                return None;
            }
            (self.since, self.looks) = (Some(now), 0);
            return Some(Turn::Pause(why.join(", ")));
        };
        let paused = now.saturating_sub(since);
        // Half way back, so that the work's own share does not shut the gate again at once.
        self.looks = if self.too_much(load, 0.5).is_empty() { self.looks + 1 } else { 0 };
        let turn = if self.looks >= LOOKS {
            Turn::Eased(paused)
        } else if paused >= self.limits.pause {
            self.normal = self.normal.max(load);
            Turn::Overdue(paused)
        } else {
            return None;
        };
        (self.since, self.looks) = (None, 0);
        Some(turn)
    }

    /// What is beyond this share of the limits, in words.
    fn too_much(&self, load: Load, share: f64) -> Vec<String> {
        let mut why = Vec::new();
        let (lag, normal) = (load.seconds(), self.normal.seconds());
        if lag > normal + self.limits.lag.as_secs_f64() * share {
            why.push(format!("replay is {lag:.0} s behind ({:.0} s at the beginning)", self.start.seconds()));
        }
        let more = (f64::from(self.limits.active) * share) as i64;
        if load.active > self.normal.active + more {
            why.push(format!(
                "other sessions at work: {} ({} at the beginning)",
                load.active, self.start.active
            ));
        }
        why
    }
}

impl Load {
    fn seconds(self) -> f64 {
        self.lag.unwrap_or_default()
    }

    fn max(self, other: Self) -> Self {
        Self { lag: Some(self.seconds().max(other.seconds())), active: self.active.max(other.active) }
    }

    fn min(self, other: Self) -> Self {
        Self { lag: Some(self.seconds().min(other.seconds())), active: self.active.min(other.active) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Judge, Limits, Load, Turn};

    fn judge() -> Judge {
        let limits = Limits { lag: Duration::from_secs(10), active: 4, pause: Duration::from_secs(60) };
        Judge::new(limits, Load { lag: Some(2.0), active: 3 })
    }

    /// A look per second: the letters of the turns.
    fn turns(judge: &mut Judge, loads: impl IntoIterator<Item = (f64, i64)>) -> String {
        let loads = loads.into_iter().enumerate();
        let turn = |(second, (lag, active))| {
            let load = Load { lag: Some(lag), active };
            match judge.look(Duration::from_secs(second as u64), load) {
                None => '.',
                Some(Turn::Pause(_)) => 'P',
                Some(Turn::Eased(_)) => 'E',
                Some(Turn::Overdue(_)) => 'O',
            }
        };
        loads.map(turn).collect()
    }

    #[test]
    fn a_moment_is_no_reason() {
        assert_eq!(turns(&mut judge(), [(0.0, 8), (0.0, 7), (0.0, 9), (0.0, 0), (12.0, 7)]), ".....");
        assert_eq!(turns(&mut judge(), [(0.0, 8), (0.0, 8)]), ".P");
        // One reason may take the other's place.
        assert_eq!(turns(&mut judge(), [(0.0, 8), (12.1, 0)]), ".P");
    }

    #[test]
    fn the_way_back_is_longer() {
        let there = [(13.0, 3), (13.0, 3)];
        assert_eq!(
            turns(&mut judge(), there.into_iter().chain([(8.0, 3), (7.0, 3), (8.0, 3), (7.0, 3), (7.0, 3)])),
            ".P....E"
        );
        assert_eq!(
            turns(&mut judge(), [(0.0, 8), (0.0, 8), (0.0, 6), (0.0, 6), (0.0, 5), (0.0, 5)]),
            ".P...E"
        );
    }

    #[test]
    fn what_a_pause_does_not_help_against_is_normal_until_it_is_gone() {
        let mut judge = judge();
        let stuck = |n| std::iter::repeat_n((50.0, 3), n);
        assert_eq!(turns(&mut judge, stuck(62)), format!(".P{}O", ".".repeat(59)));
        assert_eq!(turns(&mut judge, stuck(100)), ".".repeat(100));
        assert_eq!(turns(&mut judge, [(61.0, 3), (61.0, 3)]), ".P");
        // Back to normal, and worse than normal again.
        assert_eq!(turns(&mut judge, [(0.0, 3), (0.0, 3), (0.0, 3), (13.0, 3), (13.0, 3)]), ".E..P");
    }

    #[test]
    fn reasons_are_said_with_figures() {
        let mut judge = judge();
        judge.look(Duration::ZERO, Load { lag: Some(20.0), active: 9 });
        let turn = judge.look(Duration::ZERO, Load { lag: Some(21.4), active: 9 });
        let why =
            "replay is 21 s behind (2 s at the beginning), other sessions at work: 9 (3 at the beginning)";
        assert_eq!(turn, Some(Turn::Pause(why.to_owned())));
    }
}
