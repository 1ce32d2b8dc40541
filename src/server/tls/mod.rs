//! TLS by rustls, with libpq's meaning of `sslmode` (documentation: "SSL Support").

#![expect(clippy::disallowed_methods, reason = "reads keys and lists of revoked certificates")]

mod certificate;
mod client_certificate;
mod failure;
mod revocation;
#[cfg(test)]
mod tests;
mod verify;
mod version_one;

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use super::conninfo::{CertificateMode, Roots, SslMode, Tls, TlsVersion};
use super::error::Failure;
use super::transport::Transport;
pub(super) use certificate::end_point;
use client_certificate::Offer;
pub use failure::{TlsFailure, TlsProblem};

/// The code of an SSLRequest (documentation: "Message Formats").
const SSL_REQUEST: u32 = 80_877_103;

/// The protocol's name in ALPN.
const ALPN: &[u8] = b"postgresql";

/// The client's side of TLS, made once for all sessions of an operation.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// Or why there is none, for modes that can do without.
    config: Result<Arc<ClientConfig>, TlsFailure>,
    direct: bool,
    own: Option<Arc<CertifiedKey>>,
    /// The server must ask for our certificate (`sslcertmode=require`).
    must_ask: bool,
}

/// What the server answers to an SSLRequest.
pub(super) enum Answer {
    /// TLS is up.
    Secured(Transport),
    /// The server has no TLS; the stream goes on in clear.
    Plain(Transport),
}

impl Client {
    /// Reads roots and client certificates. With `allow` and `prefer` a mistake in them counts only if the server has
    /// TLS.
    pub fn new(options: &Tls) -> Result<Self, Failure> {
        match Self::configure(options) {
            Err(Failure::Tls(failure)) if options.mode < SslMode::Require => {
                Ok(Self { config: Err(failure), direct: false, own: None, must_ask: false })
            }
            other => other,
        }
    }

    fn configure(options: &Tls) -> Result<Self, Failure> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let versions: Vec<_> =
            [(TlsVersion::V1_2, &rustls::version::TLS12), (TlsVersion::V1_3, &rustls::version::TLS13)]
                .into_iter()
                .filter(|(version, _)| (options.min_version..=options.max_version).contains(version))
                .map(|(_, version)| version)
                .collect();
        let must_ask = options.certificate == CertificateMode::Require;
        let own = match &options.client {
            Some((cert, key)) => Some(client_certificate::load(cert, key, &provider)?),
            None if must_ask => {
                return Err(Failure::tls("sslcertmode is \"require\", but there is no sslcert"));
            }
            None => None,
        };
        let mut config = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&versions)
            .map_err(|error| Failure::tls(format!("TLS is not available: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(verifier(options, &provider)?)
            .with_client_cert_resolver(Arc::new(Offer::new(own.clone())));
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.enable_sni = options.sni;
        Ok(Self { config: Ok(Arc::new(config)), direct: options.direct, own, must_ask })
    }

    /// Asks the server for TLS and shakes hands. `host` is the name as the user gave it.
    pub async fn negotiate(&self, mut stream: Transport, host: &str) -> Result<Answer, Failure> {
        if !self.direct {
            let [a, b, c, d] = SSL_REQUEST.to_be_bytes();
            stream.write_all(&[0, 0, 0, 8, a, b, c, d]).await.map_err(Failure::Network)?;
            stream.flush().await.map_err(Failure::Network)?;
            // Exactly one byte is read. Whatever an attacker put behind it goes to the handshake, which then fails
            // (CVE-2021-23222).
            let mut answer = [0];
            stream.read_exact(&mut answer).await.map_err(Failure::Network)?;
            match answer[0] {
                b'S' => {}
                b'N' => return Ok(Answer::Plain(stream)),
                // Not authenticated, so its text is not shown.
                b'E' => {
                    return Err(Failure::Protocol(
                        "server sent an error response during SSL exchange".into(),
                    ));
                }
                other => {
                    return Err(Failure::Protocol(format!(
                        "received invalid response to SSL negotiation: {:?}",
                        char::from(other)
                    )));
                }
            }
        }
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Failure::tls(format!("\"{host}\" cannot be a host name in a certificate")))?;
        // Whether the server asks is a matter of this one handshake.
        let offer = Arc::new(Offer::new(self.own.clone()));
        let mut config = self.config.clone().map_err(Failure::Tls)?;
        if self.must_ask {
            let config = Arc::make_mut(&mut config);
            config.client_auth_cert_resolver = offer.clone();
            config.resumption = rustls::client::Resumption::disabled();
        }
        let connector = TlsConnector::from(config);
        let stream = connector.connect(name, stream).await.map_err(|error| failure(&error, host))?;
        if self.must_ask && !offer.was_asked() {
            return Err(Failure::tls("server did not request an SSL certificate, which sslcertmode wants"));
        }
        if self.direct && stream.get_ref().1.alpn_protocol() != Some(ALPN) {
            return Err(Failure::tls(
                "direct SSL connection was established without ALPN protocol negotiation",
            ));
        }
        Ok(Answer::Secured(Transport::Tls(Box::new(stream))))
    }
}

