//! The only file that opens files. An archive appears under its name when it is complete and durable, not before.

#![expect(clippy::disallowed_methods, reason = "the owner of files")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{
    FileExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags};
use rustix::io::Errno;

use super::read_at::ReadAt;

/// Why a file cannot be opened, made or put in place.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such file or directory.
    #[error("{path} does not exist")]
    NotFound {
        /// The path.
        path: PathBuf,
    },
    /// Something is there already, and it was not asked to be replaced.
    #[error("{path} exists already")]
    Exists {
        /// The path.
        path: PathBuf,
    },
    /// Another process is writing the same archive.
    #[error("{path} is being written by another process")]
    InUse {
        /// The partial file.
        path: PathBuf,
    },
    /// A partial file is left over, and nobody can tell whether its writer lives.
    #[error("{path} is left from an unfinished dump; remove it if no dump is writing it")]
    Stale {
        /// The partial file.
        path: PathBuf,
    },
    /// The path is a directory.
    #[error("{path} is a directory")]
    IsDirectory {
        /// The path.
        path: PathBuf,
    },
    /// The disk or the quota is full.
    #[error("no space left to {action} {path}")]
    NoSpace {
        /// What was tried.
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// As the system words it.
        source: io::Error,
    },
    /// Anything else.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl StoreError {
    /// What a failed system call on `path` means. Also for errors of [`Output`]'s writes, which do not know the path.
    pub fn new(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            io::ErrorKind::IsADirectory => Self::IsDirectory { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::NoSpace { action, path, source }
            }
            _ => Self::Io { action, path, source },
        }
    }
}

/// An archive opened for reading at any place.
#[derive(Debug)]
pub struct Input {
    file: File,
    len: u64,
}

impl Input {
    /// Opens a regular file.
    ///
    /// # Errors
    /// When it does not exist, is something else, or cannot be opened.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let file = open_file(path)?;
        let metadata = file.metadata().map_err(|source| StoreError::new("read", path, source))?;
        if !metadata.is_file() {
            let source =
                io::Error::new(io::ErrorKind::InvalidInput, "not a regular file; read it as a stream");
            return Err(StoreError::new("read", path, source));
        }
        Ok(Self { file, len: metadata.len() })
    }
}

impl ReadAt for Input {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }
}

/// Whether a path is something that can only be read in order: a pipe, a terminal, a socket.
pub fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// Bytes that are free for this user at a path: a folder, or a file in one, which need not be there.
///
/// # Errors
/// When there is no such folder.
pub fn free_bytes(path: &Path) -> Result<u64, StoreError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = if path.is_dir() { path } else { parent };
    let stat =
        rustix::fs::statvfs(folder).map_err(|error| StoreError::new("look at", folder, error.into()))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Opens anything that can be read in order.
///
/// # Errors
/// When it does not exist, is a directory, or cannot be opened.
pub fn open_stream(path: &Path) -> Result<impl io::Read + Send + use<>, StoreError> {
    open_file(path)
}

fn open_file(path: &Path) -> Result<File, StoreError> {
    let with = |source| StoreError::new("open", path, source);
    let file = File::open(path).map_err(with)?;
    if file.metadata().map_err(with)?.is_dir() {
        return Err(StoreError::IsDirectory { path: path.to_owned() });
    }
    Ok(file)
}

/// Whether an existing archive may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// It is an error that it exists.
    Never,
    /// It is replaced, in one step, when the new one is complete.
    Replace,
}

/// Where an archive is written to. Dropped without [`Output::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct Output(Target);

#[derive(Debug)]
enum Target {
    /// A regular file: written as `<name>.partial`, renamed at the end.
    File(Partial),
    /// A device or a named pipe.
    Special {
        file: File,
        path: PathBuf,
    },
    Stdout(io::Stdout),
}

#[derive(Debug)]
struct Partial {
    file: File,
    partial: PathBuf,
    path: PathBuf,
    overwrite: Overwrite,
    committed: bool,
}

