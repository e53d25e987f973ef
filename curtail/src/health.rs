//! Asking a service for its health.

use std::{net::SocketAddr, time::Duration};

/// What a service says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It takes requests.
    Ready,
    /// It runs but waits, for the things named.
    Waiting(String),
    /// Nobody answers.
    Away,
}

/// Asks the admin port at `address`.
pub(crate) async fn ask(client: &reqwest::Client, address: SocketAddr) -> Health {
    let url = format!("http://{address}/health/ready");
    match client.get(url).timeout(Duration::from_secs(2)).send().await {
        Ok(answer) if answer.status().is_success() => Health::Ready,
        Ok(answer) => {
            let pending: Vec<String> = answer.json().await.unwrap_or_default();
            Health::Waiting(pending.join(", "))
        }
        Err(_) => Health::Away,
    }
}
