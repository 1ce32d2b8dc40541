//! The bar: one line for the whole, one for each worker. Pure.

use super::lines::stored_word;
use super::snapshot::Snapshot;
use crate::cli::figure;
use crate::cli::stdio::visible;

/// Cells of the bar itself.
const BAR_CELLS: usize = 26;

/// The lines to draw on a terminal of this size.
pub fn picture(snapshot: &Snapshot, columns: usize, rows: usize) -> Vec<String> {
    let mut lines = vec![whole(snapshot)];
    let busy = snapshot.workers.iter().enumerate().filter(|(_, doing)| !doing.is_empty());
    // Some room for what was said before.
    for (index, doing) in busy.take(rows.saturating_sub(4)) {
        lines.push(format!("  {:>3} {}", index + 1, visible(doing)));
    }
    // The last column stays free: some terminals wrap there.
    lines.iter().map(|line| fit(line, columns.saturating_sub(1))).collect()
}

fn whole(snapshot: &Snapshot) -> String {
    let phase = snapshot.title();
    if !snapshot.moves_rows() {
        return match snapshot.items {
            0 => format!("  {phase} …"),
            items => format!("  {phase}  {}/{items}", snapshot.items_done.min(items)),
        };
    }
    let filled = (snapshot.share() * BAR_CELLS as f64) as usize;
    let mut line = format!(
        "  {phase}  [{}{}]  {:.1} %  {} / {}  {}/s",
        "#".repeat(filled),
        "-".repeat(BAR_CELLS - filled),
        snapshot.share() * 100.0,
        figure::bytes(snapshot.raw),
        figure::bytes(snapshot.expected),
        figure::bytes(snapshot.rate()),
    );
    if snapshot.stored > 0 {
        let word = stored_word(snapshot.command);
        let ratio = figure::ratio(snapshot.raw, snapshot.stored);
        line.push_str(&format!("  {word} {} ({ratio})", figure::bytes(snapshot.stored)));
    }
    if let Some(remaining) = snapshot.remaining() {
        line.push_str(&format!("  ETA {}", figure::clock(remaining)));
    }
    line
}

/// Cuts a line to so many cells. What is not ASCII may take two.
fn fit(line: &str, cells: usize) -> String {
    let mut left = cells;
    line.chars()
        .take_while(|c| {
            let width = if c.is_ascii() { 1 } else { 2 };
            let fits = left >= width;
            left = left.saturating_sub(width);
            fits
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn snapshot() -> Snapshot {
        Snapshot {
            command: "dump",
            phase: "data",
            elapsed: Duration::from_secs(10),
            expected: 4 << 30,
            raw: 1 << 30,
            stored: 256 << 20,
            items: 8,
            items_done: 2,
            workers: vec!["public.events".into(), String::new(), "evil\n\u{1b}[2J".into()],
        }
    }

    #[test]
    fn the_whole_and_each_busy_worker() {
        assert_eq!(
            picture(&snapshot(), 200, 24),
            [
                "  data  [######--------------------]  25.0 %  1.0 GiB / 4.0 GiB  102.4 MiB/s  \
                 written 256.0 MiB (4.0x)  ETA 00:00:30",
                "    1 public.events",
                "    3 evil\\n\\u{1b}[2J",
            ]
        );
    }

    #[test]
    fn it_fits_the_terminal() {
        for (columns, rows) in [(1, 1), (20, 4), (40, 5)] {
            let lines = picture(&snapshot(), columns, rows);
            assert!(lines.len() <= rows.max(1) && lines.iter().all(|line| line.len() < columns.max(1)));
        }
        assert_eq!(fit("数据x", 4), "数据");
    }

    #[test]
    fn when_the_rows_are_in_it_counts_items() {
        let loaded = Snapshot { command: "restore", raw: 4 << 30, ..snapshot() };
        assert_eq!(picture(&loaded, 80, 24)[0], "  post-data  2/8");
    }

    #[test]
    fn without_rows_it_counts_items() {
        let catalog = Snapshot { phase: "catalog", expected: 0, items: 0, ..snapshot() };
        assert_eq!(picture(&catalog, 80, 24)[0], "  catalog …");
        let after = Snapshot { phase: "privileges", items_done: 9, ..snapshot() };
        assert_eq!(picture(&after, 80, 24)[0], "  privileges  8/8");
    }
}
