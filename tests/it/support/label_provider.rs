//! A provider of security labels. PostgreSQL comes with none that would do, so the tests have one compiled.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::oracle::psql;
use super::server::TestServer;

/// The providers; see there.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/label_provider.c");

/// The library in a folder that servers can read; gone with the value.
#[derive(Debug)]
pub struct LabelProvider {
    folder: tempfile::TempDir,
}

impl LabelProvider {
    /// Compiles it for a server; `None`, after saying so, where the server cannot see our files.
    pub fn of(server: &TestServer) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("pgark-label-").tempdir().expect("a folder");
        let all = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), all).expect("the folder is ours");
        let provider = Self { folder };
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", &format!("-DMAJOR={}", server.major), SOURCE, "-o"])
            .arg(provider.library());
        if cfg!(target_os = "macos") {
            cc.args(["-undefined", "dynamic_lookup"]);
        }
        let output = cc.output().expect("there is a C compiler: the build needs one");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        if let Err(error) = psql(server, "postgres", &format!("load '{}'", provider.library())) {
            assert!(error.contains("could not access file"), "{error}");
            println!("skipped: PostgreSQL {} is elsewhere: {error}", server.major);
            return None;
        }
        Some(provider)
    }

    /// The library's path, for LOAD and `session_preload_libraries`.
    pub fn library(&self) -> String {
        self.folder.path().join("label_provider.so").display().to_string()
    }
}
