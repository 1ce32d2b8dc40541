//! Errors of archives and files.

use std::io::{ErrorKind, Read};
use std::path::Path;

use pgark::archive::{Error, StoreError};

use super::hint::shell_path;
use super::{Report, Scene};
use crate::cli::exit;

impl Report {
    /// An archive that cannot be read or written.
    pub fn archive(error: &Error, scene: &Scene<'_>) -> Self {
        let name = scene.archive.map(|path| path.display().to_string()).unwrap_or_default();
        let what = if name.is_empty() { error.to_string() } else { format!("{name}: {error}") };
        match error {
            Error::Store(error) => store(error, scene.command == "dump"),
            Error::NotAnArchive => {
                let report = Self::new(exit::ARCHIVE, what);
                match scene.archive.and_then(other_format) {
                    Some(hint) => report.hint(hint),
                    None => report.hint("pgark reads what pgark dump wrote; check the name"),
                }
            }
            Error::Truncated { .. } => Self::new(exit::ARCHIVE, what)
                .cause("the dump or a later copy of the file was interrupted")
                .hint("take another copy, or dump again; compare the sizes of the copies first"),
            Error::Damaged { .. } | Error::TooLarge { .. } => {
                damaged(Self::new(exit::ARCHIVE, what).causes_of(error), scene)
            }
            Error::Incomplete(gap) => damaged(Self::new(exit::ARCHIVE, what).cause(gap), scene),
            // The archive may be perfectly good; this program cannot know.
            Error::Unsupported { .. } | Error::UnknownFeature { .. } => Self::new(exit::REFUSED, what)
                .causes_of(error)
                .hint("use the version of pgark that made it, or a newer one: pgark --version"),
            Error::Io { action, source } => io(Self::new(exit::IO, what), action, source),
            Error::Refused { .. } | Error::Encode { .. } => Self::unexpected(what).causes_of(error),
        }
    }

    /// A file that cannot be written.
    pub fn output(error: &StoreError) -> Self {
        store(error, true)
    }
}

fn damaged(report: Report, scene: &Scene<'_>) -> Report {
    match scene.archive.filter(|path| scene.command != "verify" && path.as_os_str() != "-") {
        Some(path) => report.hint(format!(
            "see all that is damaged with: pgark verify {}; then take another copy",
            shell_path(path)
        )),
        None => report.hint("take another copy"),
    }
}

fn io(report: Report, action: &str, source: &std::io::Error) -> Report {
    match source.kind() {
        ErrorKind::BrokenPipe => report.cause("the program that reads the pipe has ended"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => report
            .cause(format!("no space left: {source}"))
            .hint("make room, or name another place with -f; what was written so far is removed"),
        _ if action == "read" => report.cause(source).hint("check the disk, or take another copy"),
        _ => report.cause(source),
    }
}

/// `writes`: the file is one that should come to be.
fn store(error: &StoreError, writes: bool) -> Report {
    let report = |code: u8| Report::new(code, error);
    match error {
        StoreError::NotFound { path } if writes => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder =
                folder.map_or_else(|| "the folder".to_owned(), |folder| folder.display().to_string());
            Report::new(exit::NOT_FOUND, format!("cannot create {}", path.display()))
                .cause(format!("{folder} does not exist"))
                .hint(format!("mkdir -p {}", path.parent().map(shell_path).unwrap_or_default()))
        }
        StoreError::NotFound { .. } => report(exit::NOT_FOUND).hint("check the name: ls -l *.pgark"),
        StoreError::Exists { .. } => {
            report(exit::REFUSED).hint("say --force to replace it, or name another file with -f")
        }
        StoreError::InUse { .. } => {
            report(exit::LOCK).hint("wait for the other process, or name another file with -f")
        }
        StoreError::Stale { path } => report(exit::REFUSED).hint(format!("rm {}", shell_path(path))),
        StoreError::IsDirectory { .. } => report(exit::USAGE).hint("name a file"),
        StoreError::NoSpace { source, .. } => report(exit::IO)
            .cause(source)
            .hint("make room, or name another place with -f; what was written so far is removed"),
        StoreError::Io { source, .. } => {
            let report = report(exit::IO).cause(source);
            if writes { report.hint("name another place with -f") } else { report }
        }
    }
}

/// What a file is that is no archive of pgark, told by its first bytes.
#[expect(
    clippy::disallowed_methods,
    reason = "a look at the first bytes of a file that the archive module refused"
)]
fn other_format(path: &Path) -> Option<String> {
    let mut head = [0; 8];
    std::fs::File::open(path).ok()?.read_exact(&mut head).ok()?;
    let path = shell_path(path);
    match &head {
        [b'P', b'G', b'D', b'M', b'P', ..] => {
            Some(format!("it is an archive of pg_dump: pg_restore -d NAME {path}"))
        }
        [b'-', b'-', b'\n' | b'\r' | b' ', ..] | [b'\\', b'r', b'e', b's', ..] => {
            Some(format!("it looks like an SQL script: psql -d NAME -f {path}"))
        }
        [0x1f, 0x8b, ..] => Some(format!("it is compressed with gzip: gunzip {path}")),
        _ => None,
    }
}
