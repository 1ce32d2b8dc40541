//! Optimizer statistics (objects.md §39): from the archive into a target that takes them (18 and newer), ANALYZE for
//! whatever is without. They help whoever queries next; a restore without them is still whole, so a failure is a
//! warning.
//!
//! They come after everything that would overwrite them: CREATE INDEX counts the rows of its table, REFRESH makes
//! the view anew.

mod analyze;
mod apply;
mod records;

pub use analyze::analyze;
pub use apply::{are_taken, restore};
pub use records::{Kept, Records};
