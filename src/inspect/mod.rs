//! What is in an archive, without a server: its contents, its definitions as SQL, the rows of a table.
//!
//! ```no_run
//! # fn main() -> Result<(), pgark::inspect::Error> {
//! let contents = pgark::inspect::contents("app.pgark".as_ref())?;
//! for table in &contents.tables {
//!     println!("{}: {} rows", table.label, table.rows);
//! }
//! # Ok(())
//! # }
//! ```

mod contents;
mod error;
mod globals;
mod rows;
mod schema;
mod table_name;

use std::io::Write;
use std::path::Path;

pub use contents::{Contents, LargeObjects, Object, Table};
pub use error::Error;
pub use globals::globals_sql;
pub use rows::Format;
pub use schema::{restrict_key, schema_sql};
pub use table_name::NameError;

use crate::archive::{ArchiveFile, Limits};
use crate::mapping::Mapping;

/// What is in the archive `path`: reads its table of contents and its JSON records, none of its rows.
///
/// # Errors
/// Not found, no archive, damaged, truncated, of a newer version.
pub fn contents(path: &Path) -> Result<Contents, Error> {
    let archive = ArchiveFile::open(path, Limits::default())?;
    let (begin, catalog, late) = (archive.begin()?, archive.catalog()?, archive.late()?);
    Ok(Contents::new(&archive, begin, catalog, late))
}

/// The definitions in the archive `path`, as [`schema_sql`] prints them under a random key, with some names exchanged.
///
/// # Errors
/// As [`contents`]; [`Error::Mapping`].
pub fn schema(path: &Path, mapping: &Mapping) -> Result<String, Error> {
    let archive = ArchiveFile::open(path, Limits::default())?;
    let mut catalog = archive.catalog()?;
    mapping.apply(&mut catalog)?;
    schema_sql(&archive.begin()?, &catalog, &restrict_key()?)
}

/// The globals in the archive `path`, as [`globals_sql`] prints them under a random key.
///
/// # Errors
/// As [`contents`]; [`Error::NoGlobals`].
pub fn globals(path: &Path, passwords: bool) -> Result<String, Error> {
    let archive = ArchiveFile::open(path, Limits::default())?;
    let globals = archive.catalog()?.globals.ok_or(Error::NoGlobals)?;
    globals_sql(&archive.begin()?, &globals, &restrict_key()?, passwords)
}

/// Writes the rows of a table in the archive `path`, in the order and the encoding of the dump, and returns their number.
///
/// `table` is a name as SQL writes it, with its schema, or to be found in the search_path of whoever dumped. Memory: a frame,
/// or one row with the text of one value of it, where those are larger. What was written before an error is good, but not all.
///
/// # Errors
/// As [`contents`]; [`Error::Name`]; rows that cannot be printed in this format; `out` fails ([`Error::Output`]).
pub fn cat(path: &Path, table: &str, format: Format, out: &mut impl Write) -> Result<u64, Error> {
    let archive = ArchiveFile::open(path, Limits::default())?;
    rows::print(&archive, table, format, out)
}
