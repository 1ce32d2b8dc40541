//! An archive that is open, with what is asked of it: names that are others on the target, entries that take no part.

use super::error::Error;
use super::plan::Omit;
use super::roles::Named;
use super::source::{self, Source};
use super::{Globals, Input, Options};
use crate::manifest::{Begin, Catalog};
use crate::selection::Taken;

/// What a restore starts from.
pub struct Opened {
    /// Its rows.
    pub source: Source,
    /// Where it comes from.
    pub begin: Begin,
    /// Its entries, with those that are left out.
    pub catalog: Catalog,
    /// What the selection made of them.
    pub taken: Taken,
    /// Statements that are left out.
    pub omit: Omit,
    /// What takes part is dropped before it is made.
    pub cleans: bool,
    /// Roles that only what is left out names.
    pub unused: Named,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl Opened {
    /// Opens it.
    ///
    /// # Errors
    /// An archive that cannot be read; names that it does not have; what cannot be done from a pipe.
    pub async fn new(input: &Input, options: &Options) -> Result<Self, Error> {
        let (source, begin, mut catalog) = source::open(input).await?;
        let mut left_out = options.selection.leave_out;
        left_out.add_names(&catalog.left_out);
        let only = options.globals == Globals::Only;
        if only {
            catalog = Catalog { catalog: catalog.catalog, globals: catalog.globals, ..Catalog::default() };
        }
        // Before names are chosen: whether a name is known does not depend on what takes part.
        let warnings = options.mapping.apply(&mut catalog)?;
        let mut omit = Omit::from(left_out);
        let unused = Named::by_what_is_left_out(&catalog, omit);
        let listed = options.list.as_deref();
        let taken = options.selection.take(&mut catalog, listed, &begin.source.database)?;
        omit.public = taken.leaves_public && !only;
        if taken.leaves_public {
            catalog.database.public = None;
        }
        if catalog.partial && options.create.is_none() {
            // They are the database's, of which this is a part.
            catalog.database.settings.clear();
        }
        let is_pipe = matches!(source, Source::Stream(_));
        let cleans = options.clean && options.create.is_none() && !only;
        if cleans && !options.single_transaction && is_pipe {
            return Err(Error::CleanFromPipe);
        }
        Ok(Self { source, begin, catalog, taken, omit, cleans, unused, warnings })
    }
}
