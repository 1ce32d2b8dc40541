//! A listener that writes down what a client sends when it connects, and lets nobody in.
//!
//! It does not stand in for a server: what is tested is the client's side only, which host it goes to, in which order,
//! with which start-up parameters, which password, and whether it asks for TLS.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Nobody waits longer for a client that says nothing.
const PATIENCE: Duration = Duration::from_secs(10);

const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;

/// Where both clients look for a socket when no host is named.
const DEFAULT_DIRS: [&str; 2] = ["/tmp", "/var/run/postgresql"];

/// How the listener behaves after the start-up packet.
#[derive(Clone, Debug)]
pub struct Manner {
    /// What it asks for: `password`, `md5`, `scram`, `gss`, `trust` (nothing), `error` (says `answer` at once), `close`.
    pub asks: String,
    /// SQLSTATE of the error in the end.
    pub answer: String,
    /// Says yes to an SSLRequest, to see the handshake's first message.
    pub tls: bool,
}

/// Listeners on sockets and on TCP.
#[derive(Debug)]
pub struct Probe {
    folder: tempfile::TempDir,
    shared: Arc<Shared>,
    /// TCP ports; the first one also names the sockets in the default directories.
    pub ports: [u16; 2],
    /// Whether `::1` can be listened on.
    pub ipv6: bool,
    leftovers: Vec<PathBuf>,
}

#[derive(Debug)]
struct Shared {
    manner: Mutex<Manner>,
    /// In the order of the connections; empty for one that has not said anything.
    seen: Mutex<Vec<String>>,
    open: AtomicUsize,
}

impl Probe {
    /// Listens on `{a}`, `{b}` and `{c}` (socket directories), on three addresses of the loopback, in the default
    /// directories and in the abstract name space.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for sockets");
        let manner = Manner { asks: "password".into(), answer: "57P03".into(), tls: false };
        let shared = Arc::new(Shared {
            manner: Mutex::new(manner),
            seen: Mutex::default(),
            open: AtomicUsize::new(0),
        });
        let (ports, tcp, ipv6) = tcp();
        for (address, label) in tcp {
            accept(shared.clone(), label, move || address.accept().map(|(stream, _)| stream));
        }
        let unix = |listener: UnixListener, label: String| {
            accept(shared.clone(), label, move || listener.accept().map(|(stream, _)| stream));
        };
        for dir in ["a", "b", "c"] {
            std::fs::create_dir(folder.path().join(dir)).expect("a folder in it");
            for port in [5432, 5433, 6000] {
                let path = folder.path().join(dir).join(format!(".s.PGSQL.{port}"));
                unix(UnixListener::bind(path).expect("a socket"), format!("{{{dir}}}:{port}"));
            }
        }
        let mut leftovers = Vec::new();
        for dir in DEFAULT_DIRS {
            let path = Path::new(dir).join(format!(".s.PGSQL.{}", ports[0]));
            if let Ok(listener) = UnixListener::bind(&path) {
                leftovers.push(path);
                unix(listener, "default:{port}".to_owned());
            }
        }
        let name = format!("pgark-{}/.s.PGSQL.5432", ports[0]);
        let address = SocketAddr::from_abstract_name(name).expect("a short name");
        let listener = UnixListener::bind_addr(&address).expect("an abstract socket");
        unix(listener, "abstract:5432".to_owned());
        Self { folder, shared, ports, ipv6, leftovers }
    }

    /// A socket directory: `a`, `b` or `c`.
    pub fn dir(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sets the manner and forgets what was seen.
    pub fn behave(&self, manner: Manner) {
        *self.shared.manner.lock().expect("no listener panics") = manner;
        self.shared.seen.lock().expect("no listener panics").clear();
    }

    /// What has been seen, one line for each connection that said anything. To be asked when the client has ended.
    pub fn seen(&self) -> Vec<String> {
        let started = Instant::now();
        while self.shared.open.load(Ordering::SeqCst) > 0 {
            assert!(started.elapsed() < 2 * PATIENCE, "a connection outlives its client");
            std::thread::sleep(Duration::from_millis(1));
        }
        let seen = self.shared.seen.lock().expect("no listener panics");
        seen.iter().filter(|line| !line.is_empty()).cloned().collect()
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        for path in &self.leftovers {
            let _gone = std::fs::remove_file(path);
        }
    }
}

type Tcp = (TcpListener, String);

