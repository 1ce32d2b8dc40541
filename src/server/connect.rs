//! From connection parameters to sessions.

#![expect(clippy::disallowed_methods, reason = "the owner of connections")]

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use tokio_postgres::config;

use super::authentication::Gate;
use super::cancel::CancelHandle;
use super::conninfo::{self, Conninfo, Host, Password, SslMode, TargetSessionAttrs};
use super::error::{Attempt, Error, Failure, ServerError};
use super::facts::Facts;
use super::frame::Buffers;
use super::home::{Home, Key};
use super::negotiated::Negotiated;
use super::outgoing::Outgoing;
use super::session::{Session, chain};
use super::tap::Tap;
use super::tls::{self, Answer, TlsFailure, TlsProblem};
use super::transport::{Address, Transport};
use super::{peer, pooler};

/// A server that has been reached: everything that further sessions on *the same* server need.
#[derive(Clone, Debug)]
pub struct Server {
    conninfo: Arc<Conninfo>,
    endpoint: Endpoint,
    facts: Facts,
    buffers: Buffers,
}

impl Server {
    /// Connects to the first server of the list that can be reached and is of the wanted kind.
    ///
    /// Returns the server, to which further sessions of the operation are to be made, and the first session.
    ///
    /// # Errors
    /// [`Error::Connect`], with one line for each address tried.
    pub async fn connect(conninfo: &Conninfo) -> Result<(Self, Session), Error> {
        Self::connect_as(conninfo, None).await
    }

    /// The same; `pg_stat_activity` shows the first session's part in the operation.
    ///
    /// # Errors
    /// [`Error::Connect`], with one line for each address tried.
    pub async fn connect_as(conninfo: &Conninfo, part: Option<&str>) -> Result<(Self, Session), Error> {
        Self::connect_through(conninfo, part, false).await
    }

    /// The same through poolers of every kind ([`Facts::pooler`]): for questions within one transaction.
    ///
    /// # Errors
    /// [`Error::Connect`], with one line for each address tried.
    pub async fn connect_through_any_pooler(
        conninfo: &Conninfo,
        part: &str,
    ) -> Result<(Self, Session), Error> {
        Self::connect_through(conninfo, Some(part), true).await
    }

    async fn connect_through(
        conninfo: &Conninfo,
        part: Option<&str>,
        any_pooler: bool,
    ) -> Result<(Self, Session), Error> {
        let first = part.map_or_else(|| conninfo.clone(), |part| conninfo.with_part(part));
        let conninfo = Arc::new(conninfo.clone());
        let buffers = Buffers::default();
        let mut attempts = Vec::new();
        let passes: &[TargetSessionAttrs] = match conninfo.target_session_attrs {
            TargetSessionAttrs::PreferStandby => &[TargetSessionAttrs::Standby, TargetSessionAttrs::Any],
            TargetSessionAttrs::Any => &[TargetSessionAttrs::Any],
            TargetSessionAttrs::ReadWrite => &[TargetSessionAttrs::ReadWrite],
            TargetSessionAttrs::ReadOnly => &[TargetSessionAttrs::ReadOnly],
            TargetSessionAttrs::Primary => &[TargetSessionAttrs::Primary],
            TargetSessionAttrs::Standby => &[TargetSessionAttrs::Standby],
        };
        // A name in a certificate file is a mistake in every attempt: say it once.
        let client =
            if conninfo.tls.mode == SslMode::Disable || conninfo.hosts.iter().all(|h| h.socket().is_some()) {
                None
            } else {
                let client = tls::Client::new(&conninfo.tls);
                Some(client.map_err(|failure| {
                    Error::Connect(vec![Attempt { target: format!("server {conninfo}"), failure }])
                })?)
            };
        let mut hosts: Vec<&Host> = conninfo.hosts.iter().collect();
        if conninfo.load_balance {
            shuffle(&mut hosts, random);
        }
        for &wanted in passes {
            for &host in &hosts {
                let addresses = match resolve(host).await {
                    Ok(mut addresses) => {
                        if conninfo.load_balance {
                            shuffle(&mut addresses, random);
                        }
                        addresses
                    }
                    Err(failure) => {
                        let target = format!("server at \"{}\", port {}", host.place, host.port);
                        attempts.push(Attempt { target, failure });
                        continue;
                    }
                };
                for address in addresses {
                    let endpoint = Endpoint::new(host.clone(), address, &conninfo);
                    match endpoint.begin(&first, client.as_ref(), &buffers, wanted, any_pooler).await {
                        Ok((endpoint, session, facts)) => {
                            return Ok((Self { conninfo, endpoint, facts, buffers }, session));
                        }
                        Err(failures) => {
                            let go_on = failures.iter().all(Failure::try_next);
                            attempts.extend(endpoint.attempts(failures));
                            if !go_on {
                                return Err(Error::Connect(attempts));
                            }
                        }
                    }
                }
            }
        }
        Err(Error::Connect(attempts))
    }

