//! `pgark schema`: the definitions as SQL.

use pgark::inspect::schema;
use pgark::sql::bytes::to_server;

use super::arguments::Schema;
use super::report::{Report, Scene};
use super::{Outcome, exit, stdio};

/// Prints.
pub fn run(arguments: &Schema) -> Outcome {
    let scene = Scene { command: "schema", archive: Some(&arguments.archive), ..Scene::default() };
    let sql = schema(&arguments.archive).map_err(|error| Report::inspect(&error, &scene))?;
    stdio::write(&to_server(&sql))?;
    Ok(exit::DONE)
}
