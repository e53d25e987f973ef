//! The limit per client network: the layer of tower_governor.
//!
//! The layer cannot answer in the form that the client negotiated, because its error handler does not see the request. So the
//! handler returns a [`Refusal`] as an extension of an empty response. An outer layer, which has seen the request, renders it
//! (see [`crate::http`]).

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use curtail_edge::ClientNetwork;
use governor::clock::QuantaInstant;
use governor::middleware::NoOpMiddleware;
use tower_governor::governor::{GovernorConfig, GovernorConfigBuilder};
use tower_governor::key_extractor::KeyExtractor;
use tower_governor::{GovernorError, GovernorLayer};

use crate::error::{Code, Refusal};

/// Reads the network of the client, as the request log resolved it behind trusted proxies.
#[derive(Debug, Clone, Copy)]
pub struct ClientNetworkExtractor;

impl KeyExtractor for ClientNetworkExtractor {
    type Key = ClientNetwork;

    fn extract<T>(&self, request: &http::Request<T>) -> Result<ClientNetwork, GovernorError> {
        request.extensions().get().copied().ok_or(GovernorError::UnableToExtractKey)
    }
}

type Middleware = NoOpMiddleware<QuantaInstant>;

/// The buckets of all client networks. Clones share them.
#[derive(Clone)]
pub struct AddressLimiter(Option<Arc<GovernorConfig<ClientNetworkExtractor, Middleware>>>);

impl AddressLimiter {
    /// No limit when `per_second` is 0.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let period = Duration::from_secs(1).checked_div(per_second);
        let config = period.and_then(|period| {
            let mut builder = GovernorConfigBuilder::default().key_extractor(ClientNetworkExtractor);
            builder.period(period).burst_size(burst).finish()
        });
        Self(config.map(Arc::new))
    }

    /// The layer that refuses with `RATE_LIMITED`, if there is a limit.
    pub fn layer(&self) -> Option<GovernorLayer<ClientNetworkExtractor, Middleware, Body>> {
        self.0.clone().map(|config| GovernorLayer::new(config).error_handler(refuse))
    }

    /// Forgets networks whose bucket is full again, so that memory follows the number of active clients.
    pub fn retain_recent(&self) {
        if let Some(config) = &self.0 {
            config.limiter().retain_recent();
            config.limiter().shrink_to_fit();
        }
    }
}

fn refuse(error: GovernorError) -> Response {
    let refusal = match error {
        GovernorError::TooManyRequests { wait_time, .. } => {
            metrics::counter!("gateway_limiter_total", "limiter" => "address", "outcome" => "refused").increment(1);
            Refusal::new(Code::RateLimited, "too many requests from this address")
                .retry_after(Duration::from_secs(wait_time))
        }
        GovernorError::UnableToExtractKey | GovernorError::Other { .. } => {
            tracing::error!(%error, "the address limiter has no address");
            Refusal::internal()
        }
    };
    refusal.into_response()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::net::IpAddr;

    use http::StatusCode;
    use tower::{Layer as _, ServiceExt as _, service_fn};

    use super::*;

    async fn refusal(limiter: &AddressLimiter, address: &str) -> Option<Refusal> {
        let inner = service_fn(async |_: http::Request<Body>| Ok::<_, Infallible>(Response::new(Body::empty())));
        let mut request = http::Request::new(Body::empty());
        request.extensions_mut().insert(ClientNetwork::from(address.parse::<IpAddr>().unwrap()));
        let response = match limiter.layer() {
            Some(layer) => layer.layer(inner).oneshot(request).await,
            None => inner.oneshot(request).await,
        };
        response.unwrap().extensions_mut().remove()
    }

    #[tokio::test]
    async fn s13_each_address_has_its_burst_and_then_waits() {
        let limiter = AddressLimiter::new(1, 3);
        for _ in 0..3 {
            assert_eq!(refusal(&limiter, "192.0.2.1").await, None);
        }
        let refused = refusal(&limiter, "192.0.2.1").await.unwrap();
        assert_eq!(refused.code, Code::RateLimited);
        assert!(refused.retry_after.unwrap() <= Duration::from_secs(1));
        assert_eq!(refusal(&limiter, "192.0.2.2").await, None);
        limiter.retain_recent();
        assert!(refusal(&limiter, "192.0.2.1").await.is_some());
    }

    #[tokio::test]
    async fn s13_an_ipv6_network_is_one_client() {
        let limiter = AddressLimiter::new(1, 1);
        assert_eq!(refusal(&limiter, "2001:db8::1").await, None);
        assert!(refusal(&limiter, "2001:db8::2").await.is_some());
        assert_eq!(refusal(&limiter, "2001:db8:0:1::1").await, None);
    }

    #[tokio::test]
    async fn zero_is_no_limit() {
        let limiter = AddressLimiter::new(0, 1);
        for _ in 0..1000 {
            assert_eq!(refusal(&limiter, "192.0.2.1").await, None);
        }
    }

    #[tokio::test]
    async fn without_an_address_it_fails_closed() {
        let layer = AddressLimiter::new(1, 1).layer().unwrap();
        let inner = service_fn(async |_: http::Request<Body>| Ok::<_, Infallible>(Response::new(Body::empty())));
        let response = layer.layer(inner).oneshot(http::Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.extensions().get::<Refusal>().unwrap().code, Code::Internal);
    }
}
