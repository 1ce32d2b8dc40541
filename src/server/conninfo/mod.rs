//! Connection parameters: strings, flags, service files, environment and password file, merged as libpq does it.
//!
//! Everything here is pure but for the readings of the disk that libpq makes too: service files, the password file, the
//! search for a socket. All go through [`Environment`], so tests can stand in for the machine.

mod environment;
mod error;
mod foreign;
mod hosts;
mod keys;
mod keyword_value;
mod passfile;
mod require_auth;
mod resolve;
mod service;
mod tls;
mod uri;
mod values;

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::password_command::PasswordCommand;
use crate::sql::ident;
pub use environment::Environment;
pub use error::Error;
pub use require_auth::{Method, RequireAuth};
pub use resolve::{Flags, resolve};

/// `application_name` where the user gives none.
pub const APPLICATION_NAME: &str = "pgark";

/// The port where none is given.
pub const DEFAULT_PORT: u16 = 5432;

/// Where and how to connect, completely resolved: nothing is looked up in the environment afterwards.
#[derive(Clone, Debug)]
pub struct Conninfo {
    /// The hosts in the order in which they are tried; never empty.
    pub hosts: Vec<Host>,
    /// Database.
    pub dbname: String,
    /// Role.
    pub user: String,
    /// The role that sessions take on (`SET ROLE`), if it is another than the one that logs in.
    pub role: Option<String>,
    /// Switches for the server process (`-c geqo=off`), passed on as they are.
    pub options: Option<String>,
    /// `application_name`.
    pub application_name: String,
    /// Limit for one address, from the first packet to the end of the authentication; `None` = none.
    pub connect_timeout: Option<Duration>,
    /// TCP keepalives.
    pub keepalives: Keepalives,
    /// TLS.
    pub tls: Tls,
    /// Whether SCRAM must be bound to the TLS channel.
    pub channel_binding: ChannelBinding,
    /// Which ways of authentication the server may ask for; `None` = any.
    pub require_auth: Option<RequireAuth>,
    /// The operating system's user that must own the server, over sockets (`requirepeer`).
    pub require_peer: Option<String>,
    /// Which kind of server is wanted.
    pub target_session_attrs: TargetSessionAttrs,
    /// Hosts and addresses are tried in random order (`load_balance_hosts=random`).
    pub load_balance: bool,
    /// A search path that another tool's connection string asked for. Never set in a session: names in dumps
    /// are always qualified.
    pub search_path: Option<String>,
    /// The string said that a pooler is in between (`pgbouncer=true`).
    pub pooler: bool,
    /// The command that prints the password; it wins over all other passwords.
    pub password_command: Option<PasswordCommand>,
    /// What the user should be told, such as the parameters of other tools that have no effect.
    pub warnings: Vec<String>,
}

/// One host of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// What was asked for.
    pub place: Place,
    /// The address to use instead of looking the name up (`hostaddr`).
    pub address: Option<IpAddr>,
    /// Port.
    pub port: u16,
    /// The password for this host, if one is known.
    pub password: Option<Password>,
}

/// A host name or a socket directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A name or a numeric address, as the user wrote it.
    Name(String),
    /// The directory of the socket; `@name` is Linux' abstract name space.
    Socket(PathBuf),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Socket(dir) => write!(f, "{}", dir.display()),
        }
    }
}

impl Host {
    /// The path of the socket `.s.PGSQL.<port>`, if this is a socket.
    pub fn socket(&self) -> Option<PathBuf> {
        match &self.place {
            Place::Name(_) => None,
            Place::Socket(dir) => Some(socket_path(dir, self.port)),
        }
    }
}

/// The socket's path in a directory (server: `UNIXSOCK_PATH`).
pub fn socket_path(dir: &Path, port: u16) -> PathBuf {
    dir.join(format!(".s.PGSQL.{port}"))
}

/// A password, and where it was found. It never shows in any output.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    secret: String,
    /// The password file it came from.
    pub file: Option<PathBuf>,
}

impl Password {
    /// A password that the user gave.
    pub fn new(secret: impl Into<String>) -> Self {
        Self { secret: secret.into(), file: None }
    }

