//! Exit codes: a promise to scripts. Any other code that is not 0 counts as a failure too.

/// Everything selected was done and verified.
pub const DONE: u8 = 0;
/// A bug, or an error that nobody foresaw.
pub const UNEXPECTED: u8 = 1;
/// Wrong usage or configuration.
pub const USAGE: u8 = 2;
/// Finished, but listed objects were skipped or failed.
pub const INCOMPLETE: u8 = 3;
/// The archive is damaged, truncated, or no archive.
pub const ARCHIVE: u8 = 4;
/// The archive does not exist.
pub const NOT_FOUND: u8 = 5;
/// Cannot connect; trying again may help.
pub const CONNECT: u8 = 6;
/// Authentication, TLS or permission.
pub const ACCESS: u8 = 7;
/// The server went away or cancelled the work; trying again may help.
pub const LOST: u8 = 8;
/// The server rejected a statement.
pub const REJECTED: u8 = 9;
/// Local input or output: disk full, quota, closed pipe.
pub const IO: u8 = 10;
/// A lock was not to be had; trying again may help.
pub const LOCK: u8 = 11;
/// Refused: the target is not empty or lacks something, the file exists, nobody said yes.
pub const REFUSED: u8 = 12;
/// A signal ended it: 128 and the signal's number, as shells count. SIGHUP 129, SIGINT 130, SIGTERM 143.
pub const SIGNAL: u8 = 128;
