//! Checks of the server's certificate that differ from rustls' own.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};

use super::certificate::{common_name_matches, issuer, valid_at};
use super::version_one;

/// Accepts any certificate, as libpq does without a root file. Also ones that strict libraries cannot even read
/// (X.509 version 1), so the handshake's signature is not looked at either: it would prove the possession of a key
/// that nobody has vouched for.
#[derive(Debug)]
pub(super) struct Anybody(WebPkiSupportedAlgorithms);

impl Anybody {
    pub(super) fn new(provider: &CryptoProvider) -> Self {
        Self(provider.signature_verification_algorithms)
    }
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

/// Checks the chain, and the name if asked to.
#[derive(Debug)]
pub(super) struct Trusted {
    inner: Arc<WebPkiServerVerifier>,
    roots: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
    check_name: bool,
    /// There are lists of revoked certificates.
    revocation: bool,
}

impl Trusted {
    pub(super) fn new(
        inner: Arc<WebPkiServerVerifier>,
        roots: Vec<CertificateDer<'static>>,
        provider: &CryptoProvider,
        check_name: bool,
        revocation: bool,
    ) -> Self {
        let algorithms = provider.signature_verification_algorithms;
        Self { inner, roots, algorithms, check_name, revocation }
    }

    /// A certificate of X.509 version 1, as PostgreSQL's own instructions make it with an OpenSSL before 3.2
    /// (documentation: "Creating Certificates"), signed by a root, which it may be itself. It has no names but the common one.
    fn verify_version_one(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if !version_one::is_signed(certificate, &self.roots, now.as_secs(), &self.algorithms) {
            return Err(
                CertificateError::Other(OtherError(Arc::new(UnknownIssuer(issuer(certificate))))).into()
            );
        }
        match valid_at(certificate, now.as_secs()) {
            Some(true) => {}
            Some(false) => return Err(CertificateError::Expired.into()),
            None => return Err(CertificateError::BadEncoding.into()),
        }
        if self.check_name && !common_name_matches(certificate, &name.to_str()) {
            return Err(CertificateError::NotValidForName.into());
        }
        Ok(ServerCertVerified::assertion())
    }

    /// A self-signed certificate that is its own root: `openssl req -x509` marks it as an authority, which rustls
    /// does not accept from a server. The user has named exactly this certificate, so only its name and its
    /// validity are left to check.
    fn verify_own_root(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match valid_at(certificate, now.as_secs()) {
            Some(true) => {}
            Some(false) => return Err(CertificateError::Expired.into()),
            None => return Err(CertificateError::BadEncoding.into()),
        }
        if self.check_name && !common_name_matches(certificate, &name.to_str()) {
            verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
        }
        Ok(ServerCertVerified::assertion())
    }
}

impl ServerCertVerifier for Trusted {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if version_one::is(certificate) && !self.revocation {
            return self.verify_version_one(certificate, name, now);
        }
        match self.inner.verify_server_cert(certificate, intermediates, name, ocsp_response, now) {
            // The name is checked after the chain, so an error about it says that the chain is good.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.check_name || common_name_matches(certificate, &name.to_str()) => {
                Ok(ServerCertVerified::assertion())
            }
            Err(Error::InvalidCertificate(CertificateError::Other(OtherError(error))))
                if is_authority(&error) && self.roots.iter().any(|root| root == certificate) =>
            {
                self.verify_own_root(certificate, name, now)
            }
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                // The missing authority is above the last certificate of the chain that the server sent.
                let last = intermediates.last().unwrap_or(certificate);
                Err(CertificateError::Other(OtherError(Arc::new(UnknownIssuer(issuer(last))))).into())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if version_one::is(certificate) {
            return version_one::verify_tls12(message, certificate, signature, &self.algorithms);
        }
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if version_one::is(certificate) {
            return version_one::verify_tls13(message, certificate, signature, &self.algorithms);
        }
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// rustls passes this error on without a name of its own for it.
pub(super) fn is_authority(error: &Arc<dyn std::error::Error + Send + Sync>) -> bool {
    error.to_string().contains("CaUsedAsEndEntity")
}

/// The chain ends at an authority that is not trusted; its common name, if it has one.
#[derive(Debug)]
pub(super) struct UnknownIssuer(Option<String>);

impl std::error::Error for UnknownIssuer {}

impl std::fmt::Display for UnknownIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Some(name) => write!(f, "its issuer \"{}\" is not among the trusted roots", name.escape_debug()),
            None => f.write_str("its issuer is not among the trusted roots"),
        }
    }
}
