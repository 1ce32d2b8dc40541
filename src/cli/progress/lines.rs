//! Progress as lines: `key=value` for a log, JSON for a program. Pure.

use std::time::Duration;

use serde_json::{Value, json};

use super::snapshot::Snapshot;
use crate::cli::figure;

/// `2026-11-20T02:00:30Z dump progress phase=data pct=31.4 raw=30.3GiB written=7.8GiB rate=1.0GiB/s items=52/187
/// eta=00:01:07`
pub fn plain(snapshot: &Snapshot, now: &str) -> String {
    let Snapshot { command, raw, stored, items, items_done, .. } = snapshot;
    let phase = snapshot.title();
    let mut line = format!("{now} {command} progress phase={phase} pct={:.1}", snapshot.share() * 100.0);
    line.push_str(&format!(" raw={}", figure::bytes_word(*raw)));
    if *stored > 0 {
        line.push_str(&format!(" {}={}", stored_word(command), figure::bytes_word(*stored)));
    }
    line.push_str(&format!(" rate={}/s", figure::bytes_word(snapshot.rate())));
    if *items > 0 {
        line.push_str(&format!(" items={items_done}/{items}"));
    }
    if let Some(remaining) = snapshot.remaining() {
        line.push_str(&format!(" eta={}", figure::clock(remaining)));
    }
    line
}

/// One JSON object.
pub fn json(snapshot: &Snapshot, now: &str) -> Value {
    json!({
        "event": "progress",
        "time": now,
        "command": snapshot.command,
        "phase": snapshot.title(),
        "share": (snapshot.share() * 1000.0).round() / 1000.0,
        "raw_bytes": snapshot.raw,
        "expected_bytes": snapshot.expected,
        "stored_bytes": snapshot.stored,
        "bytes_per_second": snapshot.rate(),
        "items": snapshot.items,
        "items_done": snapshot.items_done,
        "remaining_seconds": snapshot.remaining().map(|time: Duration| time.as_secs()),
    })
}

/// An archive is written by a dump and read by everything else.
pub fn stored_word(command: &str) -> &'static str {
    if command == "dump" { "written" } else { "read" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_a_log() {
        let snapshot = Snapshot {
            command: "dump",
            phase: "data",
            elapsed: Duration::from_secs(10),
            expected: 4 << 30,
            raw: 1 << 30,
            stored: 256 << 20,
            items: 8,
            items_done: 2,
            workers: Vec::new(),
        };
        assert_eq!(
            plain(&snapshot, "2026-11-20T02:00:30Z"),
            "2026-11-20T02:00:30Z dump progress phase=data pct=25.0 raw=1.0GiB written=256.0MiB \
             rate=102.4MiB/s items=2/8 eta=00:00:30"
        );
        assert_eq!(json(&snapshot, "t")["remaining_seconds"], 30);
    }
}