/// A failed handshake.
fn failure(error: &std::io::Error, host: &str) -> Failure {
    Failure::Tls(match alert(error) {
        Some(rustls::Error::InvalidCertificate(problem)) => refused(problem, host),
        Some(error) => handshake(error),
        None => format!("SSL error: {error}").into(),
    })
}

/// What the TLS below a stream says; `None` for an error of something else.
fn alert(error: &std::io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// With TLS 1.3 a server may end the connection after the handshake, when it has seen the client's certificate.
pub(super) fn late(error: &std::io::Error) -> Option<TlsFailure> {
    alert(error).map(handshake)
}

fn handshake(error: &rustls::Error) -> TlsFailure {
    use rustls::{AlertDescription as Alert, Error};
    match error {
        Error::AlertReceived(
            alert @ (Alert::UnknownCA
            | Alert::CertificateRequired
            | Alert::CertificateExpired
            | Alert::CertificateRevoked
            | Alert::CertificateUnknown
            | Alert::BadCertificate
            | Alert::DecryptError),
        ) => TlsFailure::new(
            TlsProblem::ClientCertificate,
            format!("SSL error: the server refuses the client certificate: {alert:?}"),
        ),
        Error::AlertReceived(alert) => format!("SSL error: the server ended the handshake: {alert:?}").into(),
        other => format!("SSL error: {other}").into(),
    }
}

/// Why the server's certificate is not accepted.
fn refused(problem: &rustls::CertificateError, host: &str) -> TlsFailure {
    use rustls::CertificateError;
    let verify = |problem, text: &str| {
        TlsFailure::new(problem, format!("SSL error: certificate verify failed: {text}"))
    };
    match problem {
        CertificateError::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
            TlsFailure::new(
                TlsProblem::WrongName,
                format!(
                    "server certificate does not match host name \"{host}\"; it is for {}",
                    presented.join(", ")
                ),
            )
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsFailure::new(
                TlsProblem::WrongName,
                format!("server certificate does not match host name \"{host}\""),
            )
        }
        CertificateError::Revoked => verify(TlsProblem::Revoked, "it, or an authority above it, is revoked"),
        CertificateError::UnknownRevocationStatus => verify(
            TlsProblem::Revoked,
            "no list of revoked certificates (sslcrl, sslcrldir) is of its issuer",
        ),
        CertificateError::ExpiredRevocationList | CertificateError::ExpiredRevocationListContext { .. } => {
            verify(TlsProblem::Revoked, "the list of revoked certificates has expired")
        }
        CertificateError::Other(other) if other.to_string().contains("UnsupportedCertVersion") => verify(
            TlsProblem::Other,
            "it is of X.509 version 1, and checked only if a trusted root itself has signed it, without sslcrl",
        ),
        CertificateError::UnknownIssuer => {
            verify(TlsProblem::UnknownIssuer, "its issuer is not among the trusted roots")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            verify(TlsProblem::Expired, "certificate has expired")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            verify(TlsProblem::Expired, "certificate is not yet valid")
        }
        CertificateError::Other(other) => match other.0.downcast_ref::<verify::UnknownIssuer>() {
            Some(unknown) => verify(TlsProblem::UnknownIssuer, &unknown.to_string()),
            None if verify::is_authority(&other.0) => {
                verify(TlsProblem::UnknownIssuer, "it is an authority's own and not among the trusted roots")
            }
            None => verify(TlsProblem::Other, &problem.to_string()),
        },
        other => verify(TlsProblem::Other, &other.to_string()),
    }
}

