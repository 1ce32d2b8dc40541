//! The command line: what can be typed, and what `--help` says about it.

mod clean;
mod connection;
mod doctor;
mod dump;
mod mapping;
mod offline;
mod packaging;
mod reading;
mod restore;
mod schema;
mod secret;
mod select;
mod unoffered;
mod value;

use std::ffi::OsString;

use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

pub use connection::Connection;
pub use doctor::Doctor;
pub use dump::{CopyFormat, Dump};
pub use offline::{Cat, Info, List, RowsAs, Sort, Verify};
pub use packaging::{Completions, Man};
pub use restore::Restore;
pub use schema::Schema;
pub use secret::hidden;
pub use select::{LeaveOut, Names, Picks, SectionName, Select};
pub use unoffered::unoffered;

const TEMPLATE: &str = "{about-section}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

/// A native logical dump and restore engine for PostgreSQL.
#[derive(Debug, Parser)]
#[command(
    name = "pgark",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    subcommand_required = true,
    help_template = TEMPLATE,
    before_help = "\
Examples:
  pgark dump app -f app.pgark                   database app into one file
  pgark verify app.pgark                        every byte of it
  createdb -T template0 app2
  pgark restore app.pgark -d app2               shows the plan, asks, restores",
    after_help = "\
Exit codes:
  0 done   1 unexpected: please report   2 usage   3 finished, but objects were left out or failed
  4 archive damaged   5 not found   6 cannot connect   7 access denied   8 server went away
  9 statement rejected   10 local I/O   11 lock not obtained   12 refused
  129, 130, 143 stopped by SIGHUP, SIGINT, SIGTERM, and cleaned up
Connections are named as for psql: PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD, ~/.pgpass
work, and -h is the host. Commands have their own help: pgark dump -?"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Print help; --help has the rarer options, too
    #[arg(short = '?', long, action = ArgAction::HelpShort, global = true, display_order = 1000)]
    help: Option<bool>,
    /// Print version
    #[arg(short = 'V', long, action = ArgAction::Version, display_order = 1001)]
    version: Option<bool>,
}

impl Cli {
    /// What can be typed, with all options in each help.
    pub fn definition() -> clap::Command {
        // Long help would give every option three lines.
        let all = |command: clap::Command| command.mut_args(|arg| arg.hide_short_help(false));
        Self::command().mut_subcommands(all)
    }

    /// Reads a command line; where `--help` is among the words, with all options in its answer.
    ///
    /// # Errors
    /// Wrong usage, and what asks for help or the version.
    pub fn read(words: impl Iterator<Item = OsString>) -> Result<Self, clap::Error> {
        let words: Vec<OsString> = words.collect();
        let command = match words.iter().any(|word| word == "--help") {
            true => Self::definition(),
            false => Self::command(),
        };
        Self::from_arg_matches(&command.try_get_matches_from(words)?)
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Dump a database into one archive
    Dump(Dump),
    /// Restore an archive into a database
    Restore(Restore),
    /// Check every byte of an archive
    Verify(Verify),
    /// List what is in an archive: tables, rows, sizes, objects
    List(List),
    /// Show what an archive is: identity, origin, labels, encoding, settings
    Info(Info),
    /// Print an archive's definitions as SQL
    Schema(Schema),
    /// Tell whether a database can be dumped or restored here, and what will hurt
    Doctor(Doctor),
    /// Print the rows of a table in an archive
    Cat(Cat),
    /// Print completions for a shell
    Completions(Completions),
    /// Print the manual, or write its pages
    Man(Man),
}

impl Command {
    /// Whether the last line on stdout is JSON even when it fails. A failed verification prints its own; an archive on
    /// stdout leaves no room.
    pub fn ends_in_json(&self) -> bool {
        match self {
            Self::Dump(dump) => {
                dump.talk.json && dump.file.as_ref().is_none_or(|file| file.as_os_str() != "-")
            }
            Self::Restore(restore) => restore.talk.json,
            Self::Doctor(doctor) => doctor.json,
            _ => false,
        }
    }

    /// How it talks, if it has a choice.
    pub fn talk(&self) -> Option<&Talk> {
        match self {
            Self::Dump(dump) => Some(&dump.talk),
            Self::Restore(restore) => Some(&restore.talk),
            Self::Verify(verify) => Some(&verify.talk),
            Self::List(_)
            | Self::Info(_)
            | Self::Schema(_)
            | Self::Doctor(_)
            | Self::Cat(_)
            | Self::Completions(_)
            | Self::Man(_) => None,
        }
    }
}

/// How the command talks.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Reports")]
pub struct Talk {
    /// Print the summary as one JSON line on stdout
    #[arg(long)]
    pub json: bool,
    /// How to show progress on stderr
    #[arg(hide_short_help = true, long, value_enum, value_name = "HOW", default_value_t = Progress::Auto, hide_possible_values = true,
        help = "Progress on stderr: auto, bar, plain, json or none",
        hide_default_value = true)]
    pub progress: Progress,
    /// Say nothing but errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, overrides_with = "verbose")]
    pub verbose: bool,
}

/// `--progress`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    /// Bar on a terminal, else plain.
    Auto,
    /// A bar that is redrawn.
    Bar,
    /// One line now and then.
    Plain,
    /// JSON lines.
    Json,
    /// Nothing.
    None,
}

/// `min(cores, 8)`: the default of `-j`.
fn jobs_default() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(8)
}
