//! Server versions, as `server_version_num` reports them.

use std::fmt;

/// The oldest major that pgark reads and writes.
pub const MAJOR_MIN: u16 = 12;
/// The newest major whose catalogs pgark knows.
pub const MAJOR_MAX: u16 = 18;

/// A server's version: `server_version_num` (180003 is 18.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u32);

impl Version {
    /// From the value of the setting `server_version_num`.
    pub const fn from_num(num: u32) -> Self {
        Self(num)
    }

    /// The value of `server_version_num`.
    pub const fn num(self) -> u32 {
        self.0
    }

    /// The major: 18 for 18.3.
    pub const fn major(self) -> u16 {
        (self.0 / 10_000) as u16
    }

    /// Whether the major is `major` or newer.
    pub const fn at_least(self, major: u16) -> bool {
        self.major() >= major
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10_000, self.0 % 10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn parts_of_a_version_number() {
        let v = Version::from_num(180_003);
        assert_eq!((v.major(), v.to_string().as_str()), (18, "18.3"));
        assert!(v.at_least(18) && !v.at_least(19));
    }
}
