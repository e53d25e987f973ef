//! A wire that can be broken: a TCP proxy whose faults a test chooses.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// What is read at once, and how many such pieces are on their way in one direction.
const PIECE: usize = 16 * 1024;
const PIECES: usize = 256;

/// What is wrong with the wire. It holds for connections that exist as well as for new ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Every piece arrives so much later.
    Delay(Duration),
    /// Each piece of this number resets its connection (RST) instead of arriving.
    Reset {
        /// 20: five of a hundred.
        one_in: u64,
    },
    /// Nothing arrives, without an error; what waits in the wire arrives when it is restored. A new connection is not
    /// refused and hears nothing.
    Blackhole,
    /// So many bytes a second arrive in each direction.
    Trickle(usize),
}

/// A listener on loopback that carries every connection to one address. It ends, with its connections, when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    wire: Wire,
    faults: watch::Sender<Fault>,
    silences: watch::Sender<u64>,
    accepting: JoinHandle<()>,
}

/// What the connections of a proxy share.
#[derive(Clone)]
struct Wire {
    fault: watch::Receiver<Fault>,
    /// Grows each time that connections are silenced.
    silence: watch::Receiver<u64>,
    pieces: Arc<AtomicU64>,
    open: Arc<AtomicUsize>,
}

impl Proxy {
    /// Carries what comes to a free port of loopback to `upstream`, without a fault at first.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(upstream: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let ((faults, fault), (silences, silence)) = (watch::channel(Fault::None), watch::channel(0));
        let wire = Wire { fault, silence, pieces: Arc::default(), open: Arc::default() };
        let accepting = tokio::spawn(accept(listener, upstream, wire.clone()));
        Ok(Self { address, wire, faults, silences, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks the wire, or with [`Fault::None`] mends it.
    pub fn set(&self, fault: Fault) {
        self.faults.send_replace(fault);
    }

    /// Leaves every connection that exists half open: neither side hears anything again, as when the other machine lost its
    /// power. New connections are as good as ever.
    pub fn silence(&self) {
        self.silences.send_modify(|generation| *generation += 1);
    }

    /// Connections that are open.
    pub fn connections(&self) -> usize {
        self.wire.open.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, upstream: SocketAddr, wire: Wire) {
    // The connections end with this task.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            Ok((client, _)) = listener.accept() => {
                let wire = wire.clone();
                connections.spawn(async move {
                    wire.open.fetch_add(1, Ordering::Relaxed);
                    // However it ends, both sides are closed by it.
                    let _ = carry(client, upstream, wire.clone()).await;
                    wire.open.fetch_sub(1, Ordering::Relaxed);
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection from its first byte to its last.
async fn carry(mut client: TcpStream, upstream: SocketAddr, mut wire: Wire) -> io::Result<()> {
    client.set_nodelay(true)?;
    let generation = *wire.silence.borrow_and_update();
    // Through a hole no connection comes to be: what its client says before it gives up is lost with it.
    let mut early = Vec::new();
    while *wire.fault.borrow_and_update() == Fault::Blackhole {
        tokio::select! {
            changed = wire.fault.changed() => changed.map_err(io::Error::other)?,
            read = client.read_buf(&mut early) => if read? == 0 { return Ok(()) },
        }
    }
    let mut server = TcpStream::connect(upstream).await?;
    server.set_nodelay(true)?;
    server.write_all(&early).await?;
    let mut silence = wire.silence.clone();
    let ended = {
        let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
        let there = pump(from_client, to_server, wire.clone());
        let back = pump(from_server, to_client, wire.clone());
        tokio::select! {
            ended = async { tokio::try_join!(there, back) } => Some(ended.map(drop)),
            _ = silence.wait_for(|now| *now != generation) => None,
        }
    };
    match ended {
        // Nothing more is carried, without an error, until the client hangs up.
        None => {
            while client.read_buf(&mut early).await? > 0 {
                early.clear()
            }
        }
        Some(Err(error)) if error.kind() == io::ErrorKind::ConnectionReset => {
            client.set_zero_linger()?;
            server.set_zero_linger()?;
        }
        Some(ended) => ended?,
    }
    Ok(())
}

/// Carries one direction until its sender has nothing more to say.
async fn pump(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, mut wire: Wire) -> io::Result<()> {
    let (pieces, mut arriving) = mpsc::channel::<(Instant, Vec<u8>)>(PIECES);
    let arrivals = wire.fault.clone();
    let send = async {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            if from.read_buf(&mut piece).await? == 0 {
                drop(pieces);
                return Ok(());
            }
            let late = if let Fault::Delay(late) = *arrivals.borrow() { late } else { Duration::ZERO };
            if pieces.send((Instant::now() + late, piece)).await.is_err() {
                return Ok(());
            }
        }
    };
    let receive = async {
        while let Some((due, piece)) = arriving.recv().await {
            tokio::time::sleep_until(due).await;
            wire.deliver(&mut to, &piece).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(send, receive).map(|_| ())
}

impl Wire {
    async fn deliver(&mut self, to: &mut WriteHalf<'_>, piece: &[u8]) -> io::Result<()> {
        self.fault.wait_for(|fault| *fault != Fault::Blackhole).await.map_err(io::Error::other)?;
        let number = self.pieces.fetch_add(1, Ordering::Relaxed) + 1;
        let mut rest = piece;
        while !rest.is_empty() {
            // Asked again for each part: a wire that is restored brings the rest at once.
            let fault = *self.fault.borrow();
            let part = match fault {
                Fault::Reset { one_in } if number.is_multiple_of(one_in.max(1)) => {
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
                Fault::Trickle(bytes) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    (bytes / 10).clamp(1, rest.len())
                }
                _ => rest.len(),
            };
            to.write_all(&rest[..part]).await?;
            rest = &rest[part..];
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    /// A server that says again what it hears, and a way to it.
    async fn echo() -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        Proxy::start(address).await.unwrap()
    }

    async fn say(stream: &mut TcpStream, bytes: usize) -> io::Result<Duration> {
        let start = Instant::now();
        stream.write_all(&vec![7; bytes]).await?;
        stream.read_exact(&mut vec![0; bytes]).await?;
        Ok(start.elapsed())
    }

    async fn hears_nothing(stream: &mut TcpStream) -> bool {
        tokio::time::timeout(Duration::from_millis(150), say(stream, 10)).await.is_err()
    }

    #[tokio::test]
    async fn a_wire_is_slow_or_thin_as_told() {
        let proxy = echo().await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        say(&mut stream, 100_000).await.unwrap();
        proxy.set(Fault::Delay(Duration::from_millis(100)));
        assert!(say(&mut stream, 10).await.unwrap() >= Duration::from_millis(200), "there and back");
        proxy.set(Fault::Trickle(1000));
        assert!(say(&mut stream, 300).await.unwrap() >= Duration::from_millis(300));
    }

    #[tokio::test]
    async fn a_hole_swallows_and_a_mended_wire_brings_what_waited() {
        let proxy = echo().await;
        let mut old = TcpStream::connect(proxy.address()).await.unwrap();
        say(&mut old, 10).await.unwrap();
        proxy.set(Fault::Blackhole);
        let mut new = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(hears_nothing(&mut old).await && hears_nothing(&mut new).await);
        proxy.set(Fault::None);
        for stream in [&mut old, &mut new] {
            tokio::time::timeout(SOON, stream.read_exact(&mut [0; 10])).await.unwrap().unwrap();
            say(stream, 10).await.unwrap();
        }
        drop((old, new));
        crate::until(async || proxy.connections() == 0, SOON, "both are gone").await;
    }

    #[tokio::test]
    async fn some_pieces_reset_their_connection() {
        let proxy = echo().await;
        proxy.set(Fault::Reset { one_in: 5 });
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        // Each turn is two pieces.
        for _ in 0..2 {
            say(&mut stream, 10).await.unwrap();
        }
        assert_eq!(say(&mut stream, 10).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn a_silenced_connection_stays_open_and_dumb_and_new_ones_work() {
        let proxy = echo().await;
        let mut old = TcpStream::connect(proxy.address()).await.unwrap();
        say(&mut old, 10).await.unwrap();
        proxy.silence();
        assert!(hears_nothing(&mut old).await);
        let mut new = TcpStream::connect(proxy.address()).await.unwrap();
        say(&mut new, 10).await.unwrap();
        assert_eq!(proxy.connections(), 2);
        drop(old);
        crate::until(async || proxy.connections() == 1, SOON, "the old one is gone").await;
    }
}
