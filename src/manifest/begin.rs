//! The record BEGIN.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The record BEGIN: what made this archive, from where.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Begin {
    /// `pgark 0.1.0`.
    pub tool: String,
    /// Features without which the archive must not be read, restored; and such as may be ignored.
    pub features: Features,
    /// When the dump began, RFC 3339, UTC.
    pub created: String,
    /// The source.
    pub source: Source,
    /// Bytes of heap and TOAST that the dump set out to read: what a progress bar expects of a stream.
    pub expected_bytes: u64,
    /// Definitions only (`dump --schema-only`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub schema_only: bool,
    /// The user's labels (`app.git_sha`).
    pub labels: BTreeMap<String, String>,
}

/// Feature names (FORMAT.md, "Versions"). None is defined in format 1.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Features {
    /// A reader that does not know one of these refuses the archive.
    pub incompat: Vec<String>,
    /// A reader that does not know one of these may list and verify, but not restore.
    pub restore_compat: Vec<String>,
    /// May be ignored.
    pub compat: Vec<String>,
}

/// The server and database an archive was made from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// Host or socket directory, as the user gave it.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Database.
    pub database: String,
    /// The role that dumped.
    pub user: String,
    /// `server_version`, as the server words it.
    pub server_version: String,
    /// `server_version_num`.
    pub server_version_num: u32,
    /// `server_encoding`: the encoding of the rows.
    pub encoding: String,
    /// The exported snapshot's id.
    pub snapshot: String,
    /// WAL position when the snapshot was taken.
    pub lsn: String,
    /// Timeline.
    pub timeline: u32,
    /// The server was in recovery.
    pub standby: bool,
    /// `system_identifier` of the cluster, where it may be read.
    pub system_identifier: Option<String>,
    /// search_path asked for in the connection string, if any.
    pub search_path: Option<String>,
}
