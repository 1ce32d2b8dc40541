//! `pgark doctor`.

use std::path::PathBuf;

use clap::Args;

use super::connection::Target;
use super::dump::jobs;
use super::{Connection, TEMPLATE, jobs_default};

/// Arguments of `pgark doctor`.
#[derive(Args, Debug)]
#[command(
    help_template = TEMPLATE,
    before_help = "\
Examples:
  pgark doctor app --output /backup                 can this role dump app? what will hurt?
  pgark doctor \"host=db2 dbname=app2\" --archive app.pgark      can it be restored there?
  pgark doctor postgresql://backup@db1/app --json | jq '.findings[] | select(.level != \"ok\")'",
    after_help = "Ends with 0 if nothing stops the dump (with --archive: the restore), and with 12 if something does."
)]
pub struct Doctor {
    /// Database name, URI or key=value string
    #[arg(value_name = "CONN", conflicts_with = "dbname")]
    pub conn: Option<Target>,
    /// The same, as a flag
    #[arg(short, long, value_name = "CONN")]
    pub dbname: Option<Target>,
    /// Archive that is to be restored into the database
    #[arg(long, value_name = "FILE")]
    pub archive: Option<PathBuf>,
    /// File or folder that a dump would be written to: is there room?
    #[arg(long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// Sessions that are wanted [default: the cores, at most 8]
    #[arg(short, long, value_name = "N", default_value_t = jobs_default(), hide_default_value = true,
        value_parser = jobs)]
    pub jobs: usize,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Where to connect to.
    #[command(flatten)]
    pub connection: Connection,
}
