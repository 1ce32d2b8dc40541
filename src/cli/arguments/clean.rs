//! What is there already, and goes: `-c` and what belongs to it.

use clap::Args;

/// How a restore deals with what is there.
#[derive(Args, Debug)]
pub struct Clean {
    /// First drop what is there; with -C: replace the database at the end
    #[arg(short, long, conflicts_with_all = ["globals_only", "data_only"])]
    pub clean: bool,
    /// With -c: end the sessions of others that are in the way
    #[arg(hide_short_help = true, long, requires = "clean")]
    pub terminate_connections: bool,
    /// What -c does anyway
    #[arg(long, hide = true, requires = "clean")]
    pub if_exists: bool,
    /// Everything in one transaction, on one session: all or nothing
    #[arg(hide_short_help = true, short = '1', long,
        conflicts_with_all = ["create", "globals", "globals_only", "keep_going", "transaction_size"])]
    pub single_transaction: bool,
    /// Statements of one transaction, at most
    #[arg(hide_short_help = true, long, value_name = "N", value_parser = statements)]
    pub transaction_size: Option<usize>,
    /// Do not ask; =NAME of the database where it is replaced
    #[arg(short, long, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    yes: Option<String>,
}

fn statements(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "a number from 1 on is wanted".to_owned())
}

impl Clean {
    /// `--yes`, with or without a name.
    pub fn yes(&self) -> Option<&str> {
        self.yes.as_deref()
    }
}
