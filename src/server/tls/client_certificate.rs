//! The client's own certificate: `sslcert`, `sslkey`, `sslcertmode`.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::CertifiedKey;

use crate::server::error::Failure;

/// Reads a certificate with its chain, and its key.
pub(super) fn load(cert: &Path, key: &Path, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, Failure> {
    let chain = super::certificates(cert)?;
    let key = private_key(key)?;
    let pair = CertifiedKey::from_der(chain, key, provider);
    pair.map(Arc::new)
        .map_err(|error| Failure::tls(format!("client certificate \"{}\": {error}", cert.display())))
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    let shown = path.display();
    let metadata = fs::metadata(path).map_err(|error| match path.to_string_lossy().contains(':') {
        // libpq: `engine:key`.
        true if error.kind() == io::ErrorKind::NotFound => Failure::tls(format!(
            "private key \"{shown}\": keys in hardware (engines of OpenSSL) are not supported, give a file"
        )),
        _ => Failure::tls(format!("certificate present, but not private key file \"{shown}\": {error}")),
    })?;
    if !metadata.is_file() {
        return Err(Failure::tls(format!("private key file \"{shown}\" is not a regular file")));
    }
    // Group may read a key that belongs to root (libpq: `initialize_SSL`).
    let forbidden = if metadata.uid() == 0 { 0o027 } else { 0o077 };
    if metadata.permissions().mode() & forbidden != 0 {
        return Err(Failure::tls(format!(
            "private key file \"{shown}\" has group or world access; file must have permissions u=rw (0600) or \
             less if owned by the current user, or permissions u=rw,g=r (0640) or less if owned by root"
        )));
    }
    let wrong =
        |problem: &str| Failure::tls(format!("could not load private key file \"{shown}\": {problem}"));
    let bytes = fs::read(path).map_err(|error| wrong(&error.to_string()))?;
    let text = String::from_utf8_lossy(&bytes);
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(wrong(&format!(
            "it is encrypted, which is not supported; decrypt it with: openssl pkey -in {shown} -out NEW_KEY"
        )));
    }
    if text.contains("-----BEGIN") {
        return PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| wrong(&error.to_string()));
    }
    PrivateKeyDer::try_from(bytes).map_err(wrong)
}

/// Offers the certificate, and remembers whether the server asked for it.
#[derive(Debug)]
pub(super) struct Offer {
    certificate: Option<Arc<CertifiedKey>>,
    asked: AtomicBool,
}

impl Offer {
    pub(super) fn new(certificate: Option<Arc<CertifiedKey>>) -> Self {
        Self { certificate, asked: AtomicBool::new(false) }
    }

    /// Whether the server has asked.
    pub(super) fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for Offer {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.certificate.clone()
    }

    fn has_certs(&self) -> bool {
        self.certificate.is_some()
    }
}
