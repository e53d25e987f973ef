//! SMTP on lettre's connections.
//!
//! lettre's own pool is not used: it has no time limit for commands, and a send that is given up would put its connection
//! back in the middle of a dialogue, where the late answer to one mail is taken for the answer to another. Here a connection
//! goes back only after a send that was answered to the end.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;
use url::Url;

use super::Failure;
use crate::mail::Mail;

/// A connection that lay idle for longer is not used again: servers close them at will.
const MAX_IDLE: Duration = Duration::from_secs(5);

/// The ways to sign in that are tried, the first that the server knows.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// When the dialogue is encrypted.
enum Tls {
    /// Never.
    Never,
    /// If the server offers it.
    Offered(TlsParameters),
    /// By STARTTLS, or nothing is sent.
    Required(TlsParameters),
    /// From the first byte.
    Wrapped(TlsParameters),
}

/// An SMTP server.
pub struct Smtp {
    host: String,
    port: u16,
    tls: Tls,
    credentials: Option<Credentials>,
    timeout: Duration,
    most_idle: usize,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Smtp {
    /// The server of a URL: `smtps://user:password@host` (port 465), `smtp://…?tls=required` or `?tls=opportunistic` (587),
    /// `smtp://host` (25, never encrypted). `timeout` bounds a whole send.
    ///
    /// # Errors
    /// For any other URL.
    pub fn new(url: &str, timeout: Duration, most_idle: usize) -> anyhow::Result<Self> {
        let url = Url::parse(url).context("not a URL")?;
        let host = url.host_str().context("no host")?.to_owned();
        let wish = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
        let parameters = || TlsParameters::new(host.clone());
        let (tls, port) = match (url.scheme(), wish.as_deref()) {
            ("smtps", None) => (Tls::Wrapped(parameters()?), 465),
            ("smtp", Some("required")) => (Tls::Required(parameters()?), 587),
            ("smtp", Some("opportunistic")) => (Tls::Offered(parameters()?), 587),
            ("smtp", None) => (Tls::Never, 25),
            _ => bail!("smtp://host, smtp://host?tls=required, smtp://host?tls=opportunistic or smtps://host"),
        };
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let credentials = url.password().map(|password| Credentials::new(decoded(url.username()), decoded(password)));
        let port = url.port().unwrap_or(port);
        Ok(Self { host, port, tls, credentials, timeout, most_idle, idle: Mutex::default() })
    }

    /// Hands a mail over.
    pub(super) async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        let mut connection = match self.take_idle() {
            Some(connection) => connection,
            None => match tokio::time::timeout(self.timeout, self.connect()).await {
                Ok(connected) => connected.map_err(|error| Failure::Away(format!("{error:#}")))?,
                Err(_) => return Err(Failure::Away("no connection in time".to_owned())),
            },
        };
        // Whoever gives up in the middle drops the connection with the rest of the dialogue.
        match tokio::time::timeout(self.timeout, connection.send(&mail.envelope, &mail.bytes)).await {
            Ok(Ok(_)) => {
                self.put_back(connection);
                Ok(())
            }
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(Failure::later("no answer in time")),
        }
    }

    async fn connect(&self) -> anyhow::Result<AsyncSmtpConnection> {
        let (hello, server) = (ClientId::default(), (self.host.as_str(), self.port));
        let mut connection = match &self.tls {
            Tls::Wrapped(parameters) => {
                AsyncSmtpConnection::connect_tokio1(server, None, &hello, Some(parameters.clone()), None).await?
            }
            Tls::Never | Tls::Offered(_) | Tls::Required(_) => {
                let stream = TcpStream::connect(server).await?;
                // A mail and its last line are two writes, and the answer comes after the second: Nagle's algorithm would hold that
                // back until the server acknowledges the first one, 40 ms later.
                stream.set_nodelay(true)?;
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await?
            }
        };
        match &self.tls {
            Tls::Required(parameters) => connection.starttls(parameters.clone(), &hello).await?,
            Tls::Offered(parameters) if connection.can_starttls() => {
                connection.starttls(parameters.clone(), &hello).await?;
            }
            _ => {}
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    fn take_idle(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < MAX_IDLE);
        idle.pop().map(|(connection, _)| connection)
    }

    fn put_back(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if !connection.has_broken() && idle.len() < self.most_idle {
            idle.push((connection, Instant::now()));
        }
    }
}

/// An answer of 5xx is about this mail, of 4xx about this moment; without an answer the server is unavailable. 421 says that
/// it is about to go (RFC 5321, 3.8).
fn failure(error: &Error) -> Failure {
    let text = error.to_string();
    match error.status() {
        Some(code) if u16::from(code) == 421 => Failure::Away(text),
        Some(_) if error.is_permanent() => Failure::Refused(text),
        Some(_) => Failure::later(text),
        // Ours: the mail needs something that the server does not offer.
        None if error.is_client() => Failure::Refused(text),
        None => Failure::Away(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_servers() {
        let server = |url: &str| Smtp::new(url, Duration::from_secs(1), 1);
        for (url, port, encrypted) in [
            ("smtp://mail.example", 25, false),
            ("smtp://mail.example:2525", 2525, false),
            ("smtp://mail.example?tls=required", 587, true),
            ("smtp://mail.example?tls=opportunistic", 587, true),
            ("smtps://u:p%40ss@mail.example", 465, true),
        ] {
            let smtp = server(url).unwrap();
            assert_eq!((smtp.port, !matches!(smtp.tls, Tls::Never)), (port, encrypted), "{url}");
        }
        assert!(server("smtps://u:p@mail.example").unwrap().credentials.is_some());
        for bad in ["", "mail.example", "http://mail.example", "smtp://mail.example?tls=maybe", "smtp:"] {
            assert!(server(bad).is_err(), "{bad}");
        }
    }
}
