//! What lies between a client and a server, and counts how often the client waited for it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::server::TestServer;

/// A port that leads to a server. Bytes pass as they are.
#[derive(Debug)]
pub struct Turns {
    port: u16,
    taken: Arc<AtomicUsize>,
}

impl Turns {
    /// Listens on the loopback, as long as the process runs.
    pub fn between(server: &TestServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its number").port();
        let socket = format!("{}/.s.PGSQL.{}", server.host, server.port);
        let taken = Arc::new(AtomicUsize::new(0));
        let turns = Self { port, taken: taken.clone() };
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let server = UnixStream::connect(&socket).expect("the server's socket");
                relay(client.expect("a client"), server, &taken);
            }
        });
        turns
    }

    /// Connection string of a database through here.
    pub fn conninfo(&self, database: &str) -> String {
        format!("host=127.0.0.1 port={} user=postgres dbname={database} sslmode=disable", self.port)
    }

    /// How often a client spoke after the server had spoken, since the last call.
    pub fn take(&self) -> usize {
        self.taken.swap(0, Ordering::SeqCst)
    }
}

fn relay(client: TcpStream, server: UnixStream, taken: &Arc<AtomicUsize>) {
    let heard = Arc::new(AtomicBool::new(true));
    let (mut from, mut to) = (client.try_clone().expect("a copy"), server.try_clone().expect("a copy"));
    let (answered, taken) = (heard.clone(), taken.clone());
    std::thread::spawn(move || {
        pass(&mut from, &mut to, || {
            if answered.swap(false, Ordering::SeqCst) {
                taken.fetch_add(1, Ordering::SeqCst);
            }
        });
        let _ = to.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (server, client);
    std::thread::spawn(move || {
        pass(&mut from, &mut to, || heard.store(true, Ordering::SeqCst));
        let _ = to.shutdown(Shutdown::Write);
    });
}

fn pass(from: &mut impl Read, to: &mut impl Write, mut seen: impl FnMut()) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(bytes @ 1..) = from.read(&mut buffer) {
        seen();
        if to.write_all(&buffer[..bytes]).is_err() {
            break;
        }
    }
}