    /// Another session on the very same address and database. A name may lead to several servers, and a snapshot
    /// is worth something on one only.
    ///
    /// # Errors
    /// [`Error::Connect`].
    pub async fn connect_another(&self) -> Result<Session, Error> {
        self.session(&self.conninfo).await
    }

    /// The same; `pg_stat_activity` shows its part in the operation.
    ///
    /// # Errors
    /// [`Error::Connect`].
    pub async fn connect_another_as(&self, part: &str) -> Result<Session, Error> {
        self.session(&self.conninfo.with_part(part)).await
    }

    /// The same server, for sessions on another of its databases, which has that encoding.
    #[must_use]
    pub fn in_database(&self, dbname: &str, encoding: &str) -> Self {
        let facts = Facts { encoding: encoding.to_owned(), ..self.facts.clone() };
        Self { conninfo: Arc::new(self.conninfo.with_dbname(dbname)), facts, ..self.clone() }
    }

    /// A session on another database of this server.
    ///
    /// # Errors
    /// [`Error::Connect`].
    pub async fn connect_database(&self, dbname: &str) -> Result<Session, Error> {
        self.session(&self.conninfo.with_dbname(dbname)).await
    }

    async fn session(&self, conninfo: &Conninfo) -> Result<Session, Error> {
        let opened = self.endpoint.open_session(conninfo, self.endpoint.tls.as_ref(), &self.buffers).await;
        let opened = opened.map_err(|failures| Error::Connect(self.endpoint.attempts(failures).collect()))?;
        let mut session = opened.session;
        session.version = self.facts.version;
        session.superuser = self.facts.superuser;
        session.backend_pid = session.ask_pid().await?;
        session.set_client_encoding(&self.facts.encoding).await?;
        session.take_role(conninfo).await?;
        Ok(session)
    }

    /// What is known about the server.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The connection parameters.
    pub fn conninfo(&self) -> &Conninfo {
        &self.conninfo
    }

    /// The database that sessions are on.
    pub fn database(&self) -> &str {
        &self.conninfo.dbname
    }

    /// How messages name what was connected to: `app@db1:5432/app`.
    pub fn target(&self) -> String {
        format!("{}@{}:{}/{}", self.conninfo.user, self.host(), self.port(), self.conninfo.dbname)
    }

    /// Where used frame buffers go back to.
    pub fn buffers(&self) -> Buffers {
        self.buffers.clone()
    }

    /// Host name or socket directory that was connected to, as the user gave it.
    pub fn host(&self) -> String {
        self.endpoint.host.place.to_string()
    }

    /// Port that was connected to.
    pub fn port(&self) -> u16 {
        self.endpoint.host.port
    }

    /// Whether the sessions are encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.endpoint.tls.is_some()
    }
}

/// Asks the server about itself, and whether it is what the user wants.
async fn facts(session: &mut Session, wanted: TargetSessionAttrs) -> Result<Facts, Failure> {
    let facts = Facts::ask(session).await.map_err(unanswered)?;
    let wrong = match wanted {
        TargetSessionAttrs::Any | TargetSessionAttrs::PreferStandby => None,
        TargetSessionAttrs::ReadWrite => facts.read_only.then_some("session is read-only"),
        TargetSessionAttrs::ReadOnly => (!facts.read_only).then_some("session is not read-only"),
        TargetSessionAttrs::Primary => facts.in_recovery.then_some("server is in hot standby mode"),
        TargetSessionAttrs::Standby => (!facts.in_recovery).then_some("server is not in hot standby mode"),
    };
    match wrong {
        Some(wrong) => Err(Failure::WrongKind(wrong)),
        None => Ok(facts),
    }
}

/// A session that ends before it has begun.
fn unanswered(error: Error) -> Failure {
    match error {
        Error::Rejected { server, .. } | Error::Lost { server: Some(server), .. } => {
            Failure::Server { server, password_file: None }
        }
        other => Failure::Protocol(other.to_string()),
    }
}

