//! `pgark completions`, `pgark man`: what a package of pgark brings along.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use super::TEMPLATE;

/// Arguments of `pgark completions`.
#[derive(Args, Debug)]
#[command(
    help_template = TEMPLATE,
    before_help = "\
Examples:
  source <(pgark completions bash)
  pgark completions bash > /usr/share/bash-completion/completions/pgark
  pgark completions zsh > /usr/share/zsh/site-functions/_pgark
  pgark completions fish > /usr/share/fish/vendor_completions.d/pgark.fish"
)]
pub struct Completions {
    /// bash, zsh, fish, elvish or powershell
    #[arg(value_enum, hide_possible_values = true)]
    pub shell: Shell,
}

/// Arguments of `pgark man`.
#[derive(Args, Debug)]
#[command(
    help_template = TEMPLATE,
    before_help = "\
Examples:
  pgark man restore | man -l -
  pgark man --dir /usr/share/man/man1"
)]
pub struct Man {
    /// Command to print the page of [default: the page of pgark itself]
    pub command: Option<String>,
    /// Write all pages into this folder: pgark.1, pgark-dump.1 …
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub dir: Option<PathBuf>,
}
