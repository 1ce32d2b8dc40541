//! The section that a node ends up in.

use crate::manifest::Section;
use crate::object::{CatalogId, Kind};

use crate::object::{Repair, Repairs};

/// The section of an object's own statement once loops are broken.
///
/// A part that another statement prints has none; for it the answer is where it would go if separated.
pub fn section(id: CatalogId, kind: Kind, repairs: &Repairs) -> Section {
    if repairs.has(id, Repair::Postponed) { Section::PostData } else { kind.section() }
}
