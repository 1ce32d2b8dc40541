//! Object kinds: what the catalog says of an object, and the DDL that makes it again.
//!
//! One file per kind, all of one shape: the struct (one documented field per column of `schema/catalog/<kind>.sql`),
//! its [`Object`] implementation, tests from JSON to SQL. Pure: nothing here talks to a server.

pub mod acl;
mod column;
mod database;
mod id;
mod kind;
mod object;

pub use column::Column;
pub use database::Database;
pub use id::{CatalogId, Class};
pub use kind::{Kind, Nouns};
pub use object::{Object, Scope};
