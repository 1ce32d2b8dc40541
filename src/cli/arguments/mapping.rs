//! Names that are others on the target, and roles that it lacks.

use clap::Args;
use pgark::mapping::{Mapping, Named, Names, Pair};

/// Heading of these options.
const NAMES: &str = "Other names on the target";

/// `--map-role` and its like.
#[derive(Args, Debug)]
#[command(next_help_heading = NAMES)]
pub struct Map {
    /// The role OLD of the archive is NEW on the target; repeatable
    #[arg(hide_short_help = true, long, value_name = "OLD=NEW", value_parser = role,
        conflicts_with_all = ["globals", "globals_only"])]
    pub map_role: Vec<Pair>,
    /// The schema OLD gets the name NEW at the end; repeatable
    #[arg(hide_short_help = true, long, value_name = "OLD=NEW", value_parser = schema,
        conflicts_with_all = ["clean", "globals_only"])]
    pub map_schema: Vec<Pair>,
    /// The tablespace OLD is NEW on the target; repeatable
    #[arg(hide_short_help = true, long, value_name = "OLD=NEW", value_parser = tablespace,
        conflicts_with_all = ["globals", "globals_only"])]
    pub map_tablespace: Vec<Pair>,
    /// First make the roles that the target lacks, without login or any attribute
    #[arg(hide_short_help = true, long, conflicts_with = "globals_only")]
    pub create_missing_roles: bool,
}

impl Map {
    /// What the library maps.
    ///
    /// # Errors
    /// An old name that has two new ones.
    pub fn mapping(&self) -> Result<Mapping, String> {
        Ok(Mapping {
            roles: Names::new(self.map_role.iter().cloned())?,
            schemas: Names::new(self.map_schema.iter().cloned())?,
            tablespaces: Names::new(self.map_tablespace.iter().cloned())?,
        })
    }
}

/// A pair of roles.
pub(super) fn role(text: &str) -> Result<Pair, String> {
    Named::Role.pair(text)
}

fn schema(text: &str) -> Result<Pair, String> {
    Named::Schema.pair(text)
}

fn tablespace(text: &str) -> Result<Pair, String> {
    Named::Tablespace.pair(text)
}
