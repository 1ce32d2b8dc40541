//! The integration tests: one binary, one module per topic.

mod archive_corruption;
mod archive_hostile;
mod archive_round_trip;
mod archive_sample;
mod archive_tools;
mod support;
