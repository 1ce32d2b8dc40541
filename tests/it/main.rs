//! The integration tests: one binary, one module per topic.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test reads files and the environment, and says what it skips"
)]

mod any_order;
mod archive_corruption;
mod archive_hostile;
mod archive_round_trip;
mod archive_sample;
mod archive_tools;
mod authentication;
mod authority;
mod beyond_pg_dump;
mod big_rows;
mod canary;
mod cat;
mod cat_command;
mod cat_values;
mod catalog_oids;
mod clean;
mod cli_commands;
mod cli_errors;
mod cli_help;
mod cli_lock;
mod cli_offline;
mod cli_signals;
mod conninfo;
mod conninfo_server;
mod create;
mod create_refused;
mod create_stopped;
mod doctor;
mod extension_version;
mod fault;
mod foreign_data;
mod globals;
mod globals_reported;
mod grants;
mod hostile_settings;
mod islands;
mod keep_going;
mod kill;
mod left_behind;
mod map_role;
mod map_schema;
mod newer_server;
mod nice;
mod older_target;
mod options;
mod packaging;
mod password_command;
mod pooler;
mod reading;
mod replace;
mod round_trip;
mod round_trips;
mod rows_alone;
mod rows_alone_triggers;
mod schema_script;
mod search_path;
mod security_label;
mod selection;
mod selection_pg_restore;
mod selection_restore;
mod servers;
mod single_transaction;
mod slots;
mod stall;
mod standby;
mod statistics;
mod stream;
mod support;
mod tablespace;
mod tls;
