//! `pgark restore`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use pgark::nice::Limits;

use super::connection::Target;
use super::dump::jobs;
use super::value::{duration, nice};
use super::{Connection, TEMPLATE, Talk, jobs_default};

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
    /// Target, empty (with -C any database): name, URI or key=value
    #[arg(short, long, value_name = "CONN")]
    pub dbname: Option<Target>,
    /// Make the database itself, with all that the source's has
    #[arg(short = 'C', long)]
    pub create: bool,
    /// With -C: make it with the server's own locale
    #[arg(long, requires = "create")]
    pub target_locale: bool,
    /// Sessions that write in parallel [default: the cores, at most 8]
    #[arg(short, long, value_name = "N", default_value_t = jobs_default(), hide_default_value = true,
        value_parser = jobs)]
    pub jobs: usize,
    /// Memory of each session for building indexes, as 512MB [default: from the server's settings]
    #[arg(long, value_name = "SIZE")]
    pub maintenance_work_mem: Option<String>,
    /// Do not ask; needed where nobody can be asked
    #[arg(short, long)]
    pub yes: bool,
    /// Show the plan and stop
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// First restore the archive's roles, memberships and tablespaces
    #[arg(long)]
    pub globals: bool,
    /// Restore these and nothing else
    #[arg(long, conflicts_with_all = ["globals", "create"])]
    pub globals_only: bool,
    /// Go on after errors, list what failed, end with exit 3
    #[arg(long)]
    pub keep_going: bool,
    /// Pause while the server suffers [lag=10s,active=4,pause=5min]
    #[arg(long, value_name = "LIMITS", value_parser = nice, num_args = 0..=1, require_equals = true,
        default_missing_value = "")]
    pub nice: Option<Limits>,
    /// Give up when the server is silent for so long (30min)
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub stall_timeout: Option<Duration>,
    /// Leave out ownership: everything belongs to the restoring role
    #[arg(short = 'O', long)]
    pub no_owner: bool,
    /// Leave out GRANT, REVOKE and default privileges
    #[arg(short = 'x', long)]
    pub no_privileges: bool,
    /// Leave out security labels
    #[arg(long)]
    pub no_security_labels: bool,
    /// Leave out optimizer statistics; ANALYZE makes new ones
    #[arg(long)]
    pub no_statistics: bool,
    /// Do not ANALYZE what has no statistics
    #[arg(long)]
    pub no_analyze: bool,
    /// Where to connect to.
    #[command(flatten)]
    pub connection: Connection,
    /// How to talk.
    #[command(flatten)]
    pub talk: Talk,
}
