//! What to do about problems with TLS, and about poolers in the way.

use pgark::server::conninfo::{Host, SslMode};
use pgark::server::{Conninfo, Failure, Pooler, ServerError, TlsProblem};

use super::hint::shell;

/// What the user can change so that TLS works.
pub fn remedy(problem: TlsProblem, conninfo: &Conninfo) -> String {
    let host = conninfo.hosts.first();
    match problem {
        TlsProblem::NotOffered => {
            "the server has no TLS (its administrator sets ssl = on), or something in between \
            hides it; where the network is trusted, sslmode=prefer or disable goes without"
                .to_owned()
        }
        TlsProblem::NoRoots => "name the file with the authority's certificate: sslrootcert=FILE".to_owned(),
        TlsProblem::UnknownIssuer => format!(
            "name the authority's certificate with sslrootcert=FILE, or sslrootcert=system for public ones; \
             see who has signed: {}",
            openssl(host)
        ),
        TlsProblem::WrongName => format!(
            "connect by a name that the certificate has (hostaddr can keep the address: host=NAME hostaddr={}), or \
             check the authority only: sslmode=verify-ca",
            host.map(address).unwrap_or_default()
        ),
        TlsProblem::Expired => format!(
            "the server needs a new certificate, unless the clock is wrong here (see: date); see its dates: {}",
            openssl(host)
        ),
        TlsProblem::Revoked => {
            "the server needs a new certificate, or sslcrl a newer list of its authority".to_owned()
        }
        TlsProblem::ClientCertificate => client_certificate(conninfo),
        _ => "see sslmode, sslrootcert and PGSSLMODE in the connection's parameters".to_owned(),
    }
}

/// The server lets nobody in without a certificate that it trusts, and that is the role's.
fn client_certificate(conninfo: &Conninfo) -> String {
    match &conninfo.tls.client {
        None => "give a client certificate that the server trusts: sslcert=FILE sslkey=FILE".to_owned(),
        Some((file, _)) => format!(
            "give a client certificate that the server's ssl_ca_file has signed, valid and for the role \"{}\"; now it is \
             {}",
            conninfo.user,
            file.display()
        ),
    }
}

/// What would have helped the attempt before the last one; `None` if that says nothing about TLS.
pub fn remedy_before(failure: &Failure, conninfo: &Conninfo) -> Option<String> {
    match failure {
        Failure::Tls(failure) => Some(remedy(failure.problem, conninfo)),
        Failure::Server { server, .. } => wants_certificate(server).then(|| client_certificate(conninfo)),
        _ => None,
    }
}

/// pg_hba.conf has no line for a client without TLS.
pub fn is_refused_in_clear(server: &ServerError) -> bool {
    server.message.contains("pg_hba.conf") && server.message.contains("no encryption")
}

fn wants_certificate(server: &ServerError) -> bool {
    let message = &server.message;
    message.contains("valid client certificate") || message.starts_with("certificate authentication failed")
}

/// What a server means that wants a certificate, or TLS at all.
pub fn wanted(server: &ServerError, conninfo: &Conninfo) -> Option<String> {
    if wants_certificate(server) {
        return Some(client_certificate(conninfo));
    }
    let tcp = conninfo.hosts.first().is_some_and(|host| host.socket().is_none());
    (is_refused_in_clear(server) && tcp).then(|| match conninfo.tls.mode {
        SslMode::Disable => "its pg_hba.conf may want TLS: sslmode=require, or better verify-full with \
            sslrootcert=FILE; or it lacks a line for this client"
            .to_owned(),
        _ => "its pg_hba.conf may want TLS, which was asked for and not offered: something in between may hide it; \
            or it lacks a line for this client"
            .to_owned(),
    })
}

/// The way around a pooler.
pub fn around(pooler: &Pooler, conninfo: &Conninfo) -> String {
    let way = match &pooler.server {
        Some((Some(address), port)) => {
            format!("connect to the server itself; the pooler reaches it at -h {} -p {port}", shell(address))
        }
        Some((None, port)) => {
            format!("connect to the server itself, on the pooler's host: by its socket, or -p {port}")
        }
        None => "connect to the server itself, by its own port (5432 where nobody has changed it)".to_owned(),
    };
    format!("{way}; or let the pooler serve {} with pool_mode = session", pgark::sql::ident(&conninfo.dbname))
}

fn address(host: &Host) -> String {
    host.address.map_or_else(|| host.place.to_string(), |address| address.to_string())
}

fn openssl(host: Option<&Host>) -> String {
    let place = host.map(|host| format!("{}:{}", address(host), host.port)).unwrap_or_default();
    format!("openssl s_client -starttls postgres -connect {}", shell(&place))
}
