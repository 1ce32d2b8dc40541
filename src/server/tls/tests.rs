//! TLS against certificates that `openssl` makes on the spot, and a server in this process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::server::conninfo::{Environment, Flags, Tls, resolve};

/// A folder with an authority (`ca.crt`), and what it has signed.
struct Authority(tempfile::TempDir);

const EC: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

impl Authority {
    fn new() -> Self {
        let authority = Self(tempfile::tempdir().expect("a folder"));
        // Authorities of one name would be taken for each other.
        let name = authority.0.path().file_name().expect("a name").to_string_lossy().into_owned();
        authority.openssl(&format!("req -x509 {EC} -keyout ca.key -out ca.crt -days 2 -subj /CN={name}"));
        authority.write("index.txt", "");
        authority.write("crlnumber", "01\n");
        let config = "[ca]\ndefault_ca=a\n[a]\ndatabase=index.txt\ndefault_md=sha256\n";
        authority.write("old.cnf", config);
        authority.write("ca.cnf", &format!("{config}crlnumber=crlnumber\n"));
        authority
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("write");
    }

    fn openssl(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        command.args(arguments.split_whitespace()).current_dir(self.0.path());
        let output = command.output().expect("openssl is installed");
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Makes `NAME.crt` and `NAME.key`; `names` as openssl writes subject alternative names.
    fn sign(&self, name: &str, common_name: &str, names: &str) {
        let names = if names.is_empty() { String::new() } else { format!("subjectAltName={names}\n") };
        self.write("ext", &format!("basicConstraints=CA:FALSE\n{names}"));
        self.openssl(&format!("req -new {EC} -keyout {name}.key -out {name}.csr -subj /CN={common_name}"));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out {name}.crt"
        ));
    }

    fn server(&self, name: &str) -> ServerConfig {
        let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth();
        let (chain, key) = self.pair(name);
        let mut server = builder.with_single_cert(chain, key).expect("a certificate");
        server.alpn_protocols = vec![ALPN.to_vec()];
        server
    }

    /// A server that wants a certificate of this authority's.
    fn asking_server(&self, name: &str) -> ServerConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.pair("ca").0.remove(0)).expect("a root");
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        let (chain, key) = self.pair(name);
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(verifier.build().expect("a verifier"))
            .with_single_cert(chain, key)
            .expect("a certificate")
    }

    fn pair(&self, name: &str) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let chain = CertificateDer::pem_file_iter(self.path(&format!("{name}.crt"))).expect("a file");
        let key = PrivateKeyDer::from_pem_file(self.path(&format!("{name}.key"))).expect("a key");
        (chain.collect::<Result<_, _>>().expect("certificates"), key)
    }

    /// The client's side, as a connection string describes it; `DIR` is the folder.
    fn options(&self, text: &str) -> Tls {
        let dir = self.0.path().to_str().expect("UTF-8");
        let none = |_: &str| None;
        let environment = Environment {
            var: &none,
            os_user: Some("u".into()),
            os_home: Some(self.path("home")),
            socket_dirs: vec![],
            config_dirs: vec![],
        };
        let flags = Flags { dbname: Some(text.replace("DIR", dir)), ..Flags::default() };
        resolve(&flags, &environment).expect(text).tls
    }
}

/// Shakes hands over a socket; the failure's text, or nothing.
async fn shake(options: &Tls, server: ServerConfig, host: &str) -> Option<String> {
    let client = match Client::new(options) {
        Ok(client) => client,
        Err(failure) => return Some(failure.to_string()),
    };
    let (ours, mut theirs) = UnixStream::pair().expect("a pair of sockets");
    let direct = options.direct;
    tokio::spawn(async move {
        if !direct {
            theirs.read_exact(&mut [0; 8]).await.expect("an SSLRequest");
            theirs.write_all(b"S").await.expect("the client listens");
        }
        if let Ok(mut stream) = TlsAcceptor::from(Arc::new(server)).accept(theirs).await {
            // Until the client has seen all of the handshake.
            let _closed = stream.read(&mut [0]).await;
        }
    });
    match client.negotiate(Transport::Unix(ours), host).await {
        Ok(Answer::Secured(_)) => None,
        Ok(Answer::Plain(_)) => Some("plain".to_owned()),
        Err(failure) => Some(failure.to_string()),
    }
}

