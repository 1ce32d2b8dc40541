//! `require_auth`: a server that asks for another way of authentication gets no answer.
//!
//! The library answers whatever it is asked. So the gate stands below it and holds each message back, until the
//! server's request has been compared with what the user allows. It also reads the process that the server announces
//! (see `pooler`). From ReadyForQuery on it only passes bytes on.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::conninfo::{Method, RequireAuth};

/// No message of an authentication is longer.
const MESSAGE_MAX: usize = 1 << 20;

/// A stream whose server may ask for certain ways of authentication only.
#[derive(Debug)]
pub(super) struct Gate<S> {
    inner: S,
    /// `None` once there is nothing to check any more.
    rules: Option<RequireAuth>,
    /// The client has proved something, so that the server may be content.
    finished: bool,
    /// Where the process of BackendKeyData goes; `None` once the session has begun.
    announced: Option<Arc<AtomicI32>>,
    /// The message that is being read, and how much of it has been passed on.
    held: Vec<u8>,
    passed: usize,
}

impl<S> Gate<S> {
    pub(super) fn new(inner: S, rules: Option<RequireAuth>) -> Self {
        Self { inner, rules, finished: false, announced: None, held: Vec::new(), passed: 0 }
    }

    /// Writes down the process that the server announces.
    pub(super) fn announcing(self, process: Arc<AtomicI32>) -> Self {
        Self { announced: Some(process), ..self }
    }

