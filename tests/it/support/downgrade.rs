//! Somebody in the middle who says that the server has no TLS, and passes on everything else.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

/// Length and code of an SSLRequest.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Listens on a port of the loopback and forwards to another one, for as long as the test process lives. Returns the port.
pub fn downgrade(to: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        while let Ok((client, _)) = listener.accept() {
            // A client that goes away is no matter.
            std::thread::spawn(move || serve(client, to).unwrap_or_default());
        }
    });
    port
}

fn serve(mut client: TcpStream, to: u16) -> std::io::Result<()> {
    let mut start = [0; 8];
    client.read_exact(&mut start)?;
    let mut server = TcpStream::connect(("127.0.0.1", to))?;
    if start == SSL_REQUEST {
        client.write_all(b"N")?;
    } else {
        server.write_all(&start)?;
    }
    let (mut from, mut back) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || {
        let _ended = std::io::copy(&mut back, &mut client);
        let _gone = client.shutdown(Shutdown::Write);
    });
    let _ended = std::io::copy(&mut from, &mut server);
    server.shutdown(Shutdown::Write)
}
