//! The admin port.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use curtail_listener::{Bounds, Http, Protocols, RequestBody};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use crate::{Readiness, Shutdown};

/// The longest header block that is read.
const MAX_HEADER_BYTES: usize = 16 * 1024;
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Serves `/health/live`, `/health/ready` and `/metrics` for operators and orchestrators. Not for the public: bind it to
/// loopback or to a network of their own.
pub struct Admin {
    listener: TcpListener,
    readiness: Readiness,
}

impl Admin {
    /// Takes the port; nothing is answered before [`Admin::serve`].
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(address: SocketAddr, readiness: Readiness) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, readiness })
    }

    /// The address with the port that was really taken.
    ///
    /// # Panics
    /// When the system does not know its own listener, which does not happen.
    pub fn local_addr(&self) -> SocketAddr {
        self.listener.local_addr().expect("a bound listener has an address")
    }

    /// Answers until the drain begins. Turns readiness off as soon as the process is stopping.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn serve(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let Self { listener, readiness } = self;
        let running = readiness.latch("not shutting down");
        running.set(true);
        let router = Router::new()
            .route("/health/live", get(|| async { "ok\n" }))
            .route("/health/ready", get(ready))
            .route("/metrics", get(metrics))
            .with_state(readiness);
        let draining = async {
            shutdown.stopping().await;
            running.set(false);
            shutdown.draining().await;
        };
        let respond = move |request: Request<RequestBody>| {
            let response = router.clone().oneshot(request.map(Body::new));
            async move { response.await.unwrap_or_else(|never| match never {}) }
        };
        // An idle keep-alive connection of a scraper must not hold up the end.
        curtail_listener::serve(listener, bounds(), http(), respond, draining, shutdown.aborted()).await;
        Ok(())
    }
}

/// Probes and scrapers need few connections.
fn bounds() -> Bounds {
    Bounds { max_connections: 512, max_connections_per_address: 128, ..Bounds::default() }
}

fn http() -> Http {
    Http {
        protocols: Protocols::All,
        max_header_bytes: MAX_HEADER_BYTES,
        max_streams: 32,
        keep_alive: KEEP_ALIVE,
        keep_alive_timeout: KEEP_ALIVE,
        user_timeout: None,
    }
}

async fn ready(State(readiness): State<Readiness>) -> impl IntoResponse {
    let waiting_for = readiness.pending();
    let status = if waiting_for.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(waiting_for))
}

async fn metrics() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], curtail_telemetry::render_metrics())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn status(base: &str, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("{base}{path}")).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    #[tokio::test]
    async fn liveness_readiness_and_metrics_are_told_apart() {
        let (readiness, shutdown) = (Readiness::new(), Shutdown::new());
        let latch = readiness.latch("database");
        let admin = Admin::bind("127.0.0.1:0".parse().unwrap(), readiness.clone()).await.unwrap();
        let base = format!("http://{}", admin.local_addr());
        let server = tokio::spawn(admin.serve(shutdown.clone()));

        assert_eq!(status(&base, "/health/live").await, (200, "ok\n".to_owned()));
        assert_eq!(status(&base, "/health/ready").await, (503, "[\"database\"]".to_owned()));
        latch.set(true);
        assert_eq!(status(&base, "/health/ready").await.0, 200);
        let (code, text) = status(&base, "/metrics").await;
        assert!(code == 200 && text.contains("process_open_fds"), "{text}");

        shutdown.begin();
        server.await.unwrap().unwrap();
        assert_eq!(readiness.pending(), ["not shutting down"]);
    }
}