/// Wants a failure whose text has these words.
#[track_caller]
fn fails(failure: Option<String>, words: &str) {
    let text = failure.expect("it fails");
    assert!(text.contains(words), "{text}");
}

#[tokio::test]
async fn names_are_checked_as_by_libpq() {
    let ca = Authority::new();
    ca.sign("san", "other", "DNS:db.example,IP:10.0.0.1");
    ca.sign("cn", "db.example", "");
    ca.sign("star", "*.example", "");
    ca.sign("mixed", "10.0.0.1", "DNS:db.example");
    ca.sign("ip", "db.example", "IP:10.0.0.1");
    let full = ca.options("sslmode=verify-full sslrootcert=DIR/ca.crt");
    for (certificate, host, good) in [
        ("san", "db.example", true),
        ("san", "10.0.0.1", true),
        ("san", "other", false),
        ("san", "10.0.0.2", false),
        ("cn", "db.example", true),
        ("cn", "DB.Example", true),
        ("cn", "x.example", false),
        ("star", "x.example", true),
        ("star", "a.x.example", false),
        // A common name counts where no alternative name is of the host's kind.
        ("mixed", "10.0.0.1", true),
        ("mixed", "10.0.0.2", false),
        ("ip", "db.example", true),
    ] {
        let failure = shake(&full, ca.server(certificate), host).await;
        match good {
            true => assert_eq!(failure, None, "{certificate} {host}"),
            false => fails(failure, &format!("does not match host name \"{host}\"")),
        }
        let weaker = ca.options("sslmode=verify-ca sslrootcert=DIR/ca.crt");
        assert_eq!(shake(&weaker, ca.server(certificate), host).await, None, "{certificate} {host}");
    }
    fails(shake(&full, ca.server("san"), "other").await, "db.example");
}

#[tokio::test]
async fn unknown_authorities_and_old_certificates() {
    let (ca, other) = (Authority::new(), Authority::new());
    ca.sign("san", "x", "DNS:db.example");
    for mode in ["verify-ca", "verify-full", "require", "prefer"] {
        let text = format!("sslmode={mode} sslrootcert=DIR/ca.crt");
        fails(
            shake(&other.options(&text), ca.server("san"), "db.example").await,
            "not among the trusted roots",
        );
    }
    assert_eq!(shake(&ca.options("sslmode=require"), ca.server("san"), "db.example").await, None);

    ca.openssl(&format!("req -new {EC} -keyout old.key -out old.csr -subj /CN=db.example"));
    ca.openssl(
        "x509 -req -in old.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days -1 -extfile ext -out old.crt",
    );
    let full = ca.options("sslmode=verify-full sslrootcert=DIR/ca.crt");
    fails(shake(&full, ca.server("old"), "db.example").await, "has expired");

    // A self-signed certificate that is its own root, as `openssl req -x509` makes it: with a common name only.
    ca.openssl(&format!("req -x509 {EC} -keyout self.key -out self.crt -days 2 -subj /CN=db.example"));
    let own = ca.options("sslmode=verify-full sslrootcert=DIR/self.crt");
    assert_eq!(shake(&own, ca.server("self"), "db.example").await, None);
    fails(shake(&own, ca.server("self"), "x.example").await, "does not match");
    fails(shake(&full, ca.server("self"), "db.example").await, "not among the trusted roots");
}

