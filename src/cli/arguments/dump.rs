//! `pgark dump`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use pgark::nice::Limits;

use super::connection::Target;
use super::reading::Reading;
use super::select::{LEFT_OUT, SELECTION};
use super::value::{archive_format, duration, label, level, nice, size};
use super::{Connection, LeaveOut, Select, TEMPLATE, Talk, jobs_default};

/// Arguments of `pgark dump`.
#[derive(Args, Debug)]
#[command(
    help_template = TEMPLATE,
    before_help = "\
Examples:
  pgark dump app -f app.pgark
  pgark dump postgresql://backup@db1/app -f app.pgark -j 8 --label app.git_sha=9c1e02f
  pgark dump \"host=db1 dbname=app sslmode=verify-full\" -f - | ssh store 'cat > app.pgark'"
)]
pub struct Dump {
    /// Database name, URI or key=value string
    #[arg(value_name = "CONN", conflicts_with = "dbname")]
    pub conn: Option<Target>,
    /// The same, as a flag
    #[arg(short, long, value_name = "CONN")]
    pub dbname: Option<Target>,
    /// Archive to write; - for stdout
    #[arg(short, long, value_name = "FILE|-")]
    pub file: Option<PathBuf>,
    /// Sessions that read in parallel [default: the cores, at most 8]
    #[arg(short, long, value_name = "N", default_value_t = jobs_default(), hide_default_value = true,
        value_parser = jobs)]
    pub jobs: usize,
    /// Compression: zstd:1 (default) to zstd:19
    #[arg(short = 'Z', long, value_name = "zstd:N", value_parser = level, default_value = "zstd:1",
        hide_default_value = true)]
    pub compress: i32,
    /// Label to store in the archive; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = label)]
    pub label: Vec<(String, String)>,
    /// Read tables above this size in several parts [default: 64MB]
    #[arg(hide_short_help = true, long, value_name = "SIZE", value_parser = size, default_value = "64MB", hide_default_value = true)]
    pub split_above: u64,
    /// Read every table in one part
    #[arg(hide_short_help = true, long, conflicts_with = "split_above")]
    pub no_split: bool,
    /// Also dump what belongs to the cluster: roles, their settings and memberships, tablespaces
    #[arg(long)]
    pub globals: bool,
    /// With the hashes of the roles' passwords; needs a superuser
    #[arg(hide_short_help = true, long, requires = "globals")]
    pub role_passwords: bool,
    /// Replace an existing file
    #[arg(long)]
    pub force: bool,
    /// Leave out what pgark cannot dump, and end with exit 3
    #[arg(hide_short_help = true, long)]
    pub skip_unsupported: bool,
    /// Leave out optimizer statistics; a restore then runs ANALYZE
    #[arg(long)]
    pub no_statistics: bool,
    /// Give up when table locks take longer (30s, 500ms)
    #[arg(hide_short_help = true, long, value_name = "TIME", value_parser = duration)]
    pub lock_wait_timeout: Option<Duration>,
    /// Give up when the server shows no sign of life for so long (10min) [default: never]
    #[arg(hide_short_help = true, long, value_name = "TIME", value_parser = duration)]
    pub stall_timeout: Option<Duration>,
    /// Pause while the server suffers [lag=10s,active=4,pause=5min]
    #[arg(hide_short_help = true, long, value_name = "LIMITS", value_parser = nice, num_args = 0..=1, require_equals = true,
        default_missing_value = "")]
    pub nice: Option<Limits>,
    /// Begin again so often when the server goes away or cancels the dump
    #[arg(hide_short_help = true, long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub retries: u32,
    /// Format of rows: auto (binary where that is safe) or text
    #[arg(hide_short_help = true, long, value_enum, value_name = "FORMAT", default_value_t = CopyFormat::Auto,
        hide_default_value = true, hide_possible_values = true)]
    pub copy_format: CopyFormat,
    /// Which snapshot, which rows.
    #[command(flatten)]
    pub reading: Reading,
    /// Statistics come by themselves
    #[arg(long, hide = true, conflicts_with = "no_statistics")]
    pub statistics: bool,
    /// There is one format
    #[arg(short = 'F', long, hide = true, value_parser = archive_format)]
    pub format: Option<()>,
    /// What takes part.
    #[command(flatten)]
    pub select: Select,
    /// These extensions, and nothing else that is in no schema
    #[arg(
        short,
        long,
        value_name = "PATTERN",
        hide_short_help = true,
        help_heading = SELECTION
    )]
    pub extension: Vec<String>,
    /// What is left out.
    #[command(flatten)]
    pub leave_out: LeaveOut,
    /// How columns are compressed
    #[arg(long, hide_short_help = true, help_heading = LEFT_OUT)]
    pub no_toast_compression: bool,
    /// Rows of unlogged tables
    #[arg(long, hide_short_help = true, help_heading = LEFT_OUT)]
    pub no_unlogged_table_data: bool,
    /// Where to connect to.
    #[command(flatten)]
    pub connection: Connection,
    /// How to talk.
    #[command(flatten)]
    pub talk: Talk,
}

/// `--copy-format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CopyFormat {
    /// Binary where the types allow it.
    Auto,
    /// Binary.
    Binary,
    /// Text for every table.
    Text,
}

/// A number of sessions.
pub(super) fn jobs(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(jobs @ 1..=1000) => Ok(jobs),
        _ => Err("a number from 1 to 1000 is wanted".to_owned()),
    }
}
