//! `pgark schema`: the definitions, or the globals, as SQL.

use pgark::inspect::{globals, schema};
use pgark::mapping::{Mapping, Names};
use pgark::sql::bytes::to_server;

use super::arguments::Schema;
use super::report::{Report, Scene};
use super::{Outcome, exit, stdio};

/// Prints.
pub fn run(arguments: &Schema) -> Outcome {
    let scene = Scene { command: "schema", archive: Some(&arguments.archive), ..Scene::default() };
    let roles = Names::new(arguments.map_role.iter().cloned());
    let roles = roles.map_err(|error| Report::new(exit::USAGE, error))?;
    let mapping = Mapping { roles, ..Mapping::default() };
    let sql = match arguments.globals {
        true => globals(&arguments.archive, arguments.role_passwords),
        false => schema(&arguments.archive, &mapping),
    };
    let sql = sql.map_err(|error| Report::inspect(&error, &scene))?;
    stdio::write(&to_server(&sql))?;
    Ok(exit::DONE)
}
