//! Server certificates of X.509 version 1 (RFC 5280, section 4.1): no extensions, so no names but the common one. libpq
//! accepts them, rustls does not read them. What is needed is little: the signature of a root, and that of the handshake.
//!
//! Chains through other authorities and lists of revoked certificates are left to rustls, which refuses.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use rustls::{CertificateError, DigitallySignedStruct, Error};

use super::certificate::{element, elements, extension, fields, valid_at};

/// `basicConstraints`.
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
/// Its content for an authority: `cA TRUE`, perhaps with a length behind it.
const IS_AUTHORITY: &[u8] = &[0x01, 0x01, 0xff];
/// Where the fields of interest are (`certificate::fields`).
const ISSUER: usize = 2;
const SUBJECT: usize = 4;

/// A public key: its algorithm, and its bits.
struct Key<'a> {
    algorithm: &'a [u8],
    bits: &'a [u8],
    /// Both together, as a certificate has them.
    info: &'a [u8],
}

/// Whether a certificate is of version 1: it says no version.
pub(super) fn is(certificate: &[u8]) -> bool {
    let body = || element(element(certificate)?.1);
    body().is_some_and(|(_, body, _)| body.first().is_some_and(|tag| *tag != 0xa0))
}

/// Whether one of `roots`, valid at that time, has signed it.
pub(super) fn is_signed(
    certificate: &[u8],
    roots: &[CertificateDer<'_>],
    seconds: u64,
    supported: &WebPkiSupportedAlgorithms,
) -> bool {
    let may_sign = |root: &&CertificateDer<'_>| {
        let name = |of: &[u8], at: usize| Some(fields(of)?.get(at)?.1.to_vec());
        let is_issuer = name(root, SUBJECT).is_some_and(|subject| Some(subject) == name(certificate, ISSUER));
        is_issuer && is_authority(root) && valid_at(root, seconds) == Some(true)
    };
    roots.iter().filter(may_sign).any(|root| is_signed_by(certificate, root, supported).is_some())
}

/// A certificate without extensions may sign if it is a root, as for OpenSSL.
fn is_authority(root: &[u8]) -> bool {
    let constraints = || element(extension(root, BASIC_CONSTRAINTS)??).map(|(_, content, _)| content);
    is(root) || constraints().is_some_and(|content| content.starts_with(IS_AUTHORITY))
}

fn is_signed_by(certificate: &[u8], root: &[u8], supported: &WebPkiSupportedAlgorithms) -> Option<()> {
    let (_, whole, _) = element(certificate)?;
    let (_, _, after) = element(whole)?;
    let signed = &whole[..whole.len() - after.len()];
    let (_, algorithm, after) = element(after)?;
    let signature = bits(element(after)?.1)?;
    let key = key(root)?;
    let fitting = supported.all.iter().filter(|one| {
        one.signature_alg_id().as_ref() == algorithm && one.public_key_alg_id().as_ref() == key.algorithm
    });
    fitting.map(|one| one.verify_signature(key.bits, signed, signature)).find_map(Result::ok)
}

fn key(certificate: &[u8]) -> Option<Key<'_>> {
    let (_, whole, _) = element(certificate)?;
    let (_, mut rest, _) = element(whole)?;
    // Where the key begins: behind the version, if there is one, and five more.
    let before = if is(certificate) { 5 } else { 6 };
    for _ in 0..before {
        rest = element(rest)?.2;
    }
    let (_, content, after) = element(rest)?;
    let info = &rest[..rest.len() - after.len()];
    let parts = elements(content)?;
    Some(Key { algorithm: parts.first()?.1, bits: bits(parts.get(1)?.1)?, info })
}

/// A BIT STRING of whole bytes.
fn bits(content: &[u8]) -> Option<&[u8]> {
    content.split_first().filter(|(unused, _)| **unused == 0).map(|(_, bits)| bits)
}

/// Whether the handshake is signed with the certificate's key, in TLS 1.2.
pub(super) fn verify_tls12(
    message: &[u8],
    certificate: &[u8],
    signed: &DigitallySignedStruct,
    supported: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let key = key(certificate).ok_or(CertificateError::BadEncoding)?;
    let of_scheme = supported.mapping.iter().filter(|(scheme, _)| *scheme == signed.scheme);
    let fitting =
        of_scheme.flat_map(|(_, all)| *all).filter(|one| one.public_key_alg_id().as_ref() == key.algorithm);
    let valid =
        fitting.map(|one| one.verify_signature(key.bits, message, signed.signature())).find_map(Result::ok);
    valid.map(|()| HandshakeSignatureValid::assertion()).ok_or_else(|| CertificateError::BadSignature.into())
}

/// The same in TLS 1.3.
pub(super) fn verify_tls13(
    message: &[u8],
    certificate: &[u8],
    signed: &DigitallySignedStruct,
    supported: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let key = key(certificate).ok_or(CertificateError::BadEncoding)?;
    verify_tls13_signature_with_raw_key(message, &SubjectPublicKeyInfoDer::from(key.info), signed, supported)
}
