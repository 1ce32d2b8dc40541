//! The environment that connection parameters are resolved in: variables, the user, folders to look into.

#![expect(clippy::disallowed_methods, reason = "the owner of PG* variables")]
use std::path::PathBuf;

/// What the surroundings contribute: environment variables, the operating system's user, places to look at.
pub struct Environment<'a> {
    /// Reads an environment variable.
    pub var: &'a dyn Fn(&str) -> Option<String>,
    /// Name of the operating system's user.
    pub os_user: Option<String>,
    /// That user's home directory, where `HOME` does not say one.
    pub os_home: Option<PathBuf>,
    /// Directories where a server's socket may be, in the order in which they are looked at.
    pub socket_dirs: Vec<PathBuf>,
    /// Directories where the system's `pg_service.conf` may be, where `PGSYSCONFDIR` does not say one.
    pub config_dirs: Vec<PathBuf>,
}

impl Environment<'static> {
    /// The process's own environment.
    pub fn process() -> Self {
        Self {
            var: &|name| std::env::var(name).ok(),
            os_user: whoami::username().ok(),
            os_home: std::env::home_dir(),
            // Debian's and Red Hat's packages, then what upstream compiles in.
            socket_dirs: vec!["/var/run/postgresql".into(), "/tmp".into()],
            config_dirs: vec![
                "/etc/postgresql-common".into(),
                "/etc/sysconfig/pgsql".into(),
                "/usr/local/pgsql/etc".into(),
            ],
        }
    }
}

impl Environment<'_> {
    /// A variable's value. A variable that is set but empty counts as not set: containers make such ones, and
    /// libpq's errors about them help nobody.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.var)(name).filter(|value| !value.is_empty())
    }

    /// The user's home directory.
    pub(super) fn home(&self) -> Option<PathBuf> {
        let home = self.get("HOME").map(PathBuf::from).or_else(|| self.os_home.clone());
        home.filter(|home| !home.as_os_str().is_empty())
    }
}
