//! `pgark schema`: the definitions, or the globals, as SQL.

use std::io::Write as _;
use std::path::Path;

use pgark::archive::{Output, Overwrite, StoreError};
use pgark::inspect::{Error, Form, Options, globals, schema};
use pgark::mapping::{Mapping, Names};
use pgark::selection::{Content, Place, Selection};
use pgark::sql::bytes::to_server;

use super::arguments::Schema;
use super::report::{Report, Scene};
use super::{Outcome, exit, select, stdio};

/// Prints.
pub fn run(arguments: &Schema) -> Outcome {
    let scene = Scene { command: "schema", archive: Some(&arguments.archive), ..Scene::default() };
    let report = |error: Error| Report::inspect(&error, &scene);
    let form = match (&arguments.restrict_key, arguments.json) {
        (_, true) => Form::Json,
        (Some(key), _) => Form::Psql { key: key.clone() },
        (None, _) => Form::psql().map_err(report)?,
    };
    let sql = match arguments.globals {
        true => globals(&arguments.archive, arguments.role_passwords, &form),
        false => {
            let roles = Names::new(arguments.map_role.iter().cloned());
            let roles = roles.map_err(|error| Report::new(exit::USAGE, error))?;
            let options = Options {
                mapping: Mapping { roles, ..Mapping::default() },
                selection: selection(arguments)?,
                list: arguments.picks.use_list.as_deref().map(select::list).transpose()?,
                clean: arguments.clean,
                create: arguments.create,
                form,
            };
            schema(&arguments.archive, &options)
        }
    };
    let sql = sql.map_err(report)?;
    match arguments.file.as_deref().filter(|file| file.as_os_str() != "-") {
        Some(file) => {
            save(file, arguments.force, &to_server(&sql)).map_err(|error| Report::output(&error))?
        }
        None => stdio::write(&to_server(&sql))?,
    }
    Ok(exit::DONE)
}

fn selection(arguments: &Schema) -> Result<Selection, Report> {
    let content = Content { sections: select::sections(&arguments.section), ..Content::default() };
    let content = Selection { content, ..Selection::default() };
    let selection = select::named(&arguments.names, arguments.leave_out, Place::Restore, content)?;
    select::picked(selection, &arguments.picks, &arguments.extension)
}

fn save(file: &Path, force: bool, bytes: &[u8]) -> Result<(), StoreError> {
    let mut output = Output::create(file, if force { Overwrite::Replace } else { Overwrite::Never })?;
    output.write_all(bytes).map_err(|error| StoreError::new("write", file, error))?;
    output.commit()
}
