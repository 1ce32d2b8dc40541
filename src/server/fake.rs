//! A server that follows a script, and what sessions do with it.

#![expect(clippy::disallowed_methods, reason = "stands in for a connection in tests")]

use std::future::Future;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::cancel::CancelHandle;
use super::connect::Endpoint;
use super::conninfo::{Environment, Flags, resolve};
use super::home::Key;
use super::negotiated::Negotiated;
use super::outgoing::Outgoing;
use super::relay::Shared;
use super::tap::Tap;
use super::transport::Address;
use super::{Buffers, Class, Error, Format, Session};

/// The server's end of the connection.
struct Peer(DuplexStream);

impl Peer {
    async fn send(&mut self, messages: &[(u8, &[u8])]) {
        for (tag, body) in messages {
            let len = u32::try_from(body.len() + 4).expect("small");
            let message = [&[*tag], &len.to_be_bytes()[..], body].concat();
            self.0.write_all(&message).await.expect("the client listens");
        }
    }

    async fn body(&mut self) -> Vec<u8> {
        let len = self.0.read_u32().await.expect("a length") as usize;
        let mut body = vec![0; len - 4];
        self.0.read_exact(&mut body).await.expect("a body");
        body
    }

    /// The next message, without data of a COPY that nobody reads.
    async fn receive(&mut self) -> (u8, Vec<u8>) {
        (self.0.read_u8().await.expect("a message"), self.body().await)
    }

    async fn expect(&mut self, tag: u8) -> Vec<u8> {
        let (found, body) = self.receive().await;
        assert_eq!(char::from(found), char::from(tag));
        body
    }
}

/// The fields of an ErrorResponse.
fn error(severity: &str, code: &str, message: &str) -> Vec<u8> {
    format!("S{severity}\0V{severity}\0C{code}\0M{message}\0\0").into_bytes()
}

const READY: (u8, &[u8]) = (b'Z', b"I");

/// A session with a server that runs `script` after the start-up.
async fn session<F, R>(script: F) -> Session
where
    F: FnOnce(Peer) -> R + Send + 'static,
    R: Future<Output = ()> + Send,
{
    let (ours, theirs) = tokio::io::duplex(4096);
    let server = tokio::spawn(async move {
        let mut peer = Peer(theirs);
        peer.body().await;
        peer.send(&[(b'R', &[0; 4]), (b'K', &[0; 8]), READY]).await;
        script(peer).await;
    });
    // A failed assertion in the script fails the test, by closing the connection; its text is on stderr.
    drop(server);
    let environment = Environment {
        var: &|_| None,
        os_user: Some("u".into()),
        os_home: None,
        socket_dirs: vec![],
        config_dirs: vec![],
    };
    let conninfo = resolve(&Flags::default(), &environment).expect("valid");
    let endpoint = Endpoint::new(conninfo.hosts[0].clone(), Address::Unix("/nowhere".into()), &conninfo);
    let relay = Shared::default();
    let mut config = tokio_postgres::Config::new();
    config.user("u").ssl_negotiation(tokio_postgres::config::SslNegotiation::Direct);
    config.ssl_mode(tokio_postgres::config::SslMode::Require);
    let tap = Outgoing::new(Tap::new(ours, relay.clone()));
    let (client, connection) = config.connect_raw(tap, Negotiated::default()).await.expect("a session");
    let cancel = CancelHandle { token: client.cancel_token(), endpoint };
    Session::new(client, connection, Key::of_no_thread(), relay, Buffers::default(), cancel)
}

#[tokio::test]
async fn copy_out_gives_rows_and_compares_the_count() {
    for (tag, good) in [(&b"COPY 3\0"[..], true), (b"COPY 4\0", false)] {
        let mut session = session(move |mut peer| async move {
            assert_eq!(peer.expect(b'Q').await, b"set local x = 1; copy t to stdout\0");
            peer.send(&[(b'C', b"SET\0"), (b'H', &[0, 0, 0])]).await;
            peer.send(&[(b'd', b"a\n"), (b'd', b"b\n"), (b'd', b"c\n"), (b'c', b""), (b'C', tag), READY])
                .await;
            peer.expect(b'Q').await;
            peer.send(&[(b'C', b"SELECT 0\0"), READY]).await;
        })
        .await;
        let mut copy =
            session.copy_out("set local x = 1; copy t to stdout", &[Format::Text], 4).await.expect("started");
        let first = copy.next_frame().await.expect("a frame").expect("a frame");
        assert_eq!((first.bytes.as_slice(), first.rows), (&b"a\nb\n"[..], 2));
        assert_eq!(copy.next_frame().await.expect("a frame").map(|f| f.bytes), Some(b"c\n".to_vec()));
        match copy.next_frame().await {
            Ok(end) => assert!(good && end.is_none()),
            Err(error) => assert!(!good && error.to_string().contains("4 rows, but 3 came"), "{error}"),
        }
        assert_eq!(copy.rows(), 3);
        drop(copy);
        session.batch("select").await.expect("the session is free");
    }
}