/// A role that the session may not take on.
fn role_refused(error: Error) -> Failure {
    match error {
        Error::Rejected { server, .. } => Failure::Role(server),
        other => unanswered(other),
    }
}

/// Any number. Without a source of randomness hosts are tried as they are written, which is no reason to fail.
fn random() -> u64 {
    getrandom::u64().unwrap_or_default()
}

/// Brings a list into random order (Fisher and Yates).
fn shuffle<T>(list: &mut [T], mut random: impl FnMut() -> u64) {
    for last in (1..list.len()).rev() {
        let count = u64::try_from(last + 1).unwrap_or(u64::MAX);
        list.swap(last, usize::try_from(random() % count).unwrap_or_default());
    }
}

/// All addresses of a host, in the resolver's order.
pub(super) async fn resolve(host: &Host) -> Result<Vec<Address>, Failure> {
    if let Some(path) = host.socket() {
        return Ok(vec![Address::Unix(path)]);
    }
    if let Some(address) = host.address {
        return Ok(vec![Address::Tcp(SocketAddr::new(address, host.port))]);
    }
    let name = host.place.to_string();
    let found = tokio::net::lookup_host((name.as_str(), host.port)).await.map_err(Failure::Resolve)?;
    Ok(found.map(Address::Tcp).collect())
}

/// One address of one host, and how it is spoken to.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    host: Host,
    address: Address,
    keepalives: conninfo::Keepalives,
    /// Set once a session is up with TLS: then every other connection uses it too.
    tls: Option<tls::Client>,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Unix(path) => write!(f, "server on socket \"{}\"", path.display()),
            Address::Tcp(address) => {
                write!(f, "server at \"{}\" ({}), port {}", self.host.place, address.ip(), address.port())
            }
        }
    }
}

impl Endpoint {
    pub(super) fn new(host: Host, address: Address, conninfo: &Conninfo) -> Self {
        Self { host, address, keepalives: conninfo.keepalives, tls: None }
    }

    /// A stream to this endpoint, with TLS if its sessions have it.
    pub(super) async fn open(&self) -> Result<Transport, Failure> {
        let stream = Transport::connect(&self.address, self.keepalives).await.map_err(Failure::Network)?;
        match &self.tls {
            None => Ok(stream),
            Some(client) => match client.negotiate(stream, &self.host.place.to_string()).await? {
                Answer::Secured(stream) => Ok(stream),
                Answer::Plain(_) => Err(no_tls_there()),
            },
        }
    }

    /// These failures as attempts to connect here.
    fn attempts(&self, failures: Vec<Failure>) -> impl Iterator<Item = Attempt> {
        let target = self.to_string();
        failures.into_iter().map(move |failure| Attempt { target: target.clone(), failure })
    }

    /// Opens the first session, and makes sure that the server is what the user wants and pgark can work with.
    async fn begin(
        &self,
        conninfo: &Conninfo,
        client: Option<&tls::Client>,
        buffers: &Buffers,
        wanted: TargetSessionAttrs,
        any_pooler: bool,
    ) -> Result<(Self, Session, Facts), Vec<Failure>> {
        let Opened { endpoint, mut session, announced } =
            self.open_session(conninfo, client, buffers).await?;
        let mut facts = facts(&mut session, wanted).await.map_err(|failure| vec![failure])?;
        if announced != 0 && announced != facts.backend_pid {
            // Without a second session nothing can be told, and nothing much can be done either.
            if let Ok(second) = endpoint.open_session(conninfo, endpoint.tls.as_ref(), buffers).await {
                let pooler = pooler::detect(&session, &second.session).await;
                let pooler = pooler.map_err(|error| vec![unanswered(error)])?;
                if pooler.is_in_the_way() {
                    // A role would reach others, too.
                    if !any_pooler || conninfo.role.is_some() {
                        return Err(vec![Failure::Pooler(pooler)]);
                    }
                    // What is set on the session would reach others.
                    facts.pooler = Some(pooler);
                    return Ok((endpoint, session, facts));
                }
                facts.pooler = Some(pooler);
            }
        }
        let encoding = session.set_client_encoding(&facts.encoding).await;
        encoding.map_err(|error| vec![unanswered(error)])?;
        // Not before it is known that no pooler would hand the session to others.
        session.take_role(conninfo).await.map_err(|error| vec![role_refused(error)])?;
        facts.superuser = session.superuser;
        Ok((endpoint, session, facts))
    }

