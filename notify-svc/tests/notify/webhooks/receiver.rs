//! A receiver that does what a test tells it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Post {
    pub line: String,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Post {
    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// What to do with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Answer with a status line, further header lines and a body.
    Answer(&'static str, String),
    /// Answer never.
    Hang,
    /// Close the connection after reading all of the request.
    Drop,
}

pub fn ok() -> Reply {
    Reply::Answer("200 OK", "\r\nfine".into())
}

/// Listens until the test ends.
pub struct Receiver {
    pub url: String,
    posts: Arc<Mutex<Vec<Post>>>,
}

impl Receiver {
    /// `reply` is asked for each request, with its number from 0.
    pub async fn start(reply: impl Fn(usize, &Post) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen("127.0.0.1:0".parse().unwrap(), None, reply).await
    }

    /// The same at an address of the test's.
    pub async fn at(addr: SocketAddr, reply: impl Fn(usize, &Post) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(addr, None, reply).await
    }

    /// The same over https.
    pub async fn start_tls(tls: TlsAcceptor, reply: impl Fn(usize, &Post) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen("127.0.0.1:0".parse().unwrap(), Some(tls), reply).await
    }

    async fn listen(
        addr: SocketAddr,
        tls: Option<TlsAcceptor>,
        reply: impl Fn(usize, &Post) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(addr).await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}/hook", listener.local_addr().unwrap());
        let (posts, reply) = (Arc::<Mutex<Vec<Post>>>::default(), Arc::new(reply));
        let seen = Arc::clone(&posts);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, reply, tls) = (Arc::clone(&seen), Arc::clone(&reply), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &seen, &*reply).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &seen, &*reply).await;
                            }
                        }
                    }
                });
            }
        });
        Self { url, posts }
    }

    pub fn posts(&self) -> Vec<Post> {
        self.posts.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.posts.lock().unwrap().len()
    }

    /// Waits for so many requests.
    pub async fn has(&self, count: usize) {
        let what = format!("{count} requests arrive");
        curtail_testkit::until(async || self.count() >= count, super::kit::SOON, &what).await;
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    seen: &Mutex<Vec<Post>>,
    reply: &(dyn Fn(usize, &Post) -> Reply + Send + Sync),
) {
    let mut stream = BufReader::new(stream);
    while let Some(post) = read(&mut stream).await {
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(post.clone());
            seen.len() - 1
        };
        match reply(number, &post) {
            Reply::Answer(status, rest) => {
                let (headers, body) = rest.split_once("\r\n").unwrap();
                let headers = if headers.is_empty() { String::new() } else { format!("{headers}\r\n") };
                let answer = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len());
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
            Reply::Hang => std::future::pending().await,
            Reply::Drop => return,
        }
    }
}

async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> Option<Post> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|bytes| *bytes > 0)?;
    let mut headers = HashMap::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    Some(Post { line: line.trim_end().to_owned(), headers, body: String::from_utf8(body).ok()? })
}
