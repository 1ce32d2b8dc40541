//! `pgark verify`, `list`, `info`, `schema`, `cat`: an archive and no server.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pgark::mapping::Pair;

use super::dump::jobs;
use super::mapping::role;
use super::{TEMPLATE, Talk, jobs_default};

/// Arguments of `pgark verify`.
#[derive(Args, Debug)]
#[command(
    help_template = TEMPLATE,
    before_help = "\
Examples:
  pgark verify app.pgark                  every byte against its checksum
  pgark verify app.pgark --deep           decompresses, walks the rows, compares the content of each table
  ssh store 'cat app.pgark' | pgark verify -"
)]
pub struct Verify {
    /// Archive to check; - for stdin
    #[arg(value_name = "ARCHIVE|-")]
    pub archive: PathBuf,
    /// Also decompress and walk every row
    #[arg(long)]
    pub deep: bool,
    /// Threads that read [default: the cores, at most 8]
    #[arg(short, long, value_name = "N", default_value_t = jobs_default(), hide_default_value = true,
        value_parser = jobs)]
    pub jobs: usize,
    /// How to talk.
    #[command(flatten)]
    pub talk: Talk,
}

/// Arguments of `pgark list`.
#[derive(Args, Debug)]
#[command(
    help_template = TEMPLATE,
    before_help = "\
Examples:
  pgark list app.pgark --sort size        tables, the largest first
  pgark list app.pgark --toc              every object, in restore order
  pgark list app.pgark --json | jq '.tables[].name'"
)]
pub struct List {
    /// Archive to read
    pub archive: PathBuf,
    /// Order of the tables: name, size (raw bytes) or rows
    #[arg(long, value_enum, value_name = "BY", default_value_t = Sort::Name, hide_default_value = true,
        hide_possible_values = true)]
    pub sort: Sort,
    /// List every object in restore order instead
    #[arg(long)]
    pub toc: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `--sort`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// By name.
    Name,
    /// Largest first.
    Size,
    /// Most rows first.
    Rows,
}

/// Arguments of `pgark info`.
#[derive(Args, Debug)]
#[command(
    help_template = TEMPLATE,
    before_help = "\
Examples:
  pgark info app.pgark
  pgark info app.pgark --json | jq -r .identity"
)]
pub struct Info {
    /// Archive to read
    pub archive: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `pgark schema`.
#[derive(Args, Debug)]
#[command(
    help_template = TEMPLATE,
    before_help = "\
Examples:
  pgark schema app.pgark > app.sql
  pgark schema app.pgark | psql -d empty -v ON_ERROR_STOP=1
  pgark schema app.pgark --globals > roles.sql"
)]
pub struct Schema {
    /// Archive to read
    pub archive: PathBuf,
    /// Print NEW for the role OLD; repeatable
    #[arg(long, value_name = "OLD=NEW", value_parser = role, conflicts_with = "globals")]
    pub map_role: Vec<Pair>,
    /// Print the roles, memberships and tablespaces of the cluster instead
    #[arg(long)]
    pub globals: bool,
    /// With the hashes of the roles' passwords
    #[arg(long, requires = "globals")]
    pub role_passwords: bool,
}

/// Arguments of `pgark cat`.
#[derive(Args, Debug)]
#[command(
    help_template = TEMPLATE,
    before_help = "\
Examples:
  pgark cat app.pgark orders | head                      CSV with a header
  pgark cat app.pgark app.orders --format jsonl | jq .total
  pgark cat app.pgark 'app.\"Odd name\"' --format copy | psql -d app -c 'COPY t FROM STDIN'"
)]
pub struct Cat {
    /// Archive to read
    pub archive: PathBuf,
    /// Table, as SQL writes it; without a schema it is looked for in the search_path of the dump
    pub table: OsString,
    /// How to print the rows: csv, jsonl (a JSON object per line), copy (COPY's text) or binary
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = RowsAs::Csv, hide_possible_values = true)]
    pub format: RowsAs,
}

/// `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RowsAs {
    /// COPY's CSV, with a header.
    Csv,
    /// JSON, an object per line.
    Jsonl,
    /// COPY's text.
    Copy,
    /// COPY's binary file.
    Binary,
}
