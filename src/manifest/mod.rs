//! What an archive says in JSON, besides its rows: BEGIN, CATALOG, STATISTICS, LATE (FORMAT.md, "JSON records").
//!
//! Restore needs nothing else: it never has to understand an object kind. Unknown fields are ignored.

mod begin;
mod data_type;
mod database;
mod entry;
mod globals;
mod late;
mod statistics;

pub use begin::{Begin, Features, Source};
pub use data_type::{DataType, TypeField, TypeForm};
pub use database::{Catalog, Database, DatabaseLabel, Missing, PublicSchema, Setting};
pub use entry::{Acl, Column, Data, Entry, Pass, RowFormat, Section, SecurityLabel};
pub use globals::{Globals, Membership, Parameter, Role, Tablespace};
pub use late::{Late, SequenceValue, TableTotal};
pub use statistics::{ColumnStatistics, RelationStatistics, Statistics, StatisticsTotal};
