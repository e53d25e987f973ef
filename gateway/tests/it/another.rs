//! A second gateway over the services of a platform.

use std::net::SocketAddr;

use curtail_config::Config;
use curtail_service::{Deps, Running};
use curtail_testkit::Proxy;
use gateway::reload::Reloader;
use serde_json::Value;

use crate::platform::{Answer, Platform};

/// It stops with its platform.
pub struct Another {
    pub url: String,
    admin: String,
    http: reqwest::Client,
    _running: Running<Reloader>,
}

impl Another {
    /// Starts it with other settings than the first one has, and waits until it is ready.
    pub async fn start(platform: &Platform, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = platform.config.clone();
        change(&mut config);
        let running = gateway::start(config, Deps::system(), platform.shutdown()).await.unwrap();
        running.readiness.ready().await;
        let (url, admin) = (format!("http://{}", running.addr), format!("http://{}", running.admin_addr));
        Self { url, admin, http: platform.http.clone(), _running: running }
    }

    /// An operation, signed in with an access token.
    pub async fn ask_as(&self, platform: &Platform, token: &str, query: &str) -> Answer {
        Answer::of(platform.post_at(&self.url, query, Value::Null).bearer_auth(token)).await
    }

    /// Status and text of a page of the admin port.
    pub async fn admin(&self, path: &str) -> (u16, String) {
        let answer = self.http.get(format!("{}{path}", self.admin)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// A metric with these labels; zero when it has not been seen. All gateways of a test process count together.
    pub async fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let text = self.admin("/metrics").await.1;
        let of = |line: &str| -> Option<f64> {
            let (named, value) = line.rsplit_once(' ')?;
            let ours = named.starts_with(name) && labels.iter().all(|label| named.contains(label));
            ours.then(|| value.parse().ok())?
        };
        text.lines().filter_map(of).sum()
    }
}

/// A wire to the address of a URL that can be broken, and the URL of its near end.
pub async fn wire(url: &str) -> (Proxy, String) {
    let upstream: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
    let proxy = Proxy::start(upstream).await.unwrap();
    let near = format!("http://{}", proxy.address());
    (proxy, near)
}
