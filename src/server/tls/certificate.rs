//! The few fields of an X.509 certificate that rustls does not give out.

use sha2::{Digest, Sha256, Sha384, Sha512};

/// One element of DER: tag, content, what follows.
pub(super) fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (len, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |len, &digit| len << 8 | usize::from(digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(len)?;
    Some((tag, content, rest))
}

/// The channel binding `tls-server-end-point` (RFC 5929): a hash of the certificate by the hash function of its
/// signature, or by SHA-256 where that is MD5 or SHA-1. `None` where the signature has no such function (Ed25519,
/// and RSA-PSS, whose function is a parameter).
pub(in crate::server) fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];
    let (_, fields, _) = element(certificate)?;
    let (_, _, after_body) = element(fields)?;
    let (_, algorithm, _) = element(after_body)?;
    let (_, oid, _) = element(algorithm)?;
    // 1.2.840.113549.1.1.n and 1.2.840.10045.4.1, 1.2.840.10045.4.3.n.
    match (oid.strip_prefix(RSA), oid.strip_prefix(ECDSA)) {
        (Some([4 | 5 | 11]), _) | (_, Some([1] | [3, 2])) => Some(Sha256::digest(certificate).to_vec()),
        (Some([12]), _) | (_, Some([3, 3])) => Some(Sha384::digest(certificate).to_vec()),
        (Some([13]), _) | (_, Some([3, 4])) => Some(Sha512::digest(certificate).to_vec()),
        _ => None,
    }
}

/// Tag and content of each field (RFC 5280: TBSCertificate) without the version: serial number, signature algorithm,
/// issuer, validity, subject, public key, and what is optional.
pub(super) fn fields(certificate: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let (_, whole, _) = element(certificate)?;
    let (_, body, _) = element(whole)?;
    let mut fields = elements(body)?;
    if fields.first()?.0 == 0xa0 {
        fields.remove(0);
    }
    Some(fields)
}

/// All elements of a sequence's content.
pub(super) fn elements(mut content: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut found = Vec::new();
    while !content.is_empty() {
        let (tag, inner, rest) = element(content)?;
        found.push((tag, inner));
        content = rest;
    }
    Some(found)
}

/// Whether the certificate is valid at a time in seconds since 1970. `None` if it cannot be read.
pub(super) fn valid_at(certificate: &[u8], seconds: u64) -> Option<bool> {
    let fields = fields(certificate)?;
    let (tag, from, rest) = element(fields.get(3)?.1)?;
    let from = time(tag, from)?;
    let (tag, to, _) = element(rest)?;
    let to = time(tag, to)?;
    let seconds = i64::try_from(seconds).ok()?;
    Some((from..=to).contains(&seconds))
}

/// Whether the common name is the host's (libpq: `pgtls_verify_peer_name_matches_certificate_guts`). It counts only
/// where the certificate has no subject alternative name of the host's kind: address or name.
pub(super) fn common_name_matches(certificate: &[u8], host: &str) -> bool {
    let kind = if host.parse::<std::net::IpAddr>().is_ok() { 0x87 } else { 0x82 };
    match alternative_names(certificate) {
        Some(kinds) if !kinds.contains(&kind) => {
            common_name(certificate).is_some_and(|name| name_matches(&name, host))
        }
        _ => false,
    }
}

/// The first common name of the subject.
fn common_name(certificate: &[u8]) -> Option<String> {
    common_name_of(fields(certificate)?.get(4)?.1)
}

/// The first common name of the issuer.
pub(super) fn issuer(certificate: &[u8]) -> Option<String> {
    common_name_of(fields(certificate)?.get(2)?.1)
}

fn common_name_of(name: &[u8]) -> Option<String> {
    const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
    for (_, set) in elements(name)? {
        for (_, attribute) in elements(set)? {
            let (_, oid, value) = element(attribute)?;
            if oid == COMMON_NAME {
                return String::from_utf8(element(value)?.1.to_vec()).ok();
            }
        }
    }
    None
}

/// The kinds (tags of GeneralName) of the subject alternative names; none without the extension.
fn alternative_names(certificate: &[u8]) -> Option<Vec<u8>> {
    const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
    let Some(names) = extension(certificate, ALTERNATIVE_NAMES)? else { return Some(Vec::new()) };
    let (_, names, _) = element(names)?;
    Some(elements(names)?.into_iter().map(|(tag, _)| tag).collect())
}

