//! `requirepeer`: who owns the server process behind a socket.

#![expect(clippy::disallowed_methods, reason = "reads the list of the system's users")]

use super::error::Failure;
use super::transport::Transport;

/// Compares the owner of the process at the other end with the name that the user wants. Over TCP there is nothing to
/// compare, as in libpq.
pub(super) fn check(stream: &Transport, wanted: &str) -> Result<(), Failure> {
    let Transport::Unix(stream) = stream else { return Ok(()) };
    let uid = stream.peer_cred().map_err(Failure::Network)?.uid();
    let users = std::fs::read("/etc/passwd").unwrap_or_default();
    match name(&String::from_utf8_lossy(&users), uid) {
        Some(name) if name == wanted => Ok(()),
        Some(name) => Err(Failure::Authentication(format!(
            "requirepeer specifies \"{wanted}\", but actual peer user name is \"{name}\""
        ))),
        None => Err(Failure::Authentication(format!(
            "requirepeer specifies \"{wanted}\", but the peer is user {uid}, who is not in /etc/passwd"
        ))),
    }
}

/// The name of a user (passwd(5)).
fn name(users: &str, uid: u32) -> Option<&str> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_number() {
        let users = "root:x:0:0:root:/root:/bin/bash\nbroken\npostgres:x:105:112::/var/lib/postgresql:\n";
        assert_eq!(name(users, 105), Some("postgres"));
        assert_eq!(name(users, 112), None);
    }

    #[tokio::test]
    async fn a_socket_has_an_owner() {
        let dir = tempfile::tempdir().expect("tempdir");
        let path = dir.path().join("s");
        let _listener = tokio::net::UnixListener::bind(&path).expect("bind");
        let stream = tokio::net::UnixStream::connect(&path).await.expect("connect");
        let stream = Transport::Unix(stream);
        let own = whoami::username().expect("a name");
        check(&stream, &own).expect("our own process");
        let error = check(&stream, "no such user").expect_err("another").to_string();
        assert!(error.contains(&format!("actual peer user name is \"{own}\"")), "{error}");
    }
}