    /// The password itself.
    pub fn secret(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// TCP keepalives. A firewall drops an idle connection after some minutes, and the session that holds the
/// snapshot idles while others copy; so, unlike libpq, the first probe comes after a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalives {
    /// Whether probes are sent.
    pub on: bool,
    /// Idle time before the first probe.
    pub idle: Duration,
    /// Time between probes.
    pub interval: Duration,
    /// Unanswered probes after which the connection is lost.
    pub count: u32,
    /// How long sent data may stay unacknowledged (`tcp_user_timeout`).
    pub user_timeout: Option<Duration>,
}

impl Default for Keepalives {
    fn default() -> Self {
        Self {
            on: true,
            idle: Duration::from_secs(60),
            interval: Duration::from_secs(10),
            count: 6,
            user_timeout: None,
        }
    }
}

/// TLS parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// `sslmode`.
    pub mode: SslMode,
    /// `sslnegotiation=direct`: begin with the handshake, without asking the server first.
    pub direct: bool,
    /// `sslrootcert`.
    pub roots: Roots,
    /// `sslcert` and `sslkey`: the certificate that the client has.
    pub client: Option<(PathBuf, PathBuf)>,
    /// `sslcertmode`: whether the server is to see it.
    pub certificate: CertificateMode,
    /// `sslcrl` and `sslcrldir`.
    pub revocation: Revocation,
    /// `sslsni`: tell the server the host's name.
    pub sni: bool,
    /// `ssl_min_protocol_version`.
    pub min_version: TlsVersion,
    /// `ssl_max_protocol_version`.
    pub max_version: TlsVersion,
}

/// A version of TLS that can be spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

/// `sslcertmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateMode {
    /// No client certificate is sent.
    Disable,
    /// One is sent if there is one and the server asks for it.
    Allow,
    /// The server must ask for one and get it.
    Require,
}

/// Where lists of revoked certificates are. Without any nothing is looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revocation {
    /// `sslcrl`, or `~/.postgresql/root.crl` if it exists.
    pub file: Option<PathBuf>,
    /// `sslcrldir`: a folder as `openssl rehash` makes it.
    pub dir: Option<PathBuf>,
}

/// `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    /// No TLS.
    Disable,
    /// TLS only if the server refuses a plain connection.
    Allow,
    /// TLS if possible.
    Prefer,
    /// TLS; the certificate is checked only if there is a root file.
    Require,
    /// TLS with a certificate of a known authority.
    VerifyCa,
    /// The same, and issued for this host.
    VerifyFull,
}

/// Which authorities are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roots {
    /// A PEM file that the user named.
    File(PathBuf),
    /// `~/.postgresql/root.crt`, used if it exists.
    Default(Option<PathBuf>),
    /// Those of the operating system (`sslrootcert=system`).
    System,
}

/// `channel_binding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelBinding {
    /// Never.
    Disable,
    /// If the server offers it.
    Prefer,
    /// Nothing else is accepted.
    Require,
}

/// `target_session_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetSessionAttrs {
    /// Any server.
    Any,
    /// A server that accepts writing transactions.
    ReadWrite,
    /// A server that does not.
    ReadOnly,
    /// A server that is not in recovery.
    Primary,
    /// A server in recovery.
    Standby,
    /// A server in recovery, else any.
    PreferStandby,
}

impl SslMode {
    /// As it is written in connection strings.
    pub fn name(self) -> &'static str {
        tls::SSL_MODE[self as usize].0
    }
}

impl Conninfo {
    /// Sets the password for every host, as after a prompt.
    pub fn set_password(&mut self, password: &str) {
        for host in &mut self.hosts {
            host.password = Some(Password::new(password));
        }
    }

    /// The same server and role with another database, as `CREATE DATABASE` and `-C` need it.
    pub fn with_dbname(&self, dbname: impl Into<String>) -> Self {
        Self { dbname: dbname.into(), ..self.clone() }
    }

    /// For a session with a part of its own: `pgark dump worker 1`, unless the user has given another `application_name`.
    #[must_use]
    pub fn with_part(&self, part: &str) -> Self {
        let application_name = match self.application_name == APPLICATION_NAME {
            true => format!("{APPLICATION_NAME} {part}"),
            false => self.application_name.clone(),
        };
        Self { application_name, ..self.clone() }
    }

    /// The role whose privileges count.
    pub fn acting_role(&self) -> &str {
        self.role.as_ref().unwrap_or(&self.user)
    }

    /// What makes a session the acting role's again, after it was another's for a while.
    pub fn own_role(&self) -> String {
        self.role.as_ref().map_or_else(|| "RESET ROLE".to_owned(), |role| format!("SET ROLE {}", ident(role)))
    }

    /// `user@host:port/dbname` without any secret.
    pub fn redacted(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Conninfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@", self.user)?;
        for (i, host) in self.hosts.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            write!(f, "{}:{}", host.place, host.port)?;
        }
        write!(f, "/{}", self.dbname)
    }
}