/// The content of an extension, if it is there. `None` if that cannot be read.
pub(super) fn extension<'a>(certificate: &'a [u8], wanted: &[u8]) -> Option<Option<&'a [u8]>> {
    let found = fields(certificate)?.into_iter().find(|(tag, _)| *tag == 0xa3);
    let Some((_, extensions)) = found else { return Some(None) };
    for (_, extension) in elements(element(extensions)?.1)? {
        let parts = elements(extension)?;
        if parts.first()?.1 == wanted {
            return Some(Some(parts.last()?.1));
        }
    }
    Some(None)
}

/// A name of a certificate and a host's: equal, or `*.` for exactly one label.
fn name_matches(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(domain) => host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(domain)),
        None => name.eq_ignore_ascii_case(host),
    }
}

/// UTCTime `YYMMDDHHMMSSZ` (1950–2049) or GeneralizedTime `YYYYMMDDHHMMSSZ`, as RFC 5280 restricts them.
fn time(tag: u8, text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        0x17 => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i16 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        0x18 => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let two = |at: usize| rest.get(at..at + 2)?.parse::<i8>().ok();
    let at = jiff::civil::DateTime::new(year, two(0)?, two(2)?, two(4)?, two(6)?, two(8)?, 0).ok()?;
    Some(at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate with nothing in it but what is read here.
    fn certificate(oid: &[u8], from: &str, to: &str) -> Vec<u8> {
        fn der(tag: u8, content: &[u8]) -> Vec<u8> {
            let len = u8::try_from(content.len()).expect("short");
            let mut out = if len < 0x80 { vec![tag, len] } else { vec![tag, 0x81, len] };
            out.extend_from_slice(content);
            out
        }
        let validity = der(0x30, &[der(0x17, from.as_bytes()), der(0x17, to.as_bytes())].concat());
        let body =
            [der(0xa0, &der(2, &[2])), der(2, &[1]), der(0x30, &[]), der(0x30, &[]), validity].concat();
        let algorithm = der(0x30, &der(6, oid));
        der(0x30, &[der(0x30, &body), algorithm, der(3, &[0; 90])].concat())
    }

    const SHA256_RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];

    #[test]
    fn the_signatures_hash_function_binds_the_channel() {
        let len = |oid: &[u8]| end_point(&certificate(oid, "", "")).map(|hash| hash.len());
        assert_eq!(len(&SHA256_RSA), Some(32));
        assert_eq!(len(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5]), Some(32), "SHA-1 counts as SHA-256");
        assert_eq!(len(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3]), Some(48));
        assert_eq!(len(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13]), Some(64));
        assert_eq!(len(&[0x2b, 0x65, 0x70]), None, "Ed25519");
        let der = certificate(&SHA256_RSA, "", "");
        assert_eq!(end_point(&der), Some(Sha256::digest(&der).to_vec()));
    }

    #[test]
    fn validity() {
        let der = certificate(&SHA256_RSA, "200101000000Z", "300101000000Z");
        assert_eq!(valid_at(&der, 1_577_836_799), Some(false));
        assert_eq!(valid_at(&der, 1_577_836_800), Some(true));
        assert_eq!(valid_at(&der, 1_893_456_001), Some(false));
    }

    #[test]
    fn a_star_stands_for_one_label() {
        for (name, host, expected) in [
            ("db.example", "DB.example", true),
            ("*.example", "db.example", true),
            ("*.example", "a.db.example", false),
            ("*.example", "example", false),
            ("d*.example", "db.example", false),
            ("*", "db", false),
        ] {
            assert_eq!(name_matches(name, host), expected, "{name} {host}");
        }
    }

    #[test]
    fn damaged_certificates_are_not_read() {
        let der = certificate(&SHA256_RSA, "200101000000Z", "300101000000Z");
        for len in 0..der.len() {
            assert_eq!(end_point(&der[..len]), None);
            assert_eq!(valid_at(&der[..len], 0), None);
            assert!(!common_name_matches(&der[..len], "h"));
        }
    }
}