impl Output {
    /// Begins the archive `path`, readable by its owner only. A partial file whose writer has died is taken over.
    ///
    /// # Errors
    /// When the archive exists and must not be replaced, another process writes it, or the system refuses.
    pub fn create(path: &Path, overwrite: Overwrite) -> Result<Self, StoreError> {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                return Err(StoreError::IsDirectory { path: path.to_owned() });
            }
            Ok(metadata) if metadata.file_type().is_char_device() || metadata.file_type().is_fifo() => {
                let file = OpenOptions::new().write(true).open(path);
                let file = file.map_err(|source| StoreError::new("open", path, source))?;
                return Ok(Self(Target::Special { file, path: path.to_owned() }));
            }
            // Better now than after hours; the rename checks again, for good.
            Ok(_) if overwrite == Overwrite::Never => {
                return Err(StoreError::Exists { path: path.to_owned() });
            }
            _ => {}
        }
        let mut name = path.as_os_str().to_owned();
        name.push(".partial");
        let partial = PathBuf::from(name);
        let file = create_partial(&partial)?;
        Ok(Self(Target::File(Partial { file, partial, path: path.to_owned(), overwrite, committed: false })))
    }

    /// Writes to the standard output.
    pub fn stdout() -> Self {
        Self(Target::Stdout(io::stdout()))
    }

    /// Makes the archive durable and gives it its name.
    ///
    /// # Errors
    /// When the system cannot make it durable, or the name has been taken meanwhile. The name is then untouched.
    pub fn commit(self) -> Result<(), StoreError> {
        match self.0 {
            Target::File(partial) => partial.commit(),
            Target::Special { mut file, path } => {
                file.flush().map_err(|source| StoreError::new("write", &path, source))
            }
            Target::Stdout(mut out) => {
                out.flush().map_err(|source| StoreError::new("write", Path::new("standard output"), source))
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Target::File(partial) => partial.file.write(bytes),
            Target::Special { file, .. } => file.write(bytes),
            Target::Stdout(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Target::File(partial) => partial.file.flush(),
            Target::Special { file, .. } => file.flush(),
            Target::Stdout(out) => out.flush(),
        }
    }
}

impl Partial {
    fn commit(mut self) -> Result<(), StoreError> {
        // A failed fsync is final: the kernel may have dropped the pages, so trying again would prove nothing.
        self.file.sync_all().map_err(|source| StoreError::new("sync", &self.partial, source))?;
        match self.overwrite {
            Overwrite::Replace => fs::rename(&self.partial, &self.path),
            Overwrite::Never => rename_new(&self.partial, &self.path),
        }
        .map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => StoreError::Exists { path: self.path.clone() },
            _ => StoreError::new("rename to", &self.path, source),
        })?;
        self.committed = true;
        sync_directory(&self.path)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.committed {
            // Nothing can be done about a failure, and the error that led here matters more.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// Creates the partial file and locks it; the lock is how others see that its writer lives.
fn create_partial(partial: &Path) -> Result<File, StoreError> {
    let with = |source| StoreError::new("create", partial, source);
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(partial) {
        Ok(file) => match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            // Another process took the empty file for a dead writer's: it has it now.
            Err(Errno::WOULDBLOCK) => Err(StoreError::InUse { path: partial.to_owned() }),
            // Without locks (some network file systems) the name alone keeps others away.
            _ => Ok(file),
        },
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => take_over(partial),
        Err(error) => Err(with(error)),
    }
}

/// Takes over a partial file if its writer is proved dead: the lock is free, and the file is ours and still there.
fn take_over(partial: &Path) -> Result<File, StoreError> {
    let with = |source| StoreError::new("open", partial, source);
    let stale = || StoreError::Stale { path: partial.to_owned() };
    let file = OpenOptions::new()
        .write(true)
        .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32)
        .open(partial)
        .map_err(|_| stale())?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Err(StoreError::InUse { path: partial.to_owned() }),
        Err(_) => return Err(stale()),
    }
    let ours = file.metadata().map_err(with)?;
    let named = fs::symlink_metadata(partial).map_err(with)?;
    // The writer may have renamed it between open and lock: then this is a finished archive.
    let same = (ours.dev(), ours.ino()) == (named.dev(), named.ino());
    if !same || !ours.is_file() || ours.nlink() != 1 || ours.uid() != rustix::process::geteuid().as_raw() {
        return Err(stale());
    }
    file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(with)?;
    file.set_len(0).map_err(with)?;
    Ok(file)
}

