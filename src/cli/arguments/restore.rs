//! `pgark restore`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use pgark::nice::Limits;

use super::clean::Clean;
use super::connection::Target;
use super::dump::jobs;
use super::mapping::Map;
use super::select::SELECTION;
use super::value::{archive_format, duration, nice};
use super::{Connection, LeaveOut, Picks, Select, TEMPLATE, Talk, jobs_default};

/// Arguments of `pgark restore`.
#[derive(Args, Debug)]
#[command(
    help_template = TEMPLATE,
    before_help = "\
Examples:
  createdb -T template0 app2
  pgark restore app.pgark -d app2
  pgark restore app.pgark -C -d postgres
  pgark restore app.pgark -d \"host=db2 dbname=app2\" -j 8 --yes
  ssh store 'cat app.pgark' | pgark restore - -d app2 --yes"
)]
pub struct Restore {
    /// Archive to read; - for stdin
    #[arg(value_name = "ARCHIVE|-")]
    pub archive: PathBuf,
    /// Target (-C: any database, to connect to): name, URI or key=value string
    #[arg(short, long, value_name = "CONN")]
    pub dbname: Option<Target>,
    /// Make the database itself, as it is in the source
    #[arg(short = 'C', long)]
    pub create: bool,
    /// With -C: make it with the server's own locale
    #[arg(hide_short_help = true, long, requires = "create")]
    pub target_locale: bool,
    /// Sessions that write in parallel [default: the cores, at most 8]
    #[arg(short, long, value_name = "N", default_value_t = jobs_default(), hide_default_value = true,
        value_parser = jobs)]
    pub jobs: usize,
    /// Memory of each session for building indexes, as 512MB [default: from the server's settings]
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    pub maintenance_work_mem: Option<String>,
    /// What is there already.
    #[command(flatten)]
    pub clean: Clean,
    /// Show the plan and stop
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// First restore the roles and tablespaces that the archive has
    #[arg(long)]
    pub globals: bool,
    /// Restore these and nothing else
    #[arg(hide_short_help = true, long, conflicts_with_all = ["globals", "create"])]
    pub globals_only: bool,
    /// Go on after errors, list what failed, end with exit 3
    #[arg(long)]
    pub keep_going: bool,
    /// Pause while the server suffers [lag=10s,active=4,pause=5min]
    #[arg(hide_short_help = true, long, value_name = "LIMITS", value_parser = nice, num_args = 0..=1, require_equals = true,
        default_missing_value = "")]
    pub nice: Option<Limits>,
    /// Give up when the server is silent for so long (30min)
    #[arg(hide_short_help = true, long, value_name = "TIME", value_parser = duration)]
    pub stall_timeout: Option<Duration>,
    /// Leave out optimizer statistics; ANALYZE makes new ones
    #[arg(hide_short_help = true, long)]
    pub no_statistics: bool,
    /// Do not ANALYZE what has no statistics
    #[arg(hide_short_help = true, long)]
    pub no_analyze: bool,
    /// Statistics come by themselves
    #[arg(long, hide = true, conflicts_with = "no_statistics")]
    pub statistics: bool,
    /// There is one format
    #[arg(short = 'F', long, hide = true, value_parser = archive_format)]
    pub format: Option<()>,
    /// pg_restore's name for the default
    #[arg(short = 'e', long, hide = true, conflicts_with = "keep_going")]
    pub exit_on_error: bool,
    /// What --keep-going does anyway
    #[arg(long, hide = true)]
    pub no_data_for_failed_tables: bool,
    /// What takes part.
    #[command(flatten)]
    pub select: Select,
    /// These extensions, and nothing else that is in no schema
    #[arg(long, value_name = "PATTERN", hide_short_help = true, help_heading = SELECTION)]
    pub extension: Vec<String>,
    /// Single objects and entries.
    #[command(flatten)]
    pub picks: Picks,
    /// With -a: the tables' own triggers do not fire; foreign keys are checked
    #[arg(long, requires = "data_only", hide_short_help = true, help_heading = SELECTION)]
    pub disable_triggers: bool,
    /// What is left out.
    #[command(flatten)]
    pub leave_out: LeaveOut,
    /// What has another name on the target.
    #[command(flatten)]
    pub map: Map,
    /// Where to connect to.
    #[command(flatten)]
    pub connection: Connection,
    /// How to talk.
    #[command(flatten)]
    pub talk: Talk,
}
