//! The parameters of TLS (documentation: "SSL Support").

use std::path::PathBuf;

use super::values::Values;
use super::{CertificateMode, Environment, Error, Revocation, Roots, SslMode, Tls, TlsVersion};

/// From weak to strong.
pub(super) const SSL_MODE: [(&str, SslMode); 6] = [
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

const CERTIFICATE_MODE: [(&str, CertificateMode); 3] = [
    ("disable", CertificateMode::Disable),
    ("allow", CertificateMode::Allow),
    ("require", CertificateMode::Require),
];

/// What TLS is to be like.
pub(super) fn resolve(values: &Values, environment: &Environment<'_>) -> Result<Tls, Error> {
    let dot_postgresql = environment.home().map(|home| home.join(".postgresql"));
    let roots = match values.get("sslrootcert") {
        Some("system") => Roots::System,
        Some(path) => Roots::File(path.into()),
        None => Roots::Default(dot_postgresql.as_ref().map(|dir| dir.join("root.crt"))),
    };
    let default = if roots == Roots::System { SslMode::VerifyFull } else { SslMode::Prefer };
    let mode = values.choice("sslmode", &SSL_MODE)?.unwrap_or(default);
    let weak = |with| Error::WeakMode { mode: mode.name(), with };
    if roots == Roots::System && mode != SslMode::VerifyFull {
        return Err(weak("sslrootcert=system (use \"verify-full\")"));
    }
    let direct = values.choice("sslnegotiation", &[("postgres", false), ("direct", true)])?.unwrap_or(false);
    if direct && mode < SslMode::Require {
        return Err(weak("sslnegotiation=direct (use \"require\", \"verify-ca\", or \"verify-full\")"));
    }
    let file = |key, name: &str| {
        values.get(key).map(PathBuf::from).or_else(|| dot_postgresql.as_ref().map(|dir| dir.join(name)))
    };
    let certificate = values.choice("sslcertmode", &CERTIFICATE_MODE)?.unwrap_or(CertificateMode::Allow);
    // A certificate that is named must exist; the default one is used only if it does.
    let client = file("sslcert", "postgresql.crt").zip(file("sslkey", "postgresql.key"));
    let client = client
        .filter(|(cert, _)| values.get("sslcert").is_some() || cert.is_file())
        .filter(|_| certificate != CertificateMode::Disable);
    let named = |key| values.get(key).map(PathBuf::from);
    let revocation = match (named("sslcrl"), named("sslcrldir")) {
        (None, None) => {
            Revocation { file: file("sslcrl", "root.crl").filter(|path| path.is_file()), dir: None }
        }
        (file, dir) => Revocation { file, dir },
    };
    let (min_version, max_version) = versions(values)?;
    Ok(Tls {
        mode,
        direct,
        roots,
        client,
        certificate,
        revocation,
        // libpq looks at the first character only.
        sni: values.get("sslsni").is_none_or(|value| !value.starts_with('0')),
        min_version,
        max_version,
    })
}

/// The least and the greatest version of TLS. What is below 1.2 is not there.
fn versions(values: &Values) -> Result<(TlsVersion, TlsVersion), Error> {
    const NAMES: [&str; 4] = ["tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"];
    let read = |key: &'static str| {
        let Some(value) = values.get(key) else { return Ok(None) };
        let found = NAMES.iter().position(|name| name.eq_ignore_ascii_case(value));
        found.map(Some).ok_or_else(|| Error::Value { key, value: value.to_owned() })
    };
    let min = match values.given("ssl_min_protocol_version") {
        // Empty is as low as it gets.
        Some("") => 0,
        _ => read("ssl_min_protocol_version")?.unwrap_or(2),
    };
    let max = read("ssl_max_protocol_version")?.unwrap_or(3);
    if max < min {
        return Err(Error::Value {
            key: "ssl_max_protocol_version",
            value: format!("{}, below ssl_min_protocol_version", NAMES[max]),
        });
    }
    if max < 2 {
        let reason = "TLS 1.2 is the oldest version that is spoken";
        return Err(Error::Unsupported { key: "ssl_max_protocol_version", reason });
    }
    let version = |n| if n == 3 { TlsVersion::V1_3 } else { TlsVersion::V1_2 };
    Ok((version(min), version(max)))
}
