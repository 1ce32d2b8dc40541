//! Where to connect to.

use std::fmt;
use std::ops::Deref;

use clap::Args;
use pgark::server::PasswordCommand;
use pgark::server::conninfo::Flags;

/// A database's name, a URI or a keyword/value string; perhaps with a password, so nothing shows it.
#[derive(Clone)]
pub struct Target(String);

impl From<String> for Target {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Deref for Target {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Target(***)")
    }
}

/// The connection flags of psql.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Server's host name, or directory of its socket
    #[arg(short = 'h', long, value_name = "HOST")]
    pub host: Option<String>,
    /// Server's port
    #[arg(short, long, value_name = "PORT")]
    pub port: Option<String>,
    /// Role to connect as
    #[arg(short = 'U', long, value_name = "ROLE")]
    pub username: Option<String>,
    /// Work as this role, which the one that connects is a member of: SET ROLE
    #[arg(hide_short_help = true, long, value_name = "ROLE")]
    pub role: Option<String>,
    /// Never ask for a password
    #[arg(hide_short_help = true, short = 'w', long, conflicts_with = "password")]
    pub no_password: bool,
    /// Ask for a password before connecting
    #[arg(hide_short_help = true, short = 'W', long)]
    pub password: bool,
    /// Shell command that prints the password, such as a short-lived token
    #[arg(hide_short_help = true, long, value_name = "CMD", conflicts_with = "password")]
    pub password_command: Option<PasswordCommand>,
}

impl Connection {
    /// What the library resolves.
    pub fn flags(&self, dbname: Option<&str>) -> Flags {
        Flags {
            dbname: dbname.map(str::to_owned),
            host: self.host.clone(),
            port: self.port.clone(),
            user: self.username.clone(),
        }
    }
}
