//! `pgark schema`.

use std::path::PathBuf;

use clap::Args;
use pgark::mapping::Pair;

use super::mapping::role;
use super::select::{Names, SELECTION};
use super::value::{definitions_section, restrict_key};
use super::{LeaveOut, Picks, SectionName, TEMPLATE};

/// Arguments of `pgark schema`.
#[derive(Args, Debug)]
#[command(
    help_template = TEMPLATE,
    before_help = "\
Examples:
  pgark schema app.pgark > app.sql
  pgark schema app.pgark -C | psql -d postgres -v ON_ERROR_STOP=1
  pgark schema app.pgark -t 'app.order*' -O -x
  pgark schema app.pgark --json                 a JSON object per statement
  pgark schema app.pgark --globals > roles.sql"
)]
pub struct Schema {
    /// Archive to read
    pub archive: PathBuf,
    /// File to write; - for stdout, which is the default
    #[arg(short, long, value_name = "FILE|-")]
    pub file: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long)]
    pub force: bool,
    /// First drop what is made
    #[arg(short, long)]
    pub clean: bool,
    /// What -c does anyway
    #[arg(long, hide = true, requires = "clean")]
    pub if_exists: bool,
    /// Make the database itself, and go on in it
    #[arg(short = 'C', long)]
    pub create: bool,
    /// For drivers: a line of JSON per statement, without commands of psql
    #[arg(long)]
    pub json: bool,
    /// The key of \restrict, letters and digits [default: a random one]
    #[arg(long, value_name = "KEY", value_parser = restrict_key, conflicts_with = "json", hide_short_help = true)]
    pub restrict_key: Option<String>,
    /// Print NEW for the role OLD; repeatable
    #[arg(long, value_name = "OLD=NEW", value_parser = role, conflicts_with = "globals")]
    pub map_role: Vec<Pair>,
    /// Print the roles, memberships and tablespaces of the cluster instead
    #[arg(long, conflicts_with_all = ["clean", "create", "section", "extension", "Names", "Picks", "LeaveOut"])]
    pub globals: bool,
    /// With the hashes of the roles' passwords
    #[arg(long, requires = "globals")]
    pub role_passwords: bool,
    /// What it does anyway
    #[arg(short, long, hide = true)]
    pub schema_only: bool,
    /// Patterns of names.
    #[command(flatten)]
    pub names: Names,
    /// This section: pre-data or post-data
    #[arg(long, value_parser = definitions_section, value_name = "SECTION", hide_short_help = true,
        help_heading = SELECTION)]
    pub section: Vec<SectionName>,
    /// These extensions, and nothing else that is in no schema
    #[arg(short = 'e', long, value_name = "PATTERN", hide_short_help = true, help_heading = SELECTION)]
    pub extension: Vec<String>,
    /// Single objects and entries.
    #[command(flatten)]
    pub picks: Picks,
    /// What is left out.
    #[command(flatten)]
    pub leave_out: LeaveOut,
}
