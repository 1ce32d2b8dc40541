//! `pgark cat`: the rows of a table.

use std::io::{BufWriter, IsTerminal as _};
use std::os::unix::ffi::OsStrExt as _;

use pgark::inspect::{Format, cat};
use pgark::sql::bytes::from_server;

use super::arguments::{Cat, RowsAs};
use super::report::{Report, Scene};
use super::{Outcome, exit};

/// Rows are small, and each write costs a system call.
const BUFFER: usize = 256 << 10;

/// Prints.
pub fn run(arguments: &Cat) -> Outcome {
    let scene = Scene { command: "cat", archive: Some(&arguments.archive), ..Scene::default() };
    let format = match arguments.format {
        RowsAs::Csv => Format::Csv,
        RowsAs::Jsonl => Format::Jsonl,
        RowsAs::Copy => Format::Copy,
        RowsAs::Binary => Format::Binary,
    };
    let out = std::io::stdout().lock();
    if format == Format::Binary && out.is_terminal() {
        return Err(Report::new(exit::USAGE, "binary rows are not for a terminal")
            .hint("write them to a file: pgark cat ARCHIVE TABLE --format binary > rows"));
    }
    let table = from_server(arguments.table.as_bytes());
    cat(&arguments.archive, &table, format, &mut BufWriter::with_capacity(BUFFER, out))
        .map_err(|error| Report::inspect(&error, &scene))?;
    Ok(exit::DONE)
}