    /// Opens a session, with the password that is known or that the user's command prints. What it had printed for an
    /// earlier connection may have expired since.
    async fn open_session(
        &self,
        conninfo: &Conninfo,
        client: Option<&tls::Client>,
        buffers: &Buffers,
    ) -> Result<Opened, Vec<Failure>> {
        let Some(command) = &conninfo.password_command else {
            return self.open_with(conninfo, client, buffers, self.host.password.as_ref()).await;
        };
        let printed = async || command.password().await.map_err(|failure| vec![failure]);
        let (password, fresh) = printed().await?;
        match self.open_with(conninfo, client, buffers, Some(&password)).await {
            Err(failures) if !fresh && failures.iter().any(Failure::is_refused_password) => {
                command.forget(&password).await;
                let (password, _) = printed().await?;
                self.open_with(conninfo, client, buffers, Some(&password)).await
            }
            other => other,
        }
    }

    /// Opens a session, with or without TLS as `sslmode` says. Of a server that refuses both ways both answers may be
    /// needed to understand what its pg_hba.conf says.
    async fn open_with(
        &self,
        conninfo: &Conninfo,
        client: Option<&tls::Client>,
        buffers: &Buffers,
        password: Option<&Password>,
    ) -> Result<Opened, Vec<Failure>> {
        let mut failures = Vec::new();
        for encrypted in ways(conninfo.tls.mode, matches!(self.address, Address::Unix(_))) {
            let tried = self.try_at_home(conninfo, client.filter(|_| *encrypted), buffers, password);
            let tried = match conninfo.connect_timeout {
                None => tried.await,
                Some(limit) => tokio::time::timeout(limit, tried).await.unwrap_or(Ok(Tried::timed_out())),
            };
            let Tried { opened, no_tls } = tried.map_err(|error| vec![Failure::Network(error)])?;
            let failure = match opened {
                Ok(opened) => return Ok(opened),
                Err(failure) => failure,
            };
            // A server without TLS has given the one answer that it has.
            let last = no_tls || !may_change_encryption(&failure);
            if !no_tls || failures.is_empty() {
                failures.push(failure);
            }
            if last {
                break;
            }
        }
        Err(failures)
    }

    /// Opens a session on a thread of its own.
    async fn try_at_home(
        &self,
        conninfo: &Conninfo,
        client: Option<&tls::Client>,
        buffers: &Buffers,
        password: Option<&Password>,
    ) -> std::io::Result<Tried> {
        let (endpoint, conninfo, buffers) = (self.clone(), conninfo.clone(), buffers.clone());
        let (client, password) = (client.cloned(), password.cloned());
        let tried = Home::new()?.run(async move |key| {
            let mut no_tls = false;
            let (client, password) = (client.as_ref(), password.as_ref());
            let opened = endpoint.try_session(&conninfo, client, buffers, password, &mut no_tls, key).await;
            Tried { opened, no_tls }
        });
        tried.await
    }

    async fn try_session(
        &self,
        conninfo: &Conninfo,
        client: Option<&tls::Client>,
        buffers: Buffers,
        password: Option<&Password>,
        no_tls: &mut bool,
        key: Key,
    ) -> Result<Opened, Failure> {
        let mut endpoint = Self { tls: None, ..self.clone() };
        let mut stream = endpoint.open().await?;
        if let Some(wanted) = &conninfo.require_peer {
            peer::check(&stream, wanted)?;
        }
        if let Some(client) = client {
            stream = match client.negotiate(stream, &self.host.place.to_string()).await? {
                Answer::Secured(stream) => {
                    endpoint.tls = Some(client.clone());
                    stream
                }
                Answer::Plain(stream) if conninfo.tls.mode == SslMode::Prefer => {
                    *no_tls = true;
                    stream
                }
                Answer::Plain(_) => {
                    *no_tls = true;
                    return Err(no_tls_there());
                }
            };
        }
        let binding = stream.server_certificate().and_then(tls::end_point);
        let relay = super::relay::Shared::default();
        let announced = Arc::<AtomicI32>::default();
        let gate = Gate::new(stream, conninfo.require_auth.clone()).announcing(announced.clone());
        let tap = Outgoing::new(Tap::new(gate, relay.clone()));
        let config = configure(conninfo, password);
        let connected = config.connect_raw(tap, Negotiated { binding }).await;
        let (library, connection) = connected.map_err(|error| refused(&error, password))?;
        let cancel = CancelHandle { token: library.cancel_token(), endpoint: endpoint.clone() };
        let session = Session::new(library, connection, key, relay, buffers, cancel);
        Ok(Opened { endpoint, session, announced: announced.load(Ordering::Relaxed) })
    }
}

