//! Lists of revoked certificates: `sslcrl`, `sslcrldir`.

use std::fs;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject;

use crate::server::conninfo::Revocation;
use crate::server::error::Failure;

/// Reads all lists. Where libpq goes on without a file that is not there, this is an error: who names a list wants
/// it to be used.
pub(super) fn load(revocation: &Revocation) -> Result<Vec<CertificateRevocationListDer<'static>>, Failure> {
    let mut lists = Vec::new();
    if let Some(file) = &revocation.file {
        lists.extend(read(file)?);
    }
    if let Some(dir) = &revocation.dir {
        let files = hashed(dir).map_err(|error| unreadable(dir, &error))?;
        if files.is_empty() {
            let problem = "it has no file such as 1a2b3c4d.r0; make them with: openssl rehash DIRECTORY";
            return Err(unreadable(dir, &problem));
        }
        for file in files {
            lists.extend(read(&file)?);
        }
    }
    Ok(lists)
}

fn unreadable(path: &Path, problem: &dyn std::fmt::Display) -> Failure {
    Failure::tls(format!("could not read certificate revocation list \"{}\": {problem}", path.display()))
}

fn read(path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, Failure> {
    let found: Result<Vec<_>, _> = match CertificateRevocationListDer::pem_file_iter(path) {
        Ok(lists) => lists.collect(),
        Err(error) => Err(error),
    };
    match found {
        Ok(lists) if lists.is_empty() => Err(unreadable(path, &"no list in it")),
        Ok(lists) => Ok(lists),
        Err(error) => Err(unreadable(path, &error)),
    }
}

/// The files that OpenSSL would look at: eight hexadecimal digits, `.r`, a number.
fn hashed(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_list = name.split_once(".r").is_some_and(|(hash, number)| {
            hash.len() == 8
                && hash.bytes().all(|b| b.is_ascii_hexdigit())
                && !number.is_empty()
                && number.bytes().all(|b| b.is_ascii_digit())
        });
        if is_list {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
