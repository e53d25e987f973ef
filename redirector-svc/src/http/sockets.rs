//! The listening sockets.

use std::io;
use std::net::{SocketAddr, TcpListener};

use tokio::net::TcpSocket;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 4096;

/// One listener for each thread on the same address; the system spreads connections over them. With port 0 the first one
/// chooses the port. Another redirector may listen on the same address too, which lets a new version start before the old
/// one stops.
pub fn listen(address: SocketAddr, threads: usize) -> io::Result<(Vec<TcpListener>, SocketAddr)> {
    let first = bind(address)?;
    let address = first.local_addr()?;
    let mut listeners = vec![first];
    for _ in 1..threads {
        listeners.push(bind(address)?);
    }
    Ok((listeners, address))
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    // The thread that serves it registers it with its own runtime.
    socket.listen(BACKLOG)?.into_std()
}
