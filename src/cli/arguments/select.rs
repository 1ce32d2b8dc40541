//! What takes part, in a dump, a restore, a script: pg_dump's words and pg_restore's.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Heading of what selects.
pub const SELECTION: &str = "Selection (patterns as for psql; repeatable)";
/// Heading of what is left out.
pub const LEFT_OUT: &str = "Left out";

/// Patterns of names.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = SELECTION)]
pub struct Names {
    /// These schemas and what they contain
    #[arg(short = 'n', long, value_name = "PATTERN")]
    pub schema: Vec<String>,
    /// Not these schemas
    #[arg(short = 'N', long, value_name = "PATTERN")]
    pub exclude_schema: Vec<String>,
    /// These tables, views, sequences, with what hangs on them
    #[arg(short = 't', long, value_name = "PATTERN")]
    pub table: Vec<String>,
    /// The same with partitions and children
    #[arg(long, value_name = "PATTERN", hide_short_help = true)]
    pub table_and_children: Vec<String>,
    /// Not these tables, views, sequences
    #[arg(short = 'T', long, value_name = "PATTERN")]
    pub exclude_table: Vec<String>,
    /// Nor their partitions and children
    #[arg(long, value_name = "PATTERN", hide_short_help = true)]
    pub exclude_table_and_children: Vec<String>,
    /// Not these extensions
    #[arg(long, value_name = "PATTERN", hide_short_help = true)]
    pub exclude_extension: Vec<String>,
    /// Rules from a file of pg_dump's format; - for stdin
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub filter: Vec<PathBuf>,
    /// Each pattern has to match something
    #[arg(long, hide_short_help = true)]
    pub strict_names: bool,
}

/// Names, and which parts of their objects.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = SELECTION)]
pub struct Select {
    /// Patterns of names.
    #[command(flatten)]
    pub names: Names,
    /// Of these tables no rows
    #[arg(long, value_name = "PATTERN", hide_short_help = true)]
    pub exclude_table_data: Vec<String>,
    /// Nor of their partitions and children
    #[arg(long, value_name = "PATTERN", hide_short_help = true)]
    pub exclude_table_data_and_children: Vec<String>,
    /// Definitions only: no rows, values or statistics
    #[arg(short, long, conflicts_with = "data_only")]
    pub schema_only: bool,
    /// Rows, values of sequences and large objects only
    #[arg(short = 'a', long)]
    pub data_only: bool,
    /// With -s: values of sequences nevertheless
    #[arg(long, hide_short_help = true)]
    pub sequence_data: bool,
    /// This section: pre-data, data or post-data
    #[arg(long, value_enum, value_name = "SECTION", hide_possible_values = true, hide_short_help = true)]
    pub section: Vec<SectionName>,
    /// Large objects although names are selected
    #[arg(short = 'b', long, alias = "blobs", hide_short_help = true)]
    pub large_objects: bool,
    /// No large objects
    #[arg(short = 'B', long, alias = "no-blobs", hide_short_help = true)]
    pub no_large_objects: bool,
}

/// Single objects and entries of an archive.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = SELECTION)]
pub struct Picks {
    /// These indexes
    #[arg(short = 'I', long, value_name = "PATTERN", hide_short_help = true)]
    pub index: Vec<String>,
    /// These functions: name, or name(types)
    #[arg(short = 'P', long, value_name = "PATTERN", hide_short_help = true)]
    pub function: Vec<String>,
    /// These triggers: name, or 'table name'
    #[arg(long, alias = "triggers", value_name = "PATTERN", hide_short_help = true)]
    pub trigger: Vec<String>,
    /// Of -t nothing but the relation itself and its rows
    #[arg(long, requires = "table", hide_short_help = true)]
    pub only: bool,
    /// The entries in this file, in its order: `list --toc`, edited
    #[arg(short = 'L', long, value_name = "FILE")]
    pub use_list: Option<PathBuf>,
}

/// `--section`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SectionName {
    /// Definitions that stand before the rows.
    PreData,
    /// Rows, values of sequences, large objects.
    Data,
    /// Indexes, constraints, triggers, refreshes.
    PostData,
}

/// What is left out wherever it is met.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = LEFT_OUT)]
pub struct LeaveOut {
    /// Ownership
    #[arg(short = 'O', long)]
    pub no_owner: bool,
    /// GRANT, REVOKE and default privileges
    #[arg(short = 'x', long, alias = "no-acl")]
    pub no_privileges: bool,
    /// Comments
    #[arg(long, hide_short_help = true)]
    pub no_comments: bool,
    /// Row security: policies, and that it is enabled
    #[arg(long, hide_short_help = true)]
    pub no_policies: bool,
    /// Publications
    #[arg(long, hide_short_help = true)]
    pub no_publications: bool,
    /// Security labels
    #[arg(long, hide_short_help = true)]
    pub no_security_labels: bool,
    /// Subscriptions
    #[arg(long, hide_short_help = true)]
    pub no_subscriptions: bool,
    /// Tablespaces: everything goes to the default one
    #[arg(long, hide_short_help = true)]
    pub no_tablespaces: bool,
    /// Table access methods: every table gets the default one
    #[arg(long, hide_short_help = true)]
    pub no_table_access_method: bool,
}
