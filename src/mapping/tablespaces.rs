//! Tablespaces: those of relations, and the database's own.

use std::collections::BTreeSet;

use super::{Error, Named, Names};
use crate::manifest::Catalog;

/// Maps them.
///
/// # Errors
/// Names that the catalog does not have.
pub fn map(catalog: &mut Catalog, names: &Names) -> Result<(), Error> {
    if names.is_empty() {
        return Ok(());
    }
    let mut known = BTreeSet::new();
    let own = Some(&mut catalog.database.tablespace).filter(|name| !name.is_empty());
    for name in catalog.entries.iter_mut().filter_map(|entry| entry.tablespace.as_mut()).chain(own) {
        known.insert(name.clone());
        names.map(name);
    }
    names.check(Named::Tablespace, known)
}
