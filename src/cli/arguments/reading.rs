//! What a dump reads: which snapshot, which rows.

use clap::Args;
use pgark::dump::{Condition, Snapshot};
use pgark::selection::Pattern;

use super::select::SELECTION;

/// Snapshot and rows.
#[derive(Args, Debug)]
pub struct Reading {
    /// Read the snapshot that another session has exported, by its id
    #[arg(hide_short_help = true, long, value_name = "ID", conflicts_with = "retries")]
    snapshot: Option<String>,
    /// Wait for a snapshot that fits into a serial order of all serializable transactions
    #[arg(hide_short_help = true, long, conflicts_with = "snapshot")]
    serializable_deferrable: bool,
    /// Of tables with policies the rows that the role may see
    #[arg(hide_short_help = true, long, help_heading = SELECTION)]
    pub enable_row_security: bool,
    /// Of these tables the rows for which CONDITION, an expression of SQL, holds
    #[arg(hide_short_help = true, long, value_name = "TABLE=CONDITION", value_parser = condition, help_heading = SELECTION)]
    pub r#where: Vec<Condition>,
}

impl Reading {
    /// The snapshot that is asked for.
    pub fn snapshot(&self) -> Snapshot {
        match &self.snapshot {
            Some(id) => Snapshot::Exported(id.clone()),
            None if self.serializable_deferrable => Snapshot::Deferrable,
            None => Snapshot::Own,
        }
    }
}

/// The pattern ends at the first `=` that is not in quotes.
fn condition(text: &str) -> Result<Condition, String> {
    let mut quoted = false;
    let end = text.find(|c| {
        quoted ^= c == '"';
        c == '=' && !quoted
    });
    let (tables, sql) = match end.map(|at| (&text[..at], &text[at + 1..])) {
        Some((tables, sql)) if !tables.trim().is_empty() && !sql.trim().is_empty() => (tables.trim(), sql),
        _ => return Err("a table and a condition are wanted, as 'orders=paid'".to_owned()),
    };
    let tables = Pattern::qualified(tables).map_err(|error| error.to_string())?;
    Ok(Condition { tables, sql: sql.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::condition;

    #[test]
    fn the_condition_begins_behind_the_first_sign_that_is_not_quoted() {
        let parsed = |text: &str| condition(text).map(|found| (found.tables.to_string(), found.sql));
        assert_eq!(parsed("a.b=x = 1"), Ok(("a.b".to_owned(), "x = 1".to_owned())));
        assert_eq!(parsed("\"a=b\".c = \"q\" > 1"), Ok(("\"a=b\".c".to_owned(), " \"q\" > 1".to_owned())));
        for wrong in ["a", "=x", "a=", "\"a=b\"", "a.b.c.d=x"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
