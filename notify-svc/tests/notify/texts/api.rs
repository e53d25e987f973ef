//! The API: who asks, and with which form, is checked as Twilio does; how a number is treated is the test's choice.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use url::form_urlencoded;

use crate::webhooks::receiver::{Post, Receiver, Reply};

pub const ACCOUNT: &str = "AC0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";
pub const TOKEN: &str = "the token: of + the account";
pub const FROM: &str = "+15005550006";

/// A message that was taken: its fields.
pub type Form = BTreeMap<String, String>;

#[derive(Default)]
struct Shared {
    moods: HashMap<String, Reply>,
    taken: Vec<Form>,
}

/// Listens until the test ends.
pub struct Api {
    pub receiver: Receiver,
    shared: Arc<Mutex<Shared>>,
}

impl Api {
    pub async fn start() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap()).await
    }

    pub async fn at(addr: SocketAddr) -> Self {
        let shared = Arc::<Mutex<Shared>>::default();
        let state = Arc::clone(&shared);
        let receiver = Receiver::at(addr, move |_, post| answer(&mut state.lock().unwrap(), post)).await;
        Self { receiver, shared }
    }

    /// What `notify.sms_url` is to be.
    pub fn url(&self) -> String {
        self.receiver.url.strip_suffix("/hook").unwrap().to_owned()
    }

    /// How messages to a number are answered from now on.
    pub fn treat(&self, number: &str, reply: Reply) {
        self.shared.lock().unwrap().moods.insert(number.to_owned(), reply);
    }

    pub fn forgive(&self, number: &str) {
        self.shared.lock().unwrap().moods.remove(number);
    }

    /// All that was taken so far.
    pub fn taken(&self) -> Vec<Form> {
        self.shared.lock().unwrap().taken.clone()
    }

    /// The texts that a number has got.
    pub fn texts(&self, number: &str) -> Vec<String> {
        let taken = self.taken();
        taken.iter().filter(|form| form["To"] == number).map(|form| form["Body"].clone()).collect()
    }

    /// The recipients of all texts so far, sorted.
    pub fn recipients(&self) -> Vec<String> {
        let mut recipients: Vec<String> = self.taken().iter().map(|form| form["To"].clone()).collect();
        recipients.sort();
        recipients
    }
}

/// An error as Twilio words it.
pub fn error(status: &'static str, code: u32, headers: &str) -> Reply {
    let number: u16 = status[..3].parse().unwrap();
    let body = format!(r#"{{"code": {code}, "message": "not to +15005550000", "status": {number}}}"#);
    Reply::Answer(status, format!("{headers}\r\n{body}"))
}

fn answer(shared: &mut Shared, post: &Post) -> Reply {
    let credentials = format!("Basic {}", BASE64_STANDARD.encode(format!("{ACCOUNT}:{TOKEN}")));
    if post.headers.get("authorization") != Some(&credentials) {
        return error("401 Unauthorized", 20_003, "");
    }
    if post.line != format!("POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1") {
        return error("404 Not Found", 20_404, "");
    }
    let pairs: Vec<(String, String)> = form_urlencoded::parse(post.body.as_bytes()).into_owned().collect();
    let form: Form = pairs.iter().cloned().collect();
    let names: Vec<&str> = form.keys().map(String::as_str).collect();
    let known = names == ["Body", "From", "To"] || names == ["Body", "MessagingServiceSid", "To"];
    if !known || pairs.len() != form.len() || post.headers["content-type"] != "application/x-www-form-urlencoded" {
        return error("400 Bad Request", 21_600, "");
    }
    match shared.moods.get(&form["To"]) {
        Some(reply) => reply.clone(),
        None => {
            shared.taken.push(form);
            Reply::Answer("201 Created", "\r\n{\"sid\": \"SM00\", \"status\": \"queued\"}".into())
        }
    }
}