/// A session that has just begun.
struct Opened {
    /// With what was agreed upon.
    endpoint: Endpoint,
    session: Session,
    /// The process as the start-up message names it; 0 if it does not.
    announced: i32,
}

/// How it went.
struct Tried {
    opened: Result<Opened, Failure>,
    /// The server has no TLS.
    no_tls: bool,
}

impl Tried {
    fn timed_out() -> Self {
        Self { opened: Err(Failure::Timeout), no_tls: false }
    }
}

fn no_tls_there() -> Failure {
    let text = "server does not support SSL, but SSL was required";
    Failure::Tls(TlsFailure::new(TlsProblem::NotOffered, text))
}

/// The attempts that `sslmode` asks for: whether TLS is tried in each.
fn ways(mode: SslMode, socket: bool) -> &'static [bool] {
    match mode {
        // Sockets never use TLS, whatever the mode.
        _ if socket => &[false],
        SslMode::Disable => &[false],
        SslMode::Allow => &[false, true],
        SslMode::Prefer => &[true, false],
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => &[true],
    }
}

/// Whether the other way of `allow` and `prefer` may fare better: the handshake failed, or pg_hba.conf has no line.
/// Unlike libpq a wrong password is not tried again, least of all in clear.
fn may_change_encryption(failure: &Failure) -> bool {
    match failure {
        Failure::Tls(_) => true,
        Failure::Server { server, .. } => server.code == "28000",
        _ => false,
    }
}

fn configure(conninfo: &Conninfo, password: Option<&Password>) -> tokio_postgres::Config {
    let mut config = tokio_postgres::Config::new();
    config
        .user(&conninfo.user)
        .dbname(&conninfo.dbname)
        .application_name(&conninfo.application_name)
        // TLS is agreed upon before the library sees the stream; for it the handshake is a formality that carries
        // the channel binding.
        .ssl_mode(config::SslMode::Require)
        .ssl_negotiation(config::SslNegotiation::Direct)
        .channel_binding(match conninfo.channel_binding {
            conninfo::ChannelBinding::Disable => config::ChannelBinding::Disable,
            conninfo::ChannelBinding::Prefer => config::ChannelBinding::Prefer,
            conninfo::ChannelBinding::Require => config::ChannelBinding::Require,
        });
    if let Some(options) = &conninfo.options {
        config.options(options);
    }
    if let Some(password) = password {
        config.password(password.secret());
    }
    config
}

/// Why the library could not begin a session.
fn refused(error: &tokio_postgres::Error, password: Option<&Password>) -> Failure {
    if let Some(server) = error.as_db_error() {
        let password_file = match server.code().code() {
            "28P01" => password.and_then(|password| password.file.clone()),
            _ => None,
        };
        return Failure::Server { server: Box::new(ServerError::from(server)), password_file };
    }
    let source = std::error::Error::source(error);
    if let Some(io) = source.and_then(|source| source.downcast_ref::<std::io::Error>()) {
        if let Some(failure) = tls::late(io) {
            return Failure::Tls(failure);
        }
        return match io.kind() {
            std::io::ErrorKind::InvalidData => {
                Failure::Protocol(format!("what answers there does not speak PostgreSQL's protocol: {io}"))
            }
            // The gate's own.
            std::io::ErrorKind::PermissionDenied => Failure::Authentication(io.to_string()),
            kind => Failure::Network(std::io::Error::new(kind, io.to_string())),
        };
    }
    let text = chain(error);
    // The library has no kinds that can be asked for, only texts.
    match source.map(ToString::to_string).as_deref() {
        Some("password missing") => Failure::NoPassword,
        _ if text.starts_with("authentication error") => Failure::Authentication(text),
        _ if error.is_closed() => Failure::Network(std::io::ErrorKind::UnexpectedEof.into()),
        _ => Failure::Protocol(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_can_come_up() {
        let mut orders = std::collections::BTreeSet::new();
        for (first, second) in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)] {
            let mut list = ['a', 'b', 'c'];
            let mut numbers = [first, second].into_iter();
            shuffle(&mut list, || numbers.next().expect("two are enough"));
            orders.insert(list);
        }
        assert_eq!(orders.len(), 6);
    }
}