    /// How many bytes of the current message are still to be read.
    fn missing(&self) -> io::Result<usize> {
        let Some(header) = self.held.get(1..5) else { return Ok(5 - self.held.len()) };
        let len = header.iter().fold(0, |len, &byte| len << 8 | usize::from(byte));
        match len {
            4..MESSAGE_MAX => Ok((len + 1).saturating_sub(self.held.len())),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "a message of a strange length")),
        }
    }

    /// Looks at a whole message.
    fn check(&mut self) -> io::Result<()> {
        match (self.held.first(), self.held.get(5..9)) {
            (Some(b'K'), Some(process)) => {
                let process = process.iter().fold(0, |number, &byte| number << 8 | i32::from(byte));
                self.announced.iter().for_each(|announced| announced.store(process, Ordering::Relaxed));
            }
            (Some(b'Z'), _) => self.announced = None,
            _ => {}
        }
        let Some(rules) = &self.rules else { return Ok(()) };
        let code = match (&self.held[..], self.held.get(5..9)) {
            ([b'R', ..], Some(code)) => code.iter().fold(0, |code, &byte| code << 8 | u32::from(byte)),
            // An error ends the authentication.
            _ => return Ok(()),
        };
        let (method, asked) = match code {
            0 if self.finished => {
                self.rules = None;
                return Ok(());
            }
            0 => (Method::None, "server did not complete authentication"),
            2 | 7 => (Method::Gss, "server requested GSSAPI authentication"),
            3 => (Method::Password, "server requested a cleartext password"),
            5 => (Method::Md5, "server requested a hashed password"),
            9 => (Method::Sspi, "server requested SSPI authentication"),
            // Of SASL's mechanisms the library knows SCRAM only.
            10 => (Method::Scram, "server requested SASL authentication"),
            12 => {
                self.finished = true;
                return Ok(());
            }
            _ => return Ok(()),
        };
        if !rules.allows(method) {
            let text = format!("authentication method requirement \"{}\" failed: {asked}", rules.text());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        match method {
            Method::None => self.rules = None,
            Method::Password | Method::Md5 => self.finished = true,
            _ => {}
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gate<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            let missing = if this.held.is_empty() && this.rules.is_none() && this.announced.is_none() {
                return Pin::new(&mut this.inner).poll_read(cx, buf);
            } else if this.passed > 0 {
                0
            } else {
                this.missing()?
            };
            if missing == 0 {
                if this.passed == 0 {
                    this.check()?;
                }
                let rest = &this.held[this.passed..];
                let count = rest.len().min(buf.remaining());
                buf.put_slice(&rest[..count]);
                this.passed += count;
                if this.passed == this.held.len() {
                    this.held.clear();
                    this.passed = 0;
                }
                return Poll::Ready(Ok(()));
            }
            let mut bytes = [0; 256];
            let mut part = ReadBuf::new(&mut bytes[..missing.min(256)]);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut part))?;
            if part.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.held.extend_from_slice(part.filled());
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gate<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;
    use crate::server::conninfo::{Environment, Flags, resolve};

    fn rules(text: &str) -> Option<RequireAuth> {
        let none = |_: &str| None;
        let environment = Environment {
            var: &none,
            os_user: Some("u".into()),
            os_home: None,
            socket_dirs: vec![],
            config_dirs: vec![],
        };
        let flags = Flags { dbname: Some(format!("require_auth={text}")), ..Flags::default() };
        resolve(&flags, &environment).expect("valid").require_auth
    }

    fn request(code: u8, more: &[u8]) -> Vec<u8> {
        let len = u8::try_from(8 + more.len()).expect("short");
        [&[b'R', 0, 0, 0, len, 0, 0, 0, code], more].concat()
    }

    /// What the library gets to see of these messages, and whether that ends with an error.
    async fn through(text: &str, messages: &[Vec<u8>]) -> (Vec<u8>, bool) {
        let bytes = messages.concat();
        let mut gate = Gate::new(&bytes[..], rules(text));
        let mut seen = Vec::new();
        // Small reads, so that a message is passed on in pieces.
        let mut piece = [0; 3];
        loop {
            match gate.read(&mut piece).await {
                Ok(0) => return (seen, false),
                Ok(count) => seen.extend_from_slice(&piece[..count]),
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}");
                    return (seen, true);
                }
            }
        }
    }

    #[tokio::test]
    async fn the_announced_process_is_written_down() {
        let key = b"K\0\0\0\x0c\0\0\x01\x02abcd".to_vec();
        let ready = b"Z\0\0\0\x05I".to_vec();
        let bytes = [request(0, b""), key, ready, b"K\0\0\0\x0c\0\0\x01\x03abcd".to_vec()].concat();
        let process = Arc::default();
        let mut gate = Gate::new(&bytes[..], None).announcing(Arc::clone(&process));
        let mut seen = Vec::new();
        gate.read_to_end(&mut seen).await.expect("it passes everything on");
        assert_eq!(seen, bytes);
        assert_eq!(process.load(Ordering::Relaxed), 258);
    }

    #[tokio::test]
    async fn only_what_is_allowed_reaches_the_client() {
        let (ok, password, md5) = (request(0, b""), request(3, b""), request(5, b"salt"));
        let scram = [request(10, b"SCRAM-SHA-256\0\0"), request(11, b"x"), request(12, b"v"), ok.clone()];
        let after = b"Sdata of any kind".to_vec();
        let refused = |messages: &[Vec<u8>], seen: usize| (messages[..seen].concat(), true);
        let passed = |messages: &[Vec<u8>]| (messages.concat(), false);

        let trust = [ok.clone(), after.clone()];
        for text in ["none", "!password", "scram-sha-256,none"] {
            assert_eq!(through(text, &trust).await, passed(&trust), "{text}");
        }
        for text in ["password", "scram-sha-256", "!none"] {
            assert_eq!(through(text, &trust).await, refused(&trust, 0), "{text}");
        }
        let clear = [password, ok.clone(), after.clone()];
        assert_eq!(through("password", &clear).await, passed(&clear));
        assert_eq!(through("scram-sha-256,md5,none", &clear).await, refused(&clear, 0));
        let hashed = [md5, ok.clone(), after];
        assert_eq!(through("!password", &hashed).await, passed(&hashed));
        assert_eq!(through("!md5", &hashed).await, refused(&hashed, 0));
        assert_eq!(through("scram-sha-256", &scram).await, passed(&scram));
        assert_eq!(through("md5", &scram).await, refused(&scram, 0));
        // A server that skips its own proof has not completed anything.
        let skipped = [scram[0].clone(), scram[1].clone(), ok];
        assert_eq!(through("scram-sha-256", &skipped).await, refused(&skipped, 2));
    }
}
