//! Certificates that `openssl` makes on the spot.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const NEW_KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

/// A folder with an authority (`ca.crt`) and what it has signed: `NAME.crt`, `NAME.key`.
#[derive(Debug)]
pub struct Authority(tempfile::TempDir);

impl Authority {
    /// An authority of that name.
    pub fn new(name: &str) -> Self {
        let authority = Self(tempfile::tempdir().expect("a folder"));
        authority
            .openssl(&format!("req -x509 {NEW_KEY} -keyout ca.key -out ca.crt -days 2 -subj /CN={name}"));
        authority
    }

    /// A file in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Signs a certificate, with alternative names as openssl writes them (`DNS:db.example`), for some days from now;
    /// with a negative number it has expired.
    pub fn sign(&self, file: &str, common_name: &str, names: &str, days: i32) {
        let names = if names.is_empty() { String::new() } else { format!("subjectAltName={names}\n") };
        self.signed_by("ca", file, common_name, &format!("basicConstraints=CA:FALSE\n{names}"), days);
    }

    /// An authority below this one, and a certificate of it; `FILE.crt` has the certificate alone, `FILE-chain.crt` both.
    pub fn sign_through_another(&self, file: &str, common_name: &str, names: &str) {
        self.signed_by("ca", "between", "between", "basicConstraints=critical,CA:TRUE\n", 2);
        let extensions = format!("basicConstraints=CA:FALSE\nsubjectAltName={names}\n");
        self.signed_by("between", file, common_name, &extensions, 2);
        let both = [format!("{file}.crt"), "between.crt".to_owned()].map(|name| self.read(&name)).concat();
        std::fs::write(self.path(&format!("{file}-chain.crt")), both).expect("the folder is ours");
        std::fs::copy(self.path(&format!("{file}.key")), self.path(&format!("{file}-chain.key")))
            .expect("the folder is ours");
    }

    /// Signs a certificate of X.509 version 1, which has no extensions: what `openssl x509 -req` made without any.
    /// `by` is `ca`, or the certificate itself.
    pub fn sign_version_one(&self, by: &str, file: &str, common_name: &str) {
        self.openssl(&format!(
            "req -new {NEW_KEY} -keyout {file}.key -out {file}.csr -subj /CN={common_name}"
        ));
        std::fs::write(self.path("index"), "").expect("the folder is ours");
        let config = format!(
            "[ca]\ndefault_ca=own\n[own]\ndatabase={folder}/index\nnew_certs_dir={folder}\nserial={folder}/own-serial\n\
             rand_serial=yes\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n",
            folder = self.folder().display()
        );
        std::fs::write(self.path("own.cnf"), config).expect("the folder is ours");
        let issuer = if by == "ca" { "-cert ca.crt".to_owned() } else { "-selfsign".to_owned() };
        self.openssl(&format!(
            "ca -batch -config own.cnf {issuer} -keyfile {by}.key -in {file}.csr -out {file}.crt -days 2 -notext"
        ));
        self.close_key(file);
    }

    /// A certificate that has signed itself.
    pub fn sign_itself(&self, file: &str, common_name: &str, names: &str) {
        self.openssl(&format!(
            "req -x509 {NEW_KEY} -keyout {file}.key -out {file}.crt -days 2 -subj /CN={common_name} \
             -addext subjectAltName={names}"
        ));
        self.close_key(file);
    }

    fn signed_by(&self, issuer: &str, file: &str, common_name: &str, extensions: &str, days: i32) {
        std::fs::write(self.path("extensions"), extensions).expect("the folder is ours");
        self.openssl(&format!(
            "req -new {NEW_KEY} -keyout {file}.key -out {file}.csr -subj /CN={common_name}"
        ));
        self.openssl(&format!(
            "x509 -req -in {file}.csr -CA {issuer}.crt -CAkey {issuer}.key -CAcreateserial -days {days} \
             -extfile extensions -out {file}.crt"
        ));
        self.close_key(file);
    }

    fn close_key(&self, file: &str) {
        let owner_only = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(self.path(&format!("{file}.key")), owner_only).expect("the folder is ours");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("it has been made")
    }

    fn openssl(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        command.args(arguments.split_whitespace()).current_dir(self.0.path());
        let output = command.output().expect("openssl is installed");
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.0.path()
    }
}