#[tokio::test]
async fn revoked_certificates() {
    let ca = Authority::new();
    ca.sign("good", "x", "DNS:db.example");
    ca.sign("bad", "x", "DNS:db.example");
    ca.openssl("ca -config ca.cnf -cert ca.crt -keyfile ca.key -revoke bad.crt");
    ca.openssl("ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -crldays 2 -out ca.crl");
    std::fs::create_dir(ca.path("dir")).expect("mkdir");
    let options = |more: &str| ca.options(&format!("sslmode=verify-full sslrootcert=DIR/ca.crt {more}"));
    fails(shake(&options("sslcrldir=DIR/dir"), ca.server("good"), "db.example").await, "openssl rehash");
    std::fs::copy(ca.path("ca.crl"), ca.path("dir/0a1b2c3d.r0")).expect("copy");
    assert_eq!(shake(&options(""), ca.server("bad"), "db.example").await, None, "nobody asked for a list");
    for more in ["sslcrl=DIR/ca.crl", "sslcrldir=DIR/dir"] {
        assert_eq!(shake(&options(more), ca.server("good"), "db.example").await, None, "{more}");
        fails(shake(&options(more), ca.server("bad"), "db.example").await, "revoked");
    }
    fails(shake(&options("sslcrl=DIR/no.crl"), ca.server("good"), "db.example").await, "no.crl");
    fails(shake(&options("sslcrl=DIR/ca.crt"), ca.server("good"), "db.example").await, "no list in it");
    ca.openssl("ca -config old.cnf -cert ca.crt -keyfile ca.key -gencrl -crldays 2 -out one.crl");
    fails(shake(&options("sslcrl=DIR/one.crl"), ca.server("good"), "db.example").await, "version 2");
    // The usual file counts without being named.
    std::fs::create_dir_all(ca.path("home/.postgresql")).expect("mkdir");
    std::fs::copy(ca.path("ca.crl"), ca.path("home/.postgresql/root.crl")).expect("copy");
    fails(shake(&options(""), ca.server("bad"), "db.example").await, "revoked");
    // The list of another authority says nothing about this one.
    let other = Authority::new();
    other.openssl("ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -crldays 2 -out ca.crl");
    let strange = options(&format!("sslcrl={}", other.path("ca.crl").display()));
    fails(shake(&strange, ca.server("good"), "db.example").await, "is of its issuer");
    // An outdated list is no proof any more.
    ca.openssl("ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -crl_lastupdate 20200101000000Z -crl_nextupdate 20200102000000Z -out old.crl");
    fails(shake(&options("sslcrl=DIR/old.crl"), ca.server("good"), "db.example").await, "has expired");
}

#[tokio::test]
async fn client_certificates() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
    };
    let ca = Authority::new();
    ca.sign("server", "x", "DNS:db.example");
    ca.sign("client", "ann", "");
    mode(&ca.path("client.key"), 0o600);
    let own = "sslmode=require sslcert=DIR/client.crt sslkey=DIR/client.key";
    assert_eq!(shake(&ca.options(own), ca.asking_server("server"), "db.example").await, None);
    let must = format!("{own} sslcertmode=require");
    assert_eq!(shake(&ca.options(&must), ca.asking_server("server"), "db.example").await, None);
    fails(
        shake(&ca.options(&must), ca.server("server"), "db.example").await,
        "did not request an SSL certificate",
    );
    assert_eq!(ca.options(&format!("{own} sslcertmode=disable")).client, None);
    fails(
        shake(&ca.options("sslmode=require sslcertmode=require"), ca.server("server"), "h").await,
        "no sslcert",
    );

    let key = |key: &str| ca.options(&format!("sslmode=require sslcert=DIR/client.crt sslkey={key}"));
    ca.openssl("pkey -in client.key -outform DER -out client.der");
    mode(&ca.path("client.der"), 0o600);
    assert_eq!(shake(&key("DIR/client.der"), ca.asking_server("server"), "db.example").await, None);
    ca.openssl("pkcs8 -topk8 -in client.key -passout pass:s3cret -out encrypted.key");
    ca.openssl("ec -in client.key -aes128 -passout pass:s3cret -out old.key");
    for name in ["encrypted.key", "old.key"] {
        mode(&ca.path(name), 0o600);
        fails(shake(&key(&format!("DIR/{name}")), ca.server("server"), "h").await, "it is encrypted");
    }
    fails(shake(&key("DIR/no.key"), ca.server("server"), "h").await, "but not private key file");
    fails(shake(&key("engine:id"), ca.server("server"), "h").await, "keys in hardware");
    fails(shake(&key("DIR"), ca.server("server"), "h").await, "not a regular file");
    fails(shake(&key("DIR/server.key"), ca.server("server"), "h").await, "client certificate");
    mode(&ca.path("client.key"), 0o644);
    fails(shake(&ca.options(own), ca.server("server"), "h").await, "has group or world access");
}

