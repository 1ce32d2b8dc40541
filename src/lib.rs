//! pgark: a native logical dump and restore engine for PostgreSQL.
//!
//! The modules in reading order; ARCHITECTURE.md has the table of what each may import.
//!
//! - [`version`]: server versions and ranges of majors
//! - [`sql`]: identifiers, literals, statements with role names kept apart
//! - [`event`], [`context`]: what an operation reports, and what every operation is given
//! - [`manifest`]: what an archive says in JSON: entries, facts, totals
//! - [`object`]: one file per object kind: what the catalog says of it, and its DDL
//! - [`mapping`]: other names for roles, schemas, tablespaces
//! - [`graph`]: a deterministic order that respects dependencies; loops and their repair; the ready-queue
//! - [`archive`]: the file format: records, codec, reader, writer, store
//! - [`selection`]: which objects take part: patterns, filter files, pg_dump's rules
//! - [`server`]: the only door to PostgreSQL: connection strings, TLS, sessions, COPY streams
//! - [`catalog`]: reads a server into an [`object::Database`]
//! - [`globals`]: roles, memberships, tablespaces: reads and compares those of clusters
//! - [`copy`]: rows between a server and frames
//! - [`preflight`]: what can be known of a server before the work begins
//! - [`nice`]: pauses while a server suffers
//! - [`dump`], [`restore`], [`verify`], [`inspect`], [`doctor`]: the use-cases
//! - [`value`]: values in binary form as text and JSON

pub mod archive;
pub mod catalog;
pub mod context;
pub mod copy;
pub mod doctor;
pub mod dump;
pub mod event;
pub mod globals;
pub mod graph;
pub mod inspect;
pub mod manifest;
pub mod mapping;
pub mod nice;
pub mod object;
pub mod preflight;
pub mod restore;
pub mod selection;
pub mod server;
pub mod sql;
pub mod value;
pub mod verify;
pub mod version;
