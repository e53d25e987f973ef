//! An SMTP server in the process of the test: the dialogue is mailin's, the moods are ours.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mailin::{Action, Handler, Response, SessionBuilder, response};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How one recipient is treated.
#[derive(Clone, Copy, Debug)]
pub enum Mood {
    /// Answered with this code.
    Refuse(u16),
    /// Answered after this time.
    Slow(Duration),
}

#[derive(Default)]
struct Shared {
    moods: HashMap<String, Mood>,
    received: Vec<(String, Vec<u8>)>,
}

/// A server on a port of its own until it is dropped.
pub struct Receiver {
    pub addr: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    accepting: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Receiver {
    pub async fn start() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap()).await
    }

    pub async fn at(addr: SocketAddr) -> Self {
        let listener = TcpListener::bind(addr).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::<Mutex<Shared>>::default();
        Self { addr, accepting: accept(listener, Arc::clone(&shared)), shared }
    }

    /// Hangs up on everybody and answers no one.
    pub fn die(&self) {
        self.accepting.abort();
    }

    /// Answers again, at the same address, and knows what it had received.
    pub async fn come_back(&mut self) {
        let _ = (&mut self.accepting).await;
        let listener = TcpListener::bind(self.addr).await.unwrap();
        self.accepting = accept(listener, Arc::clone(&self.shared));
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.addr)
    }

    pub fn treat(&self, address: &str, mood: Mood) {
        self.shared.lock().unwrap().moods.insert(address.to_owned(), mood);
    }

    pub fn forgive(&self, address: &str) {
        self.shared.lock().unwrap().moods.remove(address);
    }

    /// Recipient and bytes of all mails so far.
    pub fn received(&self) -> Vec<(String, Vec<u8>)> {
        self.shared.lock().unwrap().received.clone()
    }

    /// The recipients of all mails so far, sorted.
    pub fn recipients(&self) -> Vec<String> {
        let mut recipients: Vec<String> = self.received().into_iter().map(|(to, _)| to).collect();
        recipients.sort();
        recipients
    }
}

fn accept(listener: TcpListener, shared: Arc<Mutex<Shared>>) -> JoinHandle<()> {
    tokio::spawn(async move {
        // Connections end with the set, and that with the task.
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(serve(stream, Arc::clone(&shared)));
        }
    })
}

struct Dialogue {
    shared: Arc<Mutex<Shared>>,
    to: String,
    data: Vec<u8>,
}

impl Handler for Dialogue {
    fn rcpt(&mut self, to: &str) -> Response {
        self.to = to.to_owned();
        match self.shared.lock().unwrap().moods.get(to) {
            Some(Mood::Refuse(code)) => Response::custom(*code, "not today".into()),
            _ => response::OK,
        }
    }

    fn data(&mut self, buf: &[u8]) -> std::io::Result<()> {
        self.data.extend_from_slice(buf);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mail = (self.to.clone(), std::mem::take(&mut self.data));
        self.shared.lock().unwrap().received.push(mail);
        response::OK
    }
}

async fn serve(stream: TcpStream, shared: Arc<Mutex<Shared>>) {
    let handler = Dialogue { shared: Arc::clone(&shared), to: String::new(), data: Vec::new() };
    let mut session = SessionBuilder::new("receiver.test").build(IpAddr::from([127, 0, 0, 1]), handler);
    let mut stream = BufReader::new(stream);
    let mut answer = session.greeting();
    loop {
        if !matches!(answer.action, Action::NoReply) {
            let bytes = answer.buffer().unwrap();
            if stream.get_mut().write_all(&bytes).await.is_err() {
                return;
            }
        }
        let mut line = Vec::new();
        if matches!(answer.action, Action::Close) || !matches!(stream.read_until(b'\n', &mut line).await, Ok(1..)) {
            return;
        }
        answer = session.process(&line);
        if let Some(pause) = pause(&shared, &line) {
            tokio::time::sleep(pause).await;
        }
    }
}

/// How long the answer to a line takes.
fn pause(shared: &Mutex<Shared>, line: &[u8]) -> Option<Duration> {
    let line = String::from_utf8_lossy(line);
    let to = line.strip_prefix("RCPT TO:<")?.split('>').next()?;
    match shared.lock().unwrap().moods.get(to) {
        Some(Mood::Slow(pause)) => Some(*pause),
        _ => None,
    }
}