#[tokio::test]
async fn versions_and_direct_negotiation() {
    let ca = Authority::new();
    ca.sign("server", "x", "DNS:db.example");
    let old = || {
        let (chain, key) = ca.pair("server");
        ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS12])
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a certificate")
    };
    assert_eq!(shake(&ca.options("sslmode=require"), old(), "db.example").await, None);
    let newer = ca.options("sslmode=require ssl_min_protocol_version=TLSv1.3");
    fails(shake(&newer, old(), "db.example").await, "SSL error");
    let direct = ca.options("sslmode=require sslnegotiation=direct");
    assert_eq!(shake(&direct, ca.server("server"), "db.example").await, None);
    fails(shake(&direct, old(), "db.example").await, "without ALPN");
    // Hosts have names that no certificate could have.
    for host in ["my_db", "db-1.", "10.0.0.1", "::1"] {
        assert_eq!(shake(&ca.options("sslmode=require"), ca.server("server"), host).await, None, "{host}");
    }
}

impl Authority {
    /// Makes a certificate of X.509 version 1, signed by another one here.
    fn sign_version_one(&self, by: &str, name: &str, common_name: &str) {
        let config = "[ca]\ndefault_ca=a\n[a]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\n\
            unique_subject=no\npolicy=p\n[p]\ncommonName=supplied\n";
        self.write("one.cnf", config);
        self.openssl(&format!("req -new {EC} -keyout {name}.key -out {name}.csr -subj /CN={common_name}"));
        self.openssl(&format!(
            "ca -batch -config one.cnf -cert {by}.crt -keyfile {by}.key -in {name}.csr -out {name}.crt -days 2 -notext"
        ));
    }

    /// A server that shows one certificate and has the key of another.
    fn posing_server(&self, certificate: &str, key: &str, version: &str) -> ServerConfig {
        let provider = aws_lc_rs::default_provider();
        let (chain, key) = (self.pair(certificate).0, self.pair(key).1);
        let key = provider.key_provider.load_private_key(key).expect("a key");
        let shown = rustls::sign::CertifiedKey::new(chain, key);
        let versions = match version {
            "1.2" => [&rustls::version::TLS12],
            _ => [&rustls::version::TLS13],
        };
        let mut server = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&versions)
            .expect("versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(shown)));
        server.alpn_protocols = vec![ALPN.to_vec()];
        server
    }
}

#[tokio::test]
async fn certificates_of_version_one_prove_as_much_as_others() {
    let ca = Authority::new();
    ca.sign("leaf", "leaf", "");
    ca.sign_version_one("ca", "good", "db.example");
    ca.sign_version_one("ca", "other", "db.example");
    ca.sign_version_one("leaf", "below", "db.example");
    std::fs::write(
        ca.path("both.crt"),
        ["ca.crt", "leaf.crt"].map(|file| std::fs::read(ca.path(file)).expect("a file")).concat(),
    )
    .expect("write");
    let full = ca.options("sslmode=verify-full sslrootcert=DIR/both.crt");
    for version in ["1.2", "1.3"] {
        let server = |certificate, key| ca.posing_server(certificate, key, version);
        assert_eq!(shake(&full, server("good", "good"), "db.example").await, None, "{version}");
        fails(shake(&full, server("good", "good"), "db2.example").await, "does not match host name");
        // Who has only the certificate has nothing.
        fails(shake(&full, server("good", "other"), "db.example").await, "SSL error");
        // What is not an authority signs nothing, even among the roots.
        fails(shake(&full, server("below", "below"), "db.example").await, "not among the trusted roots");
    }
    // Nobody looks for them in lists.
    ca.openssl("ca -config ca.cnf -gencrl -keyfile ca.key -cert ca.crt -crldays 2 -out list.crl");
    let listed = ca.options("sslmode=verify-full sslrootcert=DIR/ca.crt sslcrl=DIR/list.crl");
    fails(shake(&listed, ca.posing_server("good", "good", "1.3"), "db.example").await, "of X.509 version 1");
}