#[tokio::test]
async fn an_error_in_the_middle_of_copy_out_is_the_servers() {
    let mut session = session(|mut peer| async move {
        peer.expect(b'Q').await;
        let error = error("ERROR", "22012", "division by zero");
        peer.send(&[(b'H', &[0, 0, 0]), (b'd', b"a\n"), (b'E', &error), READY]).await;
        peer.expect(b'Q').await;
        peer.send(&[(b'C', b"SELECT 0\0"), READY]).await;
    })
    .await;
    let mut copy = session.copy_out("copy t to stdout", &[Format::Text], 2).await.expect("started");
    copy.next_frame().await.expect("the rows before it");
    let error = copy.next_frame().await.expect_err("the error").context("table t");
    assert_eq!(error.to_string(), "table t: division by zero (SQLSTATE 22012)");
    assert_eq!((error.class(), error.sqlstate()), (Class::Rejected, Some("22012")));
    drop(copy);
    session.batch("select").await.expect("the session is free");
}

#[tokio::test]
async fn a_lost_connection_is_not_an_end() {
    for farewell in [None, Some(error("FATAL", "57P01", "terminating connection"))] {
        let code = farewell.as_ref().map(|_| "57P01");
        let mut session = session(|mut peer| async move {
            peer.expect(b'Q').await;
            peer.send(&[(b'H', &[0, 0, 0]), (b'd', b"a\n")]).await;
            if let Some(error) = farewell {
                peer.send(&[(b'E', &error)]).await;
            }
        })
        .await;
        let mut copy = session.copy_out("copy t to stdout", &[Format::Text], 100).await.expect("started");
        let error = copy.next_frame().await.expect_err("lost");
        assert_eq!((error.class(), error.sqlstate()), (Class::Lost, code), "{error}");
    }
}

#[tokio::test]
async fn a_farewell_to_an_idle_session_explains_the_next_failure() {
    let mut session = session(|mut peer| async move {
        peer.send(&[(b'E', &error("FATAL", "57P05", "idle-session timeout"))]).await;
    })
    .await;
    let error = session.batch("select").await.expect_err("lost");
    assert_eq!((error.class(), error.sqlstate()), (Class::Lost, Some("57P05")), "{error}");
    let error = session.copy_in("copy t from stdin", 1).await.expect_err("lost");
    assert_eq!(error.sqlstate(), Some("57P05"));
}

#[tokio::test]
async fn a_dropped_copy_out_blocks_the_next_until_the_server_is_done() {
    let (go_on, wait) = tokio::sync::oneshot::channel::<()>();
    let mut session = session(|mut peer| async move {
        peer.expect(b'Q').await;
        peer.send(&[(b'H', &[0, 0, 0]), (b'd', b"a\n")]).await;
        wait.await.expect("told to go on");
        peer.send(&[(b'd', b"b\n"), (b'c', b""), (b'C', b"COPY 2\0"), READY]).await;
        peer.expect(b'Q').await;
        peer.send(&[(b'C', b"SELECT 0\0"), READY]).await;
        peer.expect(b'Q').await;
        peer.send(&[(b'H', &[0, 0, 0]), (b'd', b"z\n"), (b'c', b""), (b'C', b"COPY 1\0"), READY]).await;
    })
    .await;
    let mut copy = session.copy_out("copy t to stdout", &[Format::Text], 2).await.expect("started");
    copy.next_frame().await.expect("a frame");
    drop(copy);
    let refused = session.copy_out("copy u to stdout", &[Format::Text], 2).await.expect_err("not yet");
    assert!(matches!(refused, Error::Protocol { .. }));
    go_on.send(()).expect("the script waits");
    session.batch("select").await.expect("answered after the rest");
    let mut copy = session.copy_out("copy u to stdout", &[Format::Text], 2).await.expect("started");
    let frame = copy.next_frame().await.expect("a frame").map(|frame| frame.bytes);
    assert_eq!(frame, Some(b"z\n".to_vec()), "nothing of the first table");
}

