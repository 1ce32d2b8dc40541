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

pub mod access_method;
pub mod acl;
pub mod aggregate;
pub mod base_type;
pub mod cast;
pub mod changed_acl;
pub mod check;
pub mod collation;
pub mod composite;
pub mod conversion;
pub mod default;
pub mod default_acl;
pub mod domain;
pub mod domain_check;
pub mod enumeration;
pub mod event_trigger;
pub mod extension;
pub mod family_member;
pub mod foreign_data_wrapper;
pub mod foreign_key;
pub mod foreign_server;
pub mod foreign_table;
pub mod function;
pub mod index;
pub mod key;
pub mod language;
pub mod large_object;
pub mod materialized_view;
pub mod not_null;
pub mod operator;
pub mod operator_class;
pub mod operator_family;
pub mod policy;
pub mod publication;
pub mod publication_schema;
pub mod publication_table;
pub mod range;
pub mod rule;
pub mod schema;
pub mod sequence;
pub mod shell_type;
pub mod statistics_object;
pub mod subscription;
pub mod table;
mod text;
pub mod transform;
pub mod trigger;
pub mod ts_configuration;
pub mod ts_dictionary;
pub mod ts_parser;
pub mod ts_template;
pub mod user_mapping;
pub mod view;
pub mod view_rule;

pub use acl::AclRow;
pub use column::Column;
pub use database::{Database, Lookup, QUERIES, Rows};
pub use derived::Derived;
pub use facet::{
    Alias, Comment, Depend, Facts, LeftBehind, Member, Parent, SecurityLabel, SystemColumn, TypeFact,
    Unsupported,
};
pub use id::{CatalogId, Class};
pub use kind::{Kind, Nouns};
pub use object::{Object, Scope};
pub use options::option_list;
pub use repair::{Repair, Repairs};
pub use setting::Assignment;
pub use text::Text;
