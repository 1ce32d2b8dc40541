//! Digests: a leaf per record, chained to the root, which is the archive's identity (FORMAT.md, "Digests").

use std::fmt;

use sha2::{Digest as _, Sha256};

const LEAF_DOMAIN: &[u8] = b"pgark-leaf-1";
const ROOT_DOMAIN: &[u8] = b"pgark-root-1";

/// A SHA-256 digest. Displays as `sha256:` and 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// From its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The short form people read aloud: 12 hex digits.
    pub fn short(&self) -> String {
        hex(&self.0[..6])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The random id that every record of one archive carries. Displays as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ArchiveId([u8; 16]);

impl ArchiveId {
    /// From its 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for ArchiveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for ArchiveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The leaf of a record. The header holds the payload's digest, so the leaf covers both.
pub fn leaf(header: &[u8]) -> Digest {
    Digest(Sha256::new().chain_update(LEAF_DOMAIN).chain_update(header).finalize().into())
}

/// The chain over all leaves in file order.
#[derive(Clone, Debug)]
pub struct RootChain(Digest);

impl RootChain {
    /// root(0).
    pub fn new(id: ArchiveId) -> Self {
        Self(Digest(Sha256::new().chain_update(ROOT_DOMAIN).chain_update(id.0).finalize().into()))
    }

    /// root(n + 1) = SHA-256(root(n) ‖ leaf(n)).
    pub fn push(&mut self, leaf: &Digest) {
        self.0 = Digest(Sha256::new().chain_update(self.0.0).chain_update(leaf.0).finalize().into());
    }

    /// The root over what was pushed so far.
    pub fn root(&self) -> Digest {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{ArchiveId, Digest, RootChain, leaf};

    #[test]
    fn digests_are_sha256() {
        let empty = Digest::of(b"");
        assert_eq!(
            empty.to_string(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(empty.short(), "e3b0c44298fc");
        assert_eq!(leaf(b"x"), Digest::of(b"pgark-leaf-1x"));
    }

    #[test]
    fn the_root_depends_on_id_and_order() {
        let root = |id: u8, leaves: &[&[u8]]| {
            let mut chain = RootChain::new(ArchiveId::from_bytes([id; 16]));
            leaves.iter().for_each(|bytes| chain.push(&leaf(bytes)));
            chain.root()
        };
        assert_eq!(root(1, &[b"a", b"b"]), root(1, &[b"a", b"b"]));
        assert_ne!(root(1, &[b"a", b"b"]), root(1, &[b"b", b"a"]));
        assert_ne!(root(1, &[b"a"]), root(2, &[b"a"]));
    }
}