/// Two ports that are free on all addresses, with their listeners.
fn tcp() -> ([u16; 2], Vec<Tcp>, bool) {
    for _ in 0..50 {
        let first = TcpListener::bind("127.0.0.1:0").expect("a port");
        let second = TcpListener::bind("127.0.0.1:0").expect("a port");
        let ports = [&first, &second].map(|l| l.local_addr().expect("an address").port());
        let more = ["127.0.0.2", "127.0.0.3"].map(|host| TcpListener::bind((host, ports[0])));
        let [Ok(third), Ok(fourth)] = more else { continue };
        let mut all = vec![
            (first, "127.0.0.1:{port}".to_owned()),
            (second, "127.0.0.1:{port2}".to_owned()),
            (third, "127.0.0.2:{port}".to_owned()),
            (fourth, "127.0.0.3:{port}".to_owned()),
        ];
        let sixth = TcpListener::bind(("::1", ports[0]));
        let ipv6 = sixth.is_ok();
        all.extend(sixth.map(|listener| (listener, "[::1]:{port}".to_owned())));
        return (ports, all, ipv6);
    }
    panic!("no port is free on three addresses");
}

/// A stream with a limit for its reads.
trait Stream: Read + Write + Send + 'static {
    fn limit(&self);
    /// Says that nothing more will be written.
    fn end(&self) -> std::io::Result<()>;
}

impl Stream for std::net::TcpStream {
    fn limit(&self) {
        self.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    }

    fn end(&self) -> std::io::Result<()> {
        self.shutdown(std::net::Shutdown::Write)
    }
}

impl Stream for std::os::unix::net::UnixStream {
    fn limit(&self) {
        self.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    }

    fn end(&self) -> std::io::Result<()> {
        self.shutdown(std::net::Shutdown::Write)
    }
}

/// Serves one listener for as long as the test process lives.
fn accept<S: Stream>(
    shared: Arc<Shared>,
    label: String,
    next: impl Fn() -> std::io::Result<S> + Send + 'static,
) {
    std::thread::spawn(move || {
        while let Ok(mut stream) = next() {
            shared.open.fetch_add(1, Ordering::SeqCst);
            // Its place now: the client may be at the next host before this thread has seen the end of it.
            let place = {
                let mut seen = shared.seen.lock().expect("no listener panics");
                seen.push(String::new());
                seen.len() - 1
            };
            stream.limit();
            let manner = shared.manner.lock().expect("no listener panics").clone();
            let mut line = String::new();
            // A client that goes away has said what it wanted to say.
            let _ended = serve(&mut stream, &manner, &mut line);
            if !line.is_empty() {
                let mut seen = shared.seen.lock().expect("no listener panics");
                seen.get_mut(place).into_iter().for_each(|seen| *seen = format!("{label}{line}"));
            }
            drop(stream);
            shared.open.fetch_sub(1, Ordering::SeqCst);
        }
    });
}

/// One connection, described in `line`.
fn serve(stream: &mut impl Stream, manner: &Manner, line: &mut String) -> std::io::Result<()> {
    let body = loop {
        let mut start = [0; 4];
        stream.read_exact(&mut start)?;
        if start[0] == 0x16 {
            line.push_str(" direct");
            return hello(stream, start, line);
        }
        let body = rest(stream, start)?;
        match u32::from_be_bytes(body[..4].try_into().expect("four bytes")) {
            SSL_REQUEST => {
                line.push_str(" ssl");
                stream.write_all(if manner.tls { b"S" } else { b"N" })?;
                if manner.tls {
                    let mut start = [0; 4];
                    stream.read_exact(&mut start)?;
                    return hello(stream, start, line);
                }
            }
            GSS_REQUEST => {
                line.push_str(" gss");
                stream.write_all(b"N")?;
            }
            _ => break body,
        }
    };
    parameters(&body, line);
    let request: &[u8] = match manner.asks.as_str() {
        "password" => &[b'R', 0, 0, 0, 8, 0, 0, 0, 3],
        "md5" => &[b'R', 0, 0, 0, 12, 0, 0, 0, 5, b's', b'a', b'l', b't'],
        "scram" => b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0",
        "gss" => &[b'R', 0, 0, 0, 8, 0, 0, 0, 7],
        // AuthenticationOk, BackendKeyData, ReadyForQuery.
        "trust" => b"R\0\0\0\x08\0\0\0\0K\0\0\0\x0c\0\0\0\x01\0\0\0\x01Z\0\0\0\x05I",
        "close" => return Ok(()),
        "error" => b"",
        other => panic!("`{other}` is nothing to ask for"),
    };
    stream.write_all(request)?;
    if !request.is_empty() {
        let mut tag = [0];
        stream.read_exact(&mut tag)?;
        let mut len = [0; 4];
        stream.read_exact(&mut len)?;
        let body = rest(stream, len)?;
        match (tag[0], manner.asks.as_str()) {
            (b'p', "password" | "md5") => pair(line, &manner.asks, text(&body)),
            (b'p', _) => pair(line, "answers", text(&body)),
            (b'X', _) => return Ok(()),
            _ => line.push_str(" session"),
        }
    }
    let error = format!("SFATAL\0VFATAL\0C{}\0Mthe probe lets nobody in\0\0", manner.answer);
    let len = u32::try_from(error.len() + 4).expect("short");
    stream.write_all(&[b"E", &len.to_be_bytes()[..], error.as_bytes()].concat())?;
    stream.end()?;
    // Until the client has read it.
    stream.read_to_end(&mut Vec::new()).map(drop)
}