/// How the server's certificate is checked: `require` and weaker check nothing, unless there is a root file.
fn verifier(options: &Tls, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Failure> {
    let Some(roots) = trusted(options)? else {
        return Ok(Arc::new(verify::Anybody::new(provider)));
    };
    let mut store = RootCertStore::empty();
    let (added, _) = store.add_parsable_certificates(roots.iter().cloned());
    if added == 0 {
        return Err(Failure::tls("none of the root certificates can be read"));
    }
    let mut builder = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone());
    let lists = revocation::load(&options.revocation)?;
    let revocation = !lists.is_empty();
    if revocation {
        // As OpenSSL checks: every certificate of the chain, each needs a list, and the list must not be outdated.
        builder = builder.with_crls(lists).enforce_revocation_expiration();
    }
    let inner = builder.build().map_err(|error| match error {
        VerifierBuilderError::InvalidCrl(error) => Failure::tls(format!(
            "list of revoked certificates: {error:?}; it must be of version 2, with a number (openssl ca: crlnumber)"
        )),
        error => Failure::tls(format!("root certificates: {error}")),
    })?;
    let check_name = options.mode == SslMode::VerifyFull;
    // With the system's roots a certificate says nothing without its name.
    Ok(Arc::new(verify::Trusted::new(inner, roots, provider, check_name, revocation)))
}

/// The root certificates, or `None` if nothing is to be checked.
fn trusted(options: &Tls) -> Result<Option<Vec<CertificateDer<'static>>>, Failure> {
    let path = match &options.roots {
        Roots::System => {
            let found = rustls_native_certs::load_native_certs();
            if found.certs.is_empty() {
                return Err(Failure::tls(
                    "the operating system has no trusted certificates; set SSL_CERT_FILE or sslrootcert",
                ));
            }
            return Ok(Some(found.certs));
        }
        Roots::File(path) => Some(path.as_path()),
        Roots::Default(path) => path.as_deref(),
    };
    match path.filter(|path| path.exists()) {
        Some(path) => certificates(path).map(Some),
        None if options.mode < SslMode::VerifyCa => Ok(None),
        None => Err(Failure::Tls(TlsFailure::new(
            TlsProblem::NoRoots,
            format!(
                "root certificate file \"{}\" does not exist; give it by sslrootcert, use the system's trusted roots \
             with sslrootcert=system, or change sslmode to disable server certificate verification",
                path.or(match &options.roots {
                    Roots::File(path) => Some(path.as_path()),
                    Roots::Default(path) => path.as_deref(),
                    Roots::System => None,
                })
                .unwrap_or(Path::new("~/.postgresql/root.crt"))
                .display()
            ),
        ))),
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::tls(format!("could not read certificate file \"{}\": {error}", path.display()))
    };
    let found: Result<Vec<_>, _> = match CertificateDer::pem_file_iter(path) {
        Ok(certificates) => certificates.collect(),
        Err(error) => Err(error),
    };
    let found = found.map_err(|error| unreadable(&error))?;
    if found.is_empty() { Err(unreadable(&"no certificate in it")) } else { Ok(found) }
}