#[tokio::test]
async fn copy_in_sends_everything_and_returns_the_count() {
    let rows: Bytes = "row\n".repeat(500_000).into();
    let expected = rows.clone();
    let mut session = session(|mut peer| async move {
        peer.expect(b'Q').await;
        peer.send(&[(b'C', b"TRUNCATE TABLE\0"), (b'G', &[0, 0, 0])]).await;
        let mut received = Vec::new();
        loop {
            match peer.receive().await {
                (b'd', body) => received.extend(body),
                (tag, _) => break assert_eq!(tag, b'c'),
            }
        }
        assert!(received == expected, "the rows came unharmed");
        peer.send(&[(b'C', b"COPY 500000\0"), (b'C', b"COMMIT\0"), READY]).await;
    })
    .await;
    let mut copy = session.copy_in("truncate t; copy t from stdin; commit", 1).await.expect("started");
    copy.send(rows).await.expect("sent");
    copy.end().await.expect("sent");
    assert_eq!(copy.finish().await.expect("taken"), [500_000]);
}

#[tokio::test]
async fn copy_in_stops_when_the_server_has_rejected_it() {
    let mut session = session(|mut peer| async move {
        peer.expect(b'Q').await;
        peer.send(&[(b'G', &[0, 0, 0])]).await;
        peer.expect(b'd').await;
        peer.send(&[(b'E', &error("ERROR", "23505", "duplicate key")), READY]).await;
        // Data that were under way are passed over until the next statement.
        while peer.receive().await.0 == b'd' {}
        peer.send(&[(b'C', b"SELECT 0\0"), READY]).await;
    })
    .await;
    let mut copy = session.copy_in("copy t from stdin", 1).await.expect("started");
    let piece = Bytes::from(vec![b'x'; 1_000_000]);
    let mut sent = 0;
    let error = loop {
        match copy.send(piece.clone()).await {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
        assert!(sent < 10, "the error must come soon");
    };
    assert_eq!(error.sqlstate(), Some("23505"));
    drop(copy);
    session.batch("select").await.expect("the session is free");
}

#[tokio::test]
async fn copy_in_that_is_given_up_fails_on_the_server() {
    for abort in [true, false] {
        let mut session = session(move |mut peer| async move {
            peer.expect(b'Q').await;
            peer.send(&[(b'G', &[0, 0, 0])]).await;
            let reason = if abort { &b"enough\0"[..] } else { b"the client gave up\0" };
            assert_eq!(peer.expect(b'f').await, reason);
            peer.send(&[(b'E', &error("ERROR", "57014", "COPY from stdin failed")), READY]).await;
            peer.expect(b'Q').await;
            peer.send(&[(b'C', b"SELECT 0\0"), READY]).await;
        })
        .await;
        let copy = session.copy_in("copy t from stdin", 1).await.expect("started");
        if abort {
            copy.abort("enough").await.expect("aborted");
        } else {
            drop(copy);
        }
        session.batch("select").await.expect("the session is free");
    }
}

#[tokio::test]
async fn copy_in_refused_at_once_leaves_the_session_usable() {
    let mut session = session(|mut peer| async move {
        peer.expect(b'Q').await;
        peer.send(&[(b'E', &error("ERROR", "25006", "read-only transaction")), READY]).await;
        peer.expect(b'Q').await;
        peer.send(&[(b'C', b"SELECT 0\0"), READY]).await;
    })
    .await;
    let error = session.copy_in("copy t from stdin", 1).await.expect_err("refused");
    assert_eq!(error.sqlstate(), Some("25006"));
    session.batch("select").await.expect("the session is free");
}

#[tokio::test]
async fn a_statement_whose_answer_nobody_awaited_does_not_disturb() {
    let mut session = session(|mut peer| async move {
        peer.expect(b'Q').await;
        peer.expect(b'Q').await;
        peer.send(&[(b'C', b"SELECT 1\0"), (b'E', &error("ERROR", "22012", "division by zero")), READY])
            .await;
        peer.send(&[(b'G', &[0, 0, 0])]).await;
        peer.expect(b'd').await;
        peer.expect(b'c').await;
        peer.send(&[(b'C', b"COPY 1\0"), READY]).await;
    })
    .await;
    tokio::select! {
        biased;
        _ = session.batch("select 1; select 1/0") => {}
        () = std::future::ready(()) => {}
    }
    let mut copy = session.copy_in("copy t from stdin", 1).await.expect("started");
    copy.send("a\n".into()).await.expect("sent");
    copy.end().await.expect("sent");
    assert_eq!(copy.finish().await.expect("taken"), [1]);
}

#[tokio::test]
async fn several_copies_out_of_one_message() {
    let mut session = session(|mut peer| async move {
        peer.expect(b'Q').await;
        peer.send(&[(b'C', b"LOCK TABLE\0"), (b'H', &[0]), (b'd', b"a\n"), (b'c', b""), (b'C', b"COPY 1\0")])
            .await;
        peer.send(&[(b'C', b"LOCK TABLE\0"), (b'H', &[0]), (b'c', b""), (b'C', b"COPY 0\0")]).await;
        peer.send(&[(b'H', &[0]), (b'd', b"b\n"), (b'd', b"c\n"), (b'c', b""), (b'C', b"COPY 2\0")]).await;
        peer.send(&[(b'C', b"RELEASE\0"), READY]).await;
        peer.expect(b'Q').await;
        peer.send(&[(b'C', b"SELECT 0\0"), READY]).await;
    })
    .await;
    let mut copies = session.copy_out("…", &[Format::Text; 3], 2).await.expect("started");
    let mut found = Vec::new();
    for _ in 0..3 {
        let mut bytes = Vec::new();
        while let Some(frame) = copies.next_frame().await.expect("a frame") {
            bytes.extend(frame.bytes);
        }
        found.push((bytes, copies.rows()));
    }
    assert_eq!(found, [(b"a\n".to_vec(), 1), (vec![], 0), (b"b\nc\n".to_vec(), 2)]);
    assert_eq!(copies.next_frame().await.expect("nothing more"), None);
    drop(copies);
    session.batch("select").await.expect("the session is free");
}

#[tokio::test]
async fn what_was_complete_before_an_error_stays_complete() {
    for read_on in [true, false] {
        let mut session = session(|mut peer| async move {
            peer.expect(b'Q').await;
            peer.send(&[(b'H', &[0]), (b'd', b"a\n"), (b'c', b""), (b'C', b"COPY 1\0")]).await;
            peer.send(&[(b'E', &error("ERROR", "55P03", "could not obtain lock")), READY]).await;
            peer.expect(b'Q').await;
            peer.send(&[(b'C', b"ROLLBACK\0"), READY]).await;
            peer.expect(b'Q').await;
        })
        .await;
        let mut copies = session.copy_out("…", &[Format::Text; 2], 99).await.expect("started");
        assert!(copies.next_frame().await.expect("a frame").is_some());
        assert!(copies.next_frame().await.expect("its end").is_none());
        if read_on {
            let error = copies.next_frame().await.expect_err("the second one fails");
            assert_eq!(error.sqlstate(), Some("55P03"));
        } else {
            // Nobody looks at the error, which is there.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        drop(copies);
        session.batch("rollback to lock").await.expect("the session is free");
        assert!(session.copy_out("…", &[Format::Text], 9).await.is_ok(), "and takes another COPY");
    }
}

#[tokio::test]
async fn several_copies_into_one_message() {
    let mut session = session(|mut peer| async move {
        peer.expect(b'Q').await;
        peer.send(&[(b'C', b"CREATE TABLE\0"), (b'G', &[0])]).await;
        // All rows may come before the server begins the second one.
        for expected in [(b'd', &b"a\n"[..]), (b'c', b""), (b'd', b"b\n"), (b'c', b"")] {
            let (tag, body) = peer.receive().await;
            assert_eq!((tag, body.as_slice()), expected);
        }
        peer.send(&[
            (b'C', b"COPY 1\0"),
            (b'C', b"CREATE TABLE\0"),
            (b'G', &[0]),
            (b'C', b"COPY 5\0"),
            READY,
        ])
        .await;
    })
    .await;
    let mut copies = session.copy_in("…", 2).await.expect("started");
    for row in ["a\n", "b\n"] {
        copies.send(Bytes::from(row)).await.expect("sent");
        copies.end().await.expect("sent");
    }
    assert_eq!(copies.finish().await.expect("taken"), [1, 5]);
}

#[tokio::test]
async fn a_message_with_fewer_copies_than_expected_is_an_error() {
    let mut session = session(|mut peer| async move {
        peer.expect(b'Q').await;
        peer.send(&[(b'G', &[0]), (b'C', b"COPY 0\0"), READY]).await;
        while peer.receive().await.0 != b'X' {}
    })
    .await;
    let mut copies = session.copy_in("…", 2).await.expect("started");
    copies.end().await.expect("sent");
    copies.end().await.expect("sent");
    copies.finish().await.expect_err("only one came");
}