/// The body of a message whose length has been read.
fn rest(stream: &mut impl Read, len: [u8; 4]) -> std::io::Result<Vec<u8>> {
    let len = u32::from_be_bytes(len).clamp(8, 100_000);
    let mut body = vec![0; len as usize - 4];
    stream.read_exact(&mut body)?;
    Ok(body)
}

/// Up to the first zero byte.
fn text(bytes: &[u8]) -> &str {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    std::str::from_utf8(&bytes[..end]).unwrap_or("(not UTF-8)")
}

fn pair(line: &mut String, key: &str, value: &str) {
    let quoted = value.is_empty() || value.contains([' ', '\'', '\n']);
    let value = if quoted { format!("'{}'", value.replace('\n', "\\n")) } else { value.to_owned() };
    line.push_str(&format!(" {key}={value}"));
}

/// The start-up packet: version if it is not 3.0, then the parameters in one order.
fn parameters(body: &[u8], line: &mut String) {
    let version = u32::from_be_bytes(body[..4].try_into().expect("four bytes"));
    if version != 3 << 16 {
        line.push_str(&format!(" protocol={}.{}", version >> 16, version & 0xffff));
    }
    let words: Vec<&str> = body[4..].split(|&byte| byte == 0).map(text).collect();
    let mut pairs: Vec<_> = words.chunks_exact(2).filter(|pair| !pair[0].is_empty()).collect();
    let order = ["user", "database", "application_name", "options"];
    pairs.sort_by_key(|pair| (order.iter().position(|key| *key == pair[0]).unwrap_or(9), pair[0]));
    for found in pairs {
        pair(line, found[0], found[1]);
    }
}

/// A ClientHello: name, protocol and versions that the client offers (RFC 8446).
fn hello(stream: &mut impl Read, start: [u8; 4], line: &mut String) -> std::io::Result<()> {
    let mut last = [0];
    stream.read_exact(&mut last)?;
    let mut record = vec![0; usize::from(u16::from_be_bytes([start[3], last[0]]))];
    stream.read_exact(&mut record)?;
    if start[0] != 0x16 {
        line.push_str(" alert");
        return Ok(());
    }
    let short = |at: usize| usize::from(u16::from_be_bytes([record[at], record[at + 1]]));
    // Type and length, version, random; session id, cipher suites, compression methods.
    let mut at = 4 + 2 + 32;
    at += 1 + usize::from(record[at]);
    at += 2 + short(at);
    at += 1 + usize::from(record[at]);
    let end = at + 2 + short(at);
    at += 2;
    let (mut sni, mut alpn, mut versions) = ("none", "none", vec!["1.2"]);
    while at < end {
        let (kind, len) = (short(at), short(at + 2));
        let body = &record[at + 4..at + 4 + len];
        match kind {
            0 => sni = text(&body[5..]),
            16 => alpn = text(&body[3..]),
            43 => {
                versions = body[1..]
                    .chunks_exact(2)
                    .filter(|v| v[0] == 3)
                    .map(|v| ["1.2", "1.3"][usize::from(v[1]) - 3])
                    .collect();
                versions.sort_unstable();
            }
            _ => {}
        }
        at += 4 + len;
    }
    line.push_str(&format!(" hello sni={sni} alpn={alpn} versions={}", versions.join(",")));
    Ok(())
}