/// Renames without replacing anything, in one step.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // The file system does not know the flag.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            done => return Ok(done?),
        }
    }
    fs::hard_link(from, to)?;
    fs::remove_file(from)
}

fn sync_directory(path: &Path) -> Result<(), StoreError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match File::open(directory).and_then(|file| file.sync_all()) {
        // The file system has no such thing as syncing a directory.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        done => done.map_err(|source| StoreError::new("sync", directory, source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_name_appears_at_the_end_and_only_then() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.pgark");
        let mut output = Output::create(&path, Overwrite::Never).unwrap();
        output.write_all(b"rows").unwrap();
        assert_eq!(names(directory.path()), ["a.pgark.partial"]);
        assert_eq!(fs::metadata(directory.path().join("a.pgark.partial")).unwrap().mode() & 0o777, 0o600);
        output.commit().unwrap();
        assert_eq!(names(directory.path()), ["a.pgark"]);
        assert_eq!(fs::read(&path).unwrap(), b"rows");
    }

    #[test]
    fn a_dropped_output_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        drop(Output::create(&directory.path().join("a"), Overwrite::Never).unwrap());
        assert!(names(directory.path()).is_empty());
    }

    #[test]
    fn an_archive_is_replaced_only_when_asked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        // Made after the first check, as by another process.
        let late = Output::create(&path, Overwrite::Never).unwrap();
        fs::write(&path, b"old").unwrap();
        assert!(matches!(late.commit(), Err(StoreError::Exists { .. })));
        assert!(matches!(Output::create(&path, Overwrite::Never), Err(StoreError::Exists { .. })));
        assert_eq!((fs::read(&path).unwrap(), names(directory.path()).len()), (b"old".to_vec(), 1));
        let mut output = Output::create(&path, Overwrite::Replace).unwrap();
        output.write_all(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        output.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn two_writers_are_told_apart_from_a_dead_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let living = Output::create(&path, Overwrite::Never).unwrap();
        assert!(matches!(Output::create(&path, Overwrite::Never), Err(StoreError::InUse { .. })));
        drop(living);
        fs::write(directory.path().join("a.partial"), b"left by a dead writer").unwrap();
        let mut output = Output::create(&path, Overwrite::Never).unwrap();
        output.write_all(b"new").unwrap();
        output.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn errors_tell_what_is_the_matter() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("no/such/a");
        assert!(matches!(Input::open(&missing), Err(StoreError::NotFound { .. })));
        assert!(matches!(Output::create(&missing, Overwrite::Never), Err(StoreError::NotFound { .. })));
        assert!(matches!(Input::open(directory.path()), Err(StoreError::IsDirectory { .. })));
        assert!(matches!(
            Output::create(directory.path(), Overwrite::Replace),
            Err(StoreError::IsDirectory { .. })
        ));
        std::os::unix::fs::symlink("elsewhere", directory.path().join("b.partial")).unwrap();
        let through_link = Output::create(&directory.path().join("b"), Overwrite::Never);
        assert!(matches!(through_link, Err(StoreError::Stale { .. })));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_device_is_reported_by_the_write() {
        let mut output = Output::create(Path::new("/dev/full"), Overwrite::Never).unwrap();
        let error = output.write_all(b"rows").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
