//! What the integration tests stand on: real servers, an oracle that is not pgark, and the binary itself.
//!
//! Nothing here uses the library under test. Servers are spoken to by `psql`, fidelity is judged by
//! `pg_dump` 18; both come from `scripts/servers`.

mod authority;
mod background;
mod cli;
mod cluster;
mod content;
mod database;
mod diff;
mod downgrade;
mod label_provider;
mod oracle;
mod pgbouncer;
mod probe;
mod random;
mod server;
mod turns;

pub use authority::Authority;
pub use background::Background;
pub use cli::{Outcome, Running, TestCli, send_signal};
pub use cluster::Cluster;
pub use content::{Content, row_hashes};
pub use database::TestDatabase;
pub use diff::{content_diff, diff, differences};
pub use downgrade::downgrade;
pub use label_provider::LabelProvider;
pub use oracle::{
    oracle_archive, oracle_dump, oracle_dump_create, oracle_globals, oracle_restore, oracle_statistics,
    oracle_toc, oracle_version, psql, psql_file, replay, tls_psql, tool,
};
pub use pgbouncer::PgBouncer;
pub use probe::{Manner, Probe};
pub use random::Random;
pub use server::{TestServer, majors, password};
pub use turns::Turns;
