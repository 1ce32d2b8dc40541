//! Object kinds: what the catalog says of an object, and the DDL that makes it again.
//!
//! One file per kind, all of one shape: the struct (one documented field per column of `schema/catalog/<kind>.sql`),
//! its [`Object`] implementation, tests from rows to SQL. Pure: nothing here talks to a server.

mod id;
mod kind;
#[expect(clippy::module_inception, reason = "the trait is the module's subject")]
mod object;

mod column;
mod database;
mod derived;
mod facet;
mod options;
mod repair;
mod setting;

pub mod acl;
pub mod check;
pub mod composite;
pub mod default;
pub mod default_acl;
pub mod domain;
pub mod domain_check;
pub mod enumeration;
pub mod extension;
pub mod foreign_key;
pub mod function;
pub mod index;
pub mod key;
pub mod large_object;
pub mod materialized_view;
pub mod not_null;
pub mod policy;
pub mod range;
pub mod schema;
pub mod sequence;
pub mod table;
pub mod trigger;
pub mod view;
pub mod view_rule;

pub use acl::AclRow;
pub use column::Column;
pub use database::{Database, Lookup, QUERIES, Rows};
pub use derived::Derived;
pub use facet::{
    Alias, Comment, Depend, Facts, LeftBehind, Member, Parent, SystemColumn, TypeFact, Unsupported,
};
pub use id::{CatalogId, Class};
pub use kind::{Kind, Nouns};
pub use object::{Object, Scope};
pub use repair::{Repair, Repairs};
pub use setting::Assignment;
