//! Texts of catalog rows.

/// A name, a code or an expression. Up to 24 bytes are kept in place: a catalog of ten thousand tables has a million
/// texts, nearly all of them that short, and as many small allocations would be a third of a dump's memory.
pub type Text = compact_str::CompactString;
