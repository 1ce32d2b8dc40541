//! The archive format and its files. `schema/archive/FORMAT.md` is the normative text.
