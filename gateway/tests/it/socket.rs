//! A client of graphql-transport-ws that says what a test wants it to, and a redirector that publishes clicks.

use std::time::Duration;

use bytes::Bytes;
use curtail_proto::events::v1::{Click, ClickBatch};
use futures_util::{SinkExt as _, StreamExt as _};
use prost::Message as _;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::platform::Platform;

pub const PATIENCE: Duration = Duration::from_secs(20);

pub const CLICKS: &str = "subscription($workspace: ID, $link: ID) { clicks(workspaceId: $workspace, linkId: $link) \
                          { nodes { id at linkId browser device channel bot qr } skipped } }";

pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens a socket with these headers.
    pub async fn open(platform: &Platform, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        let url = format!("{}/graphql", platform.url.replace("http", "ws"));
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        Ok(Self(connect_async(request).await?.0))
    }

    /// A socket of this credential, acknowledged.
    pub async fn of(platform: &Platform, token: &str) -> Self {
        let mut socket = Self::open(platform, &[]).await.unwrap();
        let payload = json!({"Authorization": format!("Bearer {token}")});
        socket.say(json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(socket.hear().await["type"], "connection_ack");
        socket
    }

    pub async fn say(&mut self, message: Value) {
        self.say_text(message.to_string()).await;
    }

    pub async fn say_text(&mut self, text: String) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({"query": query, "variables": variables});
        self.say(json!({"type": "subscribe", "id": id, "payload": payload})).await;
    }

    /// The next message.
    pub async fn hear(&mut self) -> Value {
        match self.next().await {
            Ok(message) => message,
            Err(code) => panic!("the socket was closed with {code}"),
        }
    }

    /// Sends a frame as it is.
    pub async fn say_frame(&mut self, frame: Message) {
        self.0.send(frame).await.unwrap();
    }

    /// The next frame, whatever it is.
    pub async fn frame(&mut self) -> Message {
        tokio::time::timeout(PATIENCE, self.0.next()).await.expect("a frame comes").unwrap().unwrap()
    }

    /// The next message, or the code with which the socket is closed.
    pub async fn next(&mut self) -> Result<Value, u16> {
        tokio::time::timeout(PATIENCE, async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                    Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1005, |frame| frame.code.into())),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Err(1006),
                }
            }
        })
        .await
        .expect("something is said")
    }

    /// The code with which the socket is closed, whatever is said before.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }

    /// The clicks that arrive until there are `count`, skipped ones included, and how many were skipped.
    pub async fn clicks(&mut self, count: u64) -> (Vec<Value>, u64) {
        let (mut clicks, mut skipped) = (Vec::new(), 0);
        while clicks.len() as u64 + skipped < count {
            let message = self.hear().await;
            let batch = &message["payload"]["data"]["clicks"];
            assert_eq!(message["type"], "next", "{message}");
            clicks.extend(batch["nodes"].as_array().unwrap_or_else(|| panic!("{message}")).iter().cloned());
            skipped += batch["skipped"].as_u64().unwrap();
        }
        (clicks, skipped)
    }
}

/// One incarnation of a redirector.
pub struct Redirector {
    redis: fred::clients::Pool,
    producer: [u8; 16],
    shard: u8,
    next: u64,
}

impl Redirector {
    pub async fn new(platform: &Platform, number: u8) -> Self {
        let redis = curtail_streams::connect(&platform.config.redis).await.unwrap();
        Self { redis, producer: [number; 16], shard: number % 4, next: 1 }
    }

    /// `count` clicks of a link, at this moment.
    pub async fn click(&mut self, workspace_id: i64, link_id: i64, count: u64) {
        let at_ms = curtail_clock::Clock::system().unix_ms();
        let user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0".to_owned();
        let click = |visitor| Click {
            at_ms,
            link_id,
            workspace_id,
            visitor,
            user_agent: user_agent.clone(),
            ..Click::default()
        };
        let clicks = (0..count).map(click).collect();
        let batch = ClickBatch { producer_id: self.producer.to_vec(), first_seq: self.next, clicks, lost_through: 0 };
        self.next += count;
        let fields = vec![("b", Bytes::from(batch.encode_to_vec()))];
        curtail_streams::append(&self.redis, &format!("clicks:{}", self.shard), fields).await.unwrap();
    }
}

/// The access token among the cookies of a session.
pub fn access(cookies: &str) -> &str {
    cookies.split("; ").find_map(|pair| pair.strip_prefix("__Host-curtail_access=")).unwrap()
}

/// The workspace of an account.
pub async fn workspace(platform: &Platform, cookies: &str) -> i64 {
    let answer = platform.as_page(cookies, "{ viewer { workspaces { id } } }", Value::Null).await;
    answer.body["data"]["viewer"]["workspaces"][0]["id"].as_str().unwrap().parse().unwrap()
}
