//! A receiver of webhooks that now and then reads a request and hangs up without an answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// One message of so many is not answered when it comes for the first time.
const UNANSWERED: usize = 40;

/// What came of one message.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// How often it came.
    pub times: usize,
    /// Its body; one that differs from the first is kept too.
    pub bodies: Vec<String>,
}

type Messages = Arc<Mutex<BTreeMap<String, Message>>>;

/// Listens as long as the test runs.
pub struct Hooks {
    /// `http://…`
    pub url: String,
    messages: Messages,
}

impl Hooks {
    pub async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let messages = Messages::default();
        let seen = Arc::clone(&messages);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&seen)));
            }
        });
        Self { url, messages }
    }

    /// What came so far, by `webhook-id`.
    pub fn messages(&self) -> BTreeMap<String, Message> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests came.
    pub fn requests(&self) -> usize {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).values().map(|message| message.times).sum()
    }
}

async fn serve(stream: TcpStream, messages: Messages) {
    let mut stream = BufReader::new(stream);
    while let Some((id, body)) = read(&mut stream).await {
        if !note(&messages, id, body) || stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.is_err() {
            return;
        }
    }
}

/// Notes a message; whether it is to be answered.
fn note(messages: &Messages, id: String, body: String) -> bool {
    let mut messages = messages.lock().unwrap_or_else(PoisonError::into_inner);
    let known = messages.len();
    let message = messages.entry(id).or_default();
    message.times += 1;
    if !message.bodies.contains(&body) {
        message.bodies.push(body);
    }
    message.times > 1 || known % UNANSWERED != UNANSWERED - 1
}

/// The id and the body of a request.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|bytes| *bytes > 0)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        match line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value)) {
            Some((name, value)) if name == "webhook-id" => value.clone_into(&mut id),
            Some((name, value)) if name == "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((id, String::from_utf8(body).ok()?))
}
